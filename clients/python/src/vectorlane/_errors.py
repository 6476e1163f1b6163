"""What can go wrong, as classes: refusals of the service by their `code`, and what happens on the way to it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from ._types import Document


class VectorlaneError(Exception):
    """Everything that this package raises by itself."""


class ConnectionFailedError(VectorlaneError):
    """The service could not be reached, or the connection broke.

    `sent` is false where nothing of the request can have arrived.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class UnexpectedAnswerError(VectorlaneError):
    """Something answered that is not this API: mostly a wrong address, or a proxy."""


class WaitTimeoutError(VectorlaneError):
    """The document was not done in the time that was given; the service goes on with it."""

    def __init__(self, document: Document) -> None:
        super().__init__(f"document {document['id']} is still {document['status']} ({document['stage']})")
        self.document = document


class DocumentFailedError(VectorlaneError):
    """The document, or its new revision, could not be made searchable. `code` and `retryable` tell why."""

    def __init__(self, document: Document) -> None:
        failure = document.get("failure") or document.get("pendingRevision", {}).get("failure")
        self.document = document
        self.code: str = failure["code"] if failure else "INTERNAL_ERROR"
        self.retryable = bool(failure and failure["retryable"])
        super().__init__(f"{document['filename']}: {failure['message'] if failure else 'failed'} ({self.code})")


class ApiError(VectorlaneError):
    """A refusal. Decide by the class or by `code`, show `detail`, quote `request_id` in reports."""

    def __init__(self, status: int, problem: dict[str, Any], retry_after: float | None) -> None:
        self.status = status
        self.code = str(problem.get("code") or f"HTTP_{status}")
        self.title = str(problem.get("title") or "")
        self.detail = str(problem.get("detail") or self.title or f"HTTP {status}")
        self.request_id: str | None = problem.get("requestId")
        self.retryable = problem.get("retryable") is True
        self.retry_after = retry_after
        super().__init__(f"{self.detail} ({self.code})")


class InvalidRequestError(ApiError):
    pass


class AuthenticationError(ApiError):
    pass


class PermissionDeniedError(ApiError):
    pass


class NotFoundError(ApiError):
    """It is not there, or not for this key to see."""


class DocumentNotFoundError(NotFoundError):
    pass


class CollectionNotFoundError(NotFoundError):
    pass


class ConflictError(ApiError):
    """The state of the thing does not allow it."""


class DuplicateError(ConflictError):
    pass


class EventsGoneError(ApiError):
    pass


class TooLargeError(ApiError):
    pass


class UnsupportedFormatError(ApiError):
    pass


class RateLimitedError(ApiError):
    pass


class UnavailableError(ApiError):
    """Later: something that the service needs is away, or it has too much to do."""


class ServerError(ApiError):
    """The service's own fault: report it with the `request_id`."""


ERROR_OF_CODE: dict[str, type[ApiError]] = {
    "INVALID_REQUEST": InvalidRequestError,
    "INVALID_JSON": InvalidRequestError,
    "INVALID_MULTIPART": InvalidRequestError,
    "INVALID_CURSOR": InvalidRequestError,
    "WEBHOOK_URL_REFUSED": InvalidRequestError,
    "METHOD_NOT_ALLOWED": InvalidRequestError,
    "MISSING_API_KEY": AuthenticationError,
    "INVALID_API_KEY": AuthenticationError,
    "INVALID_METRICS_TOKEN": AuthenticationError,
    "INSUFFICIENT_SCOPE": PermissionDeniedError,
    "SESSION_HEADER_MISSING": PermissionDeniedError,
    "ORIGIN_NOT_ALLOWED": PermissionDeniedError,
    "NOT_FOUND": NotFoundError,
    "DOCUMENT_NOT_FOUND": DocumentNotFoundError,
    "COLLECTION_NOT_FOUND": CollectionNotFoundError,
    "FILE_NOT_FOUND": NotFoundError,
    "FILE_BATCH_NOT_FOUND": NotFoundError,
    "MODEL_NOT_FOUND": NotFoundError,
    "WEBHOOK_NOT_FOUND": NotFoundError,
    "DELIVERY_NOT_FOUND": NotFoundError,
    "PAGE_NOT_AVAILABLE": NotFoundError,
    "TEXT_NOT_AVAILABLE": ConflictError,
    "NOT_FAILED": ConflictError,
    "NOT_FINISHED": ConflictError,
    "DUPLICATE": DuplicateError,
    "COLLECTION_EXISTS": ConflictError,
    "DEFAULT_COLLECTION": ConflictError,
    "TOO_MANY_WEBHOOKS": ConflictError,
    "EVENTS_GONE": EventsGoneError,
    "TOO_LARGE": TooLargeError,
    "UNSUPPORTED_FORMAT": UnsupportedFormatError,
    "RATE_LIMITED": RateLimitedError,
    "BODY_TOO_SLOW": UnavailableError,
    "INGESTION_BUSY": UnavailableError,
    "UPLOADS_BUSY": UnavailableError,
    "STREAMS_BUSY": UnavailableError,
    "DEPENDENCY_UNAVAILABLE": UnavailableError,
    "EMBEDDING_UNAVAILABLE": UnavailableError,
    "INTERNAL_ERROR": ServerError,
}

#: For codes that a newer service has, and for answers of proxies.
_ERROR_OF_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    415: UnsupportedFormatError,
    429: RateLimitedError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def error_of(response: httpx.Response) -> ApiError:
    """The refusal in an answer whose body has been read."""
    try:
        body = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        body = None
    problem: dict[str, Any] = body if isinstance(body, dict) else {}
    status = response.status_code
    fallback = ServerError if status >= 500 else ApiError
    error = ERROR_OF_CODE.get(str(problem.get("code"))) or _ERROR_OF_STATUS.get(status, fallback)
    return error(status, problem, seconds_of(response.headers.get("Retry-After")))


def seconds_of(retry_after: str | None) -> float | None:
    """A number of seconds, or a date: HTTP allows both."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - datetime.now(timezone.utc)).total_seconds())
