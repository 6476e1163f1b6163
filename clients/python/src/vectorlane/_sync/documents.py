# Written by scripts/generate.py from _async.
"""Documents that are there: lists, single ones, their text, their end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from .pages import items_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._types import (
        Chunk,
        DeletedDocuments,
        Document,
        DocumentFilter,
        DocumentStatus,
        DocumentStatusAnswerItems,
        ReprocessedDocuments,
    )
    from .transport import Transport

_PATH = "/api/documents"


class Documents:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        collection: str | Sequence[str] | None = None,
        status: DocumentStatus | Sequence[DocumentStatus] | None = None,
        format: str | Sequence[str] | None = None,
        filename: str | None = None,
        filename_contains: str | None = None,
        external_id: str | None = None,
        metadata: Mapping[str, object] | None = None,
        sort: str | None = None,
        page_size: int = 100,
    ) -> Iterator[Document]:
        """All that match, newest first unless `sort` says otherwise; asked for page by page."""
        params = {
            "collection": _joined(collection),
            "status": _joined(status),
            "format": _joined(format),
            "filename": filename,
            "filenameContains": filename_contains,
            "externalId": external_id,
            "metadata": None if metadata is None else json.dumps(metadata),
            "sort": sort,
            "limit": page_size,
        }
        return items_of(self._transport, _PATH, params)

    def get(self, document_id: str) -> Document:
        found: Document = self._transport.json("GET", _path(document_id), repeatable=True)
        return found

    def update(self, document_id: str, changes: Mapping[str, object]) -> Document:
        """`filename` and `metadata`, at once; a key of the metadata that is None is removed."""
        changed: Document = self._transport.json("PATCH", _path(document_id), json=changes, repeatable=True)
        return changed

    def delete(self, document_id: str) -> None:
        self._transport.send("DELETE", _path(document_id), repeatable=True)

    def delete_matching(
        self,
        filter: DocumentFilter,
        *,
        collection: str | None = None,
        dry_run: bool = False,
    ) -> DeletedDocuments:
        """Delete all that match, or with `dry_run` count them."""
        body: dict[str, object] = {"filter": filter, "dryRun": dry_run}
        if collection is not None:
            body["collection"] = collection
        deleted: DeletedDocuments = self._transport.json("POST", f"{_PATH}/delete", json=body, repeatable=True)
        return deleted

    def text(self, document_id: str) -> str:
        """The text that was found in it."""
        return (self._transport.send("GET", _path(document_id, "/text"), repeatable=True)).text

    def content(self, document_id: str) -> bytes:
        """The bytes that were uploaded."""
        return (self._transport.send("GET", _path(document_id, "/content"), repeatable=True)).content

    def chunks(self, document_id: str, *, page_size: int = 100) -> Iterator[Chunk]:
        return items_of(self._transport, _path(document_id, "/chunks"), {"limit": page_size})

    def retry(self, document_id: str) -> Document:
        """Try one that has failed once more."""
        path = _path(document_id, "/retry")
        accepted: Document = self._transport.json("POST", path, repeatable=False)
        return accepted

    def reprocess(self, document_id: str, *, format: str | None = None) -> Document:
        """Read the bytes that are kept again, as `format` if one is given; readers see the old text meanwhile."""
        body = {} if format is None else {"format": format}
        path = _path(document_id, "/reprocess")
        accepted: Document = self._transport.json("POST", path, json=body, repeatable=False)
        return accepted

    def reprocess_matching(self, filter: DocumentFilter, *, collection: str | None = None) -> ReprocessedDocuments:
        """All that match. Where `reprocessed` is less than `matched`, ask again for the rest."""
        body: dict[str, object] = {"filter": filter}
        if collection is not None:
            body["collection"] = collection
        path = f"{_PATH}/reprocess"
        done: ReprocessedDocuments = self._transport.json("POST", path, json=body, repeatable=False)
        return done

    def compare(
        self, items: Sequence[Mapping[str, str]], *, collection: str | None = None
    ) -> Sequence[DocumentStatusAnswerItems]:
        """Which files have to be sent: `externalId` and `sha256` of each, at most a thousand."""
        body: dict[str, object] = {"items": items}
        if collection is not None:
            body["collection"] = collection
        answer = self._transport.json("POST", f"{_PATH}/status", json=body, repeatable=True)
        entries: Sequence[DocumentStatusAnswerItems] = answer["items"]
        return entries


def _path(document_id: str, rest: str = "") -> str:
    return f"{_PATH}/{quote(document_id, safe='')}{rest}"


def _joined(values: str | Sequence[str] | None) -> str | None:
    return values if values is None or isinstance(values, str) else ",".join(values)
