"""Client of Vectorlane: hand in documents, search them, follow them."""

from ._async.client import AsyncVectorlane
from ._async.collections import AsyncCollections
from ._async.documents import AsyncDocuments
from ._errors import (
    ApiError,
    AuthenticationError,
    CollectionNotFoundError,
    ConflictError,
    ConnectionFailedError,
    DocumentFailedError,
    DocumentNotFoundError,
    DuplicateError,
    EventsGoneError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    TooLargeError,
    UnavailableError,
    UnexpectedAnswerError,
    UnsupportedFormatError,
    VectorlaneError,
    WaitTimeoutError,
)
from ._folder import Refused, SyncReport
from ._form import File
from ._retries import RetryPolicy
from ._sync.client import Vectorlane
from ._sync.collections import Collections
from ._sync.documents import Documents
from ._types import (
    Chunk,
    Collection,
    Document,
    DocumentFailure,
    DocumentFilter,
    Place,
    ProblemCode,
    SearchAnswer,
    SearchHit,
)
from ._webhooks import WebhookVerificationError, verify_webhook

__all__ = [
    "ApiError",
    "AsyncCollections",
    "AsyncDocuments",
    "AsyncVectorlane",
    "AuthenticationError",
    "Chunk",
    "Collection",
    "CollectionNotFoundError",
    "Collections",
    "ConflictError",
    "ConnectionFailedError",
    "Document",
    "DocumentFailedError",
    "DocumentFailure",
    "DocumentFilter",
    "DocumentNotFoundError",
    "Documents",
    "DuplicateError",
    "EventsGoneError",
    "File",
    "InvalidRequestError",
    "NotFoundError",
    "PermissionDeniedError",
    "Place",
    "ProblemCode",
    "RateLimitedError",
    "Refused",
    "RetryPolicy",
    "SearchAnswer",
    "SearchHit",
    "ServerError",
    "SyncReport",
    "TooLargeError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnsupportedFormatError",
    "Vectorlane",
    "VectorlaneError",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "verify_webhook",
]
