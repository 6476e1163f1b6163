"""JSON lines on standard output, one event each. Texts of documents, tokens and messages of foreign errors stay out."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

#: The backend's words for levels, and Python's numbers for them.
_LEVELS = {"trace": 5, "debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50, "silent": 60}


def configure_logs(level: str) -> None:
    """Sends our own events and those of libraries to standard output."""
    threshold = _LEVELS[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _pino_names,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_ForwardHandler()], level=max(threshold, logging.WARNING), force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(threshold, logging.WARNING))


def frames_of(error: BaseException) -> str:
    """Where an error came from, without its message: that may quote what a document says."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places or 'no place'}"


def _pino_names(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`level`, `time`, `msg` first, as in the backend's lines."""
    level = event.pop("level")
    head = {"level": {"warning": "warn", "critical": "fatal"}.get(level, level), "time": event.pop("timestamp")}
    return {**head, "msg": event.pop("event"), **event}


class _ForwardHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        # Python's own rule for libraries: the template without its values says what happened and quotes nothing.
        fields = {"logger": record.name, **({"error": frames_of(error)} if error is not None else {})}
        structlog.get_logger().log(record.levelno, str(record.msg), **fields)
