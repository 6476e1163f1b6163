# Written by scripts/generate.py from _async.
"""Brings the service up to date with a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .. import _runtime_sync as runtime
from .._errors import ApiError, CollectionNotFoundError
from .._folder import ITEMS_AT_ONCE, REFUSALS, LocalFile, Refused, SyncReport, files_of, sha256_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .._types import Document
    from .documents import Documents


class Upload(Protocol):
    def __call__(self, file: Path, *, collection: str | None, external_id: str) -> Document: ...


class FolderSync:
    def __init__(self, documents: Documents, upload: Upload, collection: str | None) -> None:
        self._documents = documents
        self._upload = upload
        self._collection = collection
        self._report = SyncReport()

    def run(self, folder: Path, *, prune: bool) -> SyncReport:
        if prune and self._collection is None:
            raise ValueError("to delete what is gone, name the collection: collection=…")
        files = runtime.call(files_of, folder)
        for at in range(0, len(files), ITEMS_AT_ONCE):
            for file in self._changed(files[at : at + ITEMS_AT_ONCE]):
                self._send(file)
        if prune and not self._report.refused:
            name = (runtime.call(folder.resolve)).name
            self._prune(name, {file.external_id for file in files})
        return self._report

    def _changed(self, files: Sequence[LocalFile]) -> list[LocalFile]:
        asked: list[LocalFile] = []
        items: list[dict[str, str]] = []
        for file in files:
            try:
                items.append({"externalId": file.external_id, "sha256": runtime.call(sha256_of, file.path)})
                asked.append(file)
            except OSError as error:
                self._refuse(file, "UNREADABLE", str(error))
        if not items:
            return []
        try:
            entries = self._documents.compare(items, collection=self._collection)
        except CollectionNotFoundError:
            return asked  # the first upload makes it
        current = {entry["externalId"] for entry in entries if entry["state"] == "current"}
        self._report.unchanged += [file.external_id for file in asked if file.external_id in current]
        return [file for file in asked if file.external_id not in current]

    def _send(self, file: LocalFile) -> None:
        try:
            document = self._upload(file.path, collection=self._collection, external_id=file.external_id)
        except ApiError as error:
            if error.status not in REFUSALS:
                raise
            self._refuse(file, error.code, error.detail)
        except OSError as error:
            self._refuse(file, "UNREADABLE", str(error))
        else:
            self._report.uploaded.append(document)

    def _refuse(self, file: LocalFile, code: str, message: str) -> None:
        self._report.refused.append(Refused(str(file.path), code, message))

    def _prune(self, folder: str, kept: set[str]) -> None:
        gone: list[str] = []
        try:
            for document in self._documents.list(collection=self._collection):
                name = document.get("externalId", "")
                if name.startswith(f"{folder}/") and name not in kept:
                    gone.append(document["id"])
        except CollectionNotFoundError:
            return
        for at in range(0, len(gone), ITEMS_AT_ONCE):
            ids = gone[at : at + ITEMS_AT_ONCE]
            answer = self._documents.delete_matching({"documentId": ids}, collection=self._collection)
            self._report.deleted += answer["deleted"]
