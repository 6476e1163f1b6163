# Written by scripts/generate.py from _async.
"""Follows what happens to documents, through restarts and broken connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _runtime_sync as runtime
from .._errors import ConnectionFailedError, VectorlaneError
from .._events import Event, EventParser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._retries import RetryPolicy
    from .transport import Transport

#: The service sends a comment every 15 seconds: when nothing comes for this long, the connection is dead.
_SILENCE = 45.0
#: Between a stream that has ended and the next one.
_PAUSE = 1.0


def events_of(
    transport: Transport, retries: RetryPolicy, path: str, params: Mapping[str, Any], last_event_id: str | None
) -> Iterator[Event]:
    tries = 0
    while True:
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        pause = _PAUSE
        try:
            with transport.lines(path, params, headers, _SILENCE) as lines:
                tries = 0
                parser = EventParser()
                for line in lines:
                    event = parser.take(line)
                    if event is not None:
                        last_event_id = event.id or last_event_id
                        yield event
        except VectorlaneError as failure:
            # A stream that was open has told that the service is there: only trying in vain has an end.
            tries += 1
            delay = retries.delay(failure, tries, repeatable=True)
            if delay is None:
                raise
            pause = max(delay, _PAUSE) if isinstance(failure, ConnectionFailedError) else delay
        runtime.sleep(pause)
