# Written by scripts/generate.py from _async.
"""The client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from .. import _runtime_sync as runtime
from .._form import File, Form, fields_of, source_of
from .._retries import RetryPolicy
from .collections import Collections
from .documents import Documents
from .folder import FolderSync
from .following import events_of
from .keys import Keys
from .transport import Transport
from .waiting import wait_until_done
from .webhooks import Webhooks

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    from .._events import Event
    from .._folder import SyncReport
    from .._types import Document, DocumentFilter, EventType, OnDuplicate, SearchAnswer, SearchMode


class Vectorlane:
    """A connection to one service. Close it, or use it as a context manager.

    `timeout` in seconds is for each step of a request: connecting, sending a part, waiting for the answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str,
        timeout: float = 60.0,
        retries: RetryPolicy | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"X-API-Key": api_key}
        client = httpx.Client(base_url=base_url, headers=headers, timeout=timeout, transport=transport)
        self._retries = retries or RetryPolicy()
        self._transport = Transport(client, self._retries)
        self.documents = Documents(self._transport)
        self.collections = Collections(self._transport)
        self.keys = Keys(self._transport)
        self.webhooks = Webhooks(self._transport)

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Vectorlane:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def upload(
        self,
        file: File,
        *,
        filename: str | None = None,
        metadata: Mapping[str, object] | None = None,
        collection: str | None = None,
        external_id: str | None = None,
        on_duplicate: OnDuplicate | None = None,
    ) -> Document:
        """Hand in a path, bytes or a binary stream, which are read while they are sent.

        Answered as soon as the document is safe; `wait_until_done` tells when searches find it. The same bytes again
        are the same document (`duplicate`); with `external_id` other bytes are its next revision.
        """
        fields = fields_of(metadata=metadata, collection=collection, external_id=external_id, on_duplicate=on_duplicate)
        form = Form(fields, runtime.call(source_of, file, filename))
        repeatable = on_duplicate != "reject"  # whose second try would be refused because of the first
        accepted: Document = self._transport.json("POST", "/api/documents", form=form, repeatable=repeatable)
        return accepted

    def upload_text(
        self,
        text: str,
        *,
        filename: str | None = None,
        metadata: Mapping[str, object] | None = None,
        collection: str | None = None,
        external_id: str | None = None,
        on_duplicate: OnDuplicate | None = None,
    ) -> Document:
        """Hand in a text, as a document of its own."""
        given = {
            "text": text,
            "filename": filename,
            "metadata": metadata,
            "collection": collection,
            "externalId": external_id,
            "onDuplicate": on_duplicate,
        }
        body = {name: value for name, value in given.items() if value is not None}
        repeatable = on_duplicate != "reject"
        path = "/api/documents/text"
        accepted: Document = self._transport.json("POST", path, json=body, repeatable=repeatable)
        return accepted

    def search(
        self,
        query: str,
        *,
        top_k: int = 5,
        mode: SearchMode | None = None,
        filter: DocumentFilter | None = None,
        collection: str | Sequence[str] | None = None,
        offset: int | None = None,
        min_score: float | None = None,
        group_by_document: bool = False,
        context: int | None = None,
        highlights: bool | None = None,
        rerank: bool | None = None,
    ) -> SearchAnswer:
        """Passages that answer the query, best first, in `results`."""
        given = {
            "query": query,
            "topK": top_k,
            "mode": mode,
            "filter": filter,
            "collection": collection if collection is None or isinstance(collection, str) else list(collection),
            "offset": offset,
            "minScore": min_score,
            "groupBy": "document" if group_by_document else None,
            "context": context,
            "highlights": highlights,
            "rerank": rerank,
        }
        body = {name: value for name, value in given.items() if value is not None}
        answer: SearchAnswer = self._transport.json("POST", "/api/search", json=body, repeatable=True)
        return answer

    def delete(self, document_id: str) -> None:
        self.documents.delete(document_id)

    def wait_until_done(self, document: Document | str, *, timeout: float = 600.0) -> Document:
        """Wait until searches find the document, and its new revision where one is at work.

        A `DocumentFailedError` where that failed, a `WaitTimeoutError` after `timeout` seconds.
        """
        document_id = document if isinstance(document, str) else document["id"]
        return wait_until_done(self._transport, self.documents, document_id, timeout)

    def events(
        self,
        *,
        collection: str | Sequence[str] | None = None,
        document_id: str | None = None,
        types: Sequence[EventType] | None = None,
        last_event_id: str | None = None,
    ) -> Iterator[Event]:
        """What happens to documents, from now on or from after `last_event_id`; it never ends by itself.

        A connection that breaks is opened again where it stood. An `EventsGoneError` where what followed
        `last_event_id` is no longer kept.
        """
        given = {
            "collection": collection if collection is None or isinstance(collection, str) else ",".join(collection),
            "documentId": document_id,
            "types": None if types is None else ",".join(types),
        }
        params = {name: value for name, value in given.items() if value is not None}
        return events_of(self._transport, self._retries, "/api/events", params, last_event_id)

    def sync(self, folder: str | os.PathLike[str], *, collection: str | None = None, prune: bool = False) -> SyncReport:
        """Bring the service up to date with a folder: only files that are new or have changed are sent.

        Each file is one document for life, called by its path from the folder (`handbooks/leave.md`). With `prune`
        documents of this folder whose files are gone are deleted from the collection, which is to be named then, unless
        some file could not be read or was refused.
        """
        return FolderSync(self.documents, self.upload, collection).run(Path(folder), prune=prune)
