"""Client of Vectorlane: hand in documents, search them, follow them."""

from ._async.client import AsyncVectorlane
from ._async.collections import AsyncCollections
from ._async.documents import AsyncDocuments
from ._async.keys import AsyncKeys
from ._async.webhooks import AsyncWebhooks
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
from ._events import Event
from ._folder import Refused, SyncReport
from ._form import File
from ._retries import RetryPolicy
from ._sync.client import Vectorlane
from ._sync.collections import Collections
from ._sync.documents import Documents
from ._sync.keys import Keys
from ._sync.webhooks import Webhooks
from ._types import (
    ApiKey,
    Chunk,
    Collection,
    CreatedApiKey,
    Delivery,
    Document,
    DocumentFailure,
    DocumentFilter,
    EventType,
    Place,
    ProblemCode,
    SearchAnswer,
    SearchHit,
    Webhook,
)
from ._webhooks import WebhookVerificationError, verify_webhook

__all__ = [
    "ApiError",
    "ApiKey",
    "AsyncCollections",
    "AsyncDocuments",
    "AsyncKeys",
    "AsyncVectorlane",
    "AsyncWebhooks",
    "AuthenticationError",
    "Chunk",
    "Collection",
    "CollectionNotFoundError",
    "Collections",
    "ConflictError",
    "ConnectionFailedError",
    "CreatedApiKey",
    "Delivery",
    "Document",
    "DocumentFailedError",
    "DocumentFailure",
    "DocumentFilter",
    "DocumentNotFoundError",
    "Documents",
    "DuplicateError",
    "Event",
    "EventType",
    "EventsGoneError",
    "File",
    "InvalidRequestError",
    "Keys",
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
    "Webhook",
    "WebhookVerificationError",
    "Webhooks",
    "verify_webhook",
]
