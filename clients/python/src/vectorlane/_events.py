"""Server-Sent Events, as far as a document is followed by them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._types import Document

#: What may end the waiting.
ENDINGS = "document.completed,document.failed,document.deleted,revision.completed,revision.failed"


@dataclass(frozen=True)
class Event:
    id: str | None
    type: str
    data: dict[str, Any]


class EventParser:
    """Takes lines without their ends, gives an event at the empty line that closes it."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._type = "message"
        self._data: list[str] = []

    def take(self, line: str) -> Event | None:
        if line == "":
            return self._close()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id" and "\0" not in value:
            self._id = value
        elif name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        return None

    def _close(self) -> Event | None:
        kind, lines = self._type, self._data
        self._type, self._data = "message", []
        if not lines:
            return None
        data = json.loads("\n".join(lines))
        return Event(self._id, kind, data if isinstance(data, dict) else {})


def is_done(document: Document) -> bool:
    """Whether neither the document nor a new revision of it is at work."""
    pending = document.get("pendingRevision")
    states = [document["status"], pending["status"] if pending else "completed"]
    return all(state in {"completed", "failed"} for state in states)


def has_failed(document: Document) -> bool:
    pending = document.get("pendingRevision")
    return document["status"] == "failed" or (pending is not None and pending["status"] == "failed")


def awaited_revision(document: Document) -> int:
    """Events of earlier revisions, with which a stream begins, say nothing about the one that is at work."""
    return document["revision"] + (1 if document.get("pendingRevision") else 0)
