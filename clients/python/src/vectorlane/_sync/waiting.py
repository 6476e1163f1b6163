# Written by scripts/generate.py from _async.
"""Waits for a document by its events, and by asking where there are none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from .. import _runtime_sync as runtime
from .._errors import ApiError, ConnectionFailedError, DocumentFailedError, UnexpectedAnswerError, WaitTimeoutError
from .._events import ENDINGS, EventParser, awaited_revision, has_failed, is_done

if TYPE_CHECKING:
    from .._types import Document
    from .documents import Documents
    from .transport import Transport

#: The service sends a comment every 15 seconds: when nothing comes for this long, the connection is dead.
_SILENCE = 45.0
#: While a stream is open, the document itself is looked at this often too.
_LOOK = 30.0
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0


def wait_until_done(transport: Transport, documents: Documents, document_id: str, timeout: float) -> Document:
    deadline = time.monotonic() + timeout
    streams = True
    last_event: str | None = None
    pause = _FIRST_PAUSE
    while True:
        document = documents.get(document_id)
        if is_done(document):
            if has_failed(document):
                raise DocumentFailedError(document)
            return document
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise WaitTimeoutError(document)
        if streams:
            try:
                seen = _until_event(transport, document, last_event, deadline)
            except ConnectionFailedError:
                pass  # a restart, or silence: asking goes on, and a stream is opened again
            except (ApiError, UnexpectedAnswerError):
                streams = False  # refused, or a proxy that has no streams: asking does it alone
            else:
                if seen is not None:
                    last_event, pause = seen, _FIRST_PAUSE
                    continue
        runtime.sleep(max(0.0, min(pause, deadline - time.monotonic())))
        pause = min(_LONGEST_PAUSE, pause * 2)


def _until_event(transport: Transport, document: Document, last_event: str | None, deadline: float) -> str | None:
    """Give the id of an event that may be the end, or nothing where the stream ended or it is time to look."""
    parser = EventParser()
    revision = awaited_revision(document)
    look_at = min(deadline, time.monotonic() + _LOOK)
    headers = {} if last_event is None else {"Last-Event-ID": last_event}
    path = f"/api/documents/{quote(document['id'], safe='')}/events"
    silence = max(0.1, min(_SILENCE, deadline - time.monotonic()))
    with transport.lines(path, {"types": ENDINGS}, headers, silence) as lines:
        for line in lines:
            event = parser.take(line)
            if event is not None and event.data.get("revision", revision) >= revision:
                return event.id
            if time.monotonic() >= look_at:
                return None
    return None
