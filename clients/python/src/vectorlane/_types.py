# Written by scripts/generate.py from openapi.json.

"""What the API takes and gives. Fields that are not always there are missing, not None."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

CollectionName = str

Degradation = Literal["vector", "language"]

DeliveryStatus = Literal["pending", "delivered", "failed"]

Dependency = Literal["database", "redis", "embeddings", "ai-worker", "disk"]

DocumentStatus = Literal["pending", "processing", "completed", "failed"]

EventType = Literal[
    "document.accepted",
    "document.progress",
    "document.completed",
    "document.failed",
    "document.deleted",
    "revision.completed",
    "revision.failed",
]

Lane = Literal["fast", "heavy"]

ManifestState = Literal["current", "changed", "missing"]

OnDuplicate = Literal["return", "reject", "replace"]

ProblemCode = Literal[
    "INVALID_REQUEST",
    "INVALID_JSON",
    "INVALID_MULTIPART",
    "WEBHOOK_URL_REFUSED",
    "INVALID_CURSOR",
    "MISSING_API_KEY",
    "INVALID_API_KEY",
    "INVALID_METRICS_TOKEN",
    "INSUFFICIENT_SCOPE",
    "SESSION_HEADER_MISSING",
    "ORIGIN_NOT_ALLOWED",
    "NOT_FOUND",
    "DOCUMENT_NOT_FOUND",
    "COLLECTION_NOT_FOUND",
    "FILE_NOT_FOUND",
    "FILE_BATCH_NOT_FOUND",
    "MODEL_NOT_FOUND",
    "WEBHOOK_NOT_FOUND",
    "DELIVERY_NOT_FOUND",
    "PAGE_NOT_AVAILABLE",
    "METHOD_NOT_ALLOWED",
    "TEXT_NOT_AVAILABLE",
    "BODY_TOO_SLOW",
    "NOT_FAILED",
    "DUPLICATE",
    "TOO_MANY_WEBHOOKS",
    "NOT_FINISHED",
    "COLLECTION_EXISTS",
    "DEFAULT_COLLECTION",
    "EVENTS_GONE",
    "TOO_LARGE",
    "UNSUPPORTED_FORMAT",
    "RATE_LIMITED",
    "INGESTION_BUSY",
    "UPLOADS_BUSY",
    "STREAMS_BUSY",
    "DEPENDENCY_UNAVAILABLE",
    "EMBEDDING_UNAVAILABLE",
    "INTERNAL_ERROR",
]

Scope = Literal["read", "write", "admin"]

SearchMode = Literal["hybrid", "vector", "keyword"]

Stage = Literal["queued", "extracting", "chunking", "embedding", "completed", "failed"]


class _AddTextRequestAlways(TypedDict):
    text: str


class AddTextRequest(_AddTextRequestAlways, total=False):
    filename: str
    metadata: dict[str, Any]
    collection: CollectionName
    externalId: str
    onDuplicate: OnDuplicate


class AddTextsAnswer(TypedDict):
    items: list[AddedText]


class AddTextsRequest(TypedDict):
    documents: list[Any]


class _AddedTextProblemAlways(TypedDict):
    code: ProblemCode
    detail: str


class AddedTextProblem(_AddedTextProblemAlways, total=False):
    retryable: bool


class _AddedTextAlways(TypedDict):
    status: int


class AddedText(_AddedTextAlways, total=False):
    document: Document
    problem: AddedTextProblem


class ApiKey(TypedDict):
    id: str
    name: str
    scopes: list[Scope]
    createdAt: str
    expiresAt: str | None
    lastUsedAt: str | None
    revokedAt: str | None
    collections: list[CollectionName] | None
    rateLimitPerMinute: int | Literal["none"] | None


class ApiKeyPage(TypedDict):
    items: list[ApiKey]
    nextCursor: str | None


class ChangeCollectionRequest(TypedDict, total=False):
    description: str | None
    metadata: dict[str, Any]


class ChangeDocumentRequest(TypedDict, total=False):
    filename: str
    metadata: dict[str, Any]


class ChangeWebhookRequest(TypedDict, total=False):
    url: str
    description: str | None
    types: list[EventType] | None
    collections: list[CollectionName] | None
    enabled: bool
    rotateSecret: Literal[True]


class Chunk(TypedDict):
    id: str
    ordinal: int
    content: str
    charStart: int
    charEnd: int
    tokenCount: int
    place: Place


class ChunkPage(TypedDict):
    items: list[Chunk]
    nextCursor: str | None


class Collection(TypedDict):
    name: CollectionName
    description: str | None
    metadata: dict[str, Any]
    documents: int
    chunks: int
    bytes: int
    createdAt: str
    updatedAt: str


class CollectionPage(TypedDict):
    items: list[Collection]
    nextCursor: str | None


class Coverage(TypedDict):
    pages: int | None
    pagesWithoutText: list[int]
    notes: list[str]


class _CreateApiKeyRequestAlways(TypedDict):
    name: str
    scopes: list[Scope]


class CreateApiKeyRequest(_CreateApiKeyRequestAlways, total=False):
    expiresAt: str
    collections: list[CollectionName]
    rateLimitPerMinute: int | Literal["none"] | None


class _CreateCollectionRequestAlways(TypedDict):
    name: CollectionName


class CreateCollectionRequest(_CreateCollectionRequestAlways, total=False):
    description: str
    metadata: dict[str, Any]


class _CreateWebhookRequestAlways(TypedDict):
    url: str


class CreateWebhookRequest(_CreateWebhookRequestAlways, total=False):
    description: str
    types: list[EventType] | None
    collections: list[CollectionName] | None


class CreatedApiKey(TypedDict):
    id: str
    name: str
    scopes: list[Scope]
    createdAt: str
    expiresAt: str | None
    lastUsedAt: str | None
    revokedAt: str | None
    collections: list[CollectionName] | None
    rateLimitPerMinute: int | Literal["none"] | None
    key: str


class _DeleteDocumentsRequestAlways(TypedDict):
    filter: DocumentFilter


class DeleteDocumentsRequest(_DeleteDocumentsRequestAlways, total=False):
    collection: CollectionName
    dryRun: bool


class DeletedDocuments(TypedDict):
    matched: int
    deleted: int


class _DeliveryAlways(TypedDict):
    id: str
    type: str
    status: DeliveryStatus
    attempts: int
    lastStatus: int | None
    lastError: str | None
    createdAt: str
    endedAt: str | None
    body: dict[str, Any]


class Delivery(_DeliveryAlways, total=False):
    nextAttemptAt: str


class DeliveryPage(TypedDict):
    items: list[Delivery]
    nextCursor: str | None


class DocumentLinks(TypedDict):
    """Beside `duplicate`: where to retry it, when it has failed."""

    retry: str


class _DocumentAlways(TypedDict):
    id: str
    collection: CollectionName
    revision: int
    filename: str
    format: str
    lane: Lane
    status: DocumentStatus
    sizeBytes: int
    metadata: dict[str, Any]
    attempts: int
    stage: Stage
    percent: int
    chunkCount: int | None
    timings: StageTimings
    createdAt: str
    updatedAt: str


class Document(_DocumentAlways, total=False):
    externalId: str
    pendingRevision: PendingRevision
    progress: WorkProgress
    reusedChunks: int
    failure: DocumentFailure
    coverage: Coverage
    waitingFor: WaitingFor
    duplicate: Literal[True]
    links: DocumentLinks


class DocumentFailure(TypedDict):
    code: Literal[
        "UNSUPPORTED_FORMAT",
        "UNKNOWN_CHARSET",
        "CORRUPT_FILE",
        "PASSWORD_PROTECTED",
        "EMPTY_CONTENT",
        "NEEDS_OCR",
        "TOO_LARGE",
        "TIMEOUT",
        "PARSER_CRASHED",
        "PROCESS_CRASHED",
        "EXTRACTION_UNAVAILABLE",
        "EMBEDDING_UNAVAILABLE",
        "INTERNAL_ERROR",
    ]
    message: str
    retryable: bool


DocumentFilter = TypedDict(
    "DocumentFilter",
    {
        "format": "list[str]",
        "documentId": "list[str]",
        "metadata": "dict[str, str | float | bool | MetadataCondition | None]",
        "and": "list[DocumentFilter]",
        "or": "list[DocumentFilter]",
        "not": "DocumentFilter",
    },
    total=False,
)


class _DocumentPageAlways(TypedDict):
    items: list[Document]
    nextCursor: str | None


class DocumentPage(_DocumentPageAlways, total=False):
    total: int
    totalIsEstimate: Literal[True]


class _DocumentStatusAnswerItemsAlways(TypedDict):
    externalId: str
    state: ManifestState


class DocumentStatusAnswerItems(_DocumentStatusAnswerItemsAlways, total=False):
    documentId: str
    status: DocumentStatus


class DocumentStatusAnswer(TypedDict):
    items: list[DocumentStatusAnswerItems]


class DocumentStatusRequestItems(TypedDict):
    externalId: str
    sha256: str


class _DocumentStatusRequestAlways(TypedDict):
    items: list[DocumentStatusRequestItems]


class DocumentStatusRequest(_DocumentStatusRequestAlways, total=False):
    """Files as their owner has them."""

    collection: CollectionName


class Event(TypedDict):
    """One event of a stream."""

    id: str
    event: EventType
    data: str


class EventBodyFailure(TypedDict):
    code: str
    message: str
    retryable: bool


class _EventBodyAlways(TypedDict):
    documentId: str
    collection: str | None
    externalId: str | None
    filename: str
    revision: int
    status: str
    stage: str
    percent: int
    at: str


class EventBody(_EventBodyAlways, total=False):
    progress: WorkProgress
    chunkCount: int
    coverage: Coverage
    waitingFor: str
    failure: EventBodyFailure


class Health(TypedDict):
    status: Literal["ok"]


class Liveness(TypedDict):
    alive: bool


MetadataCondition = TypedDict(
    "MetadataCondition",
    {
        "eq": "str | float | bool | None",
        "ne": "str | float | bool | None",
        "in": "list[str | float | bool | None]",
        "nin": "list[str | float | bool | None]",
        "gt": "str | float",
        "gte": "str | float",
        "lt": "str | float",
        "lte": "str | float",
        "exists": "bool",
        "and": "list[MetadataCondition]",
        "or": "list[MetadataCondition]",
        "not": "MetadataCondition",
    },
    total=False,
)


class NeighbouringChunk(TypedDict):
    chunkId: str
    content: str
    charStart: int
    charEnd: int


class PageBox(TypedDict):
    """A part of a page: fractions of its width and height, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class PageBoxes(TypedDict):
    page: int
    pages: int
    width: float
    height: float
    boxes: list[PageBox]


class _PendingRevisionAlways(TypedDict):
    status: DocumentStatus
    stage: Stage
    percent: int


class PendingRevision(_PendingRevisionAlways, total=False):
    failure: DocumentFailure


class Place(TypedDict, total=False):
    page: int
    slide: int
    row: int
    sheet: str
    jsonPath: str
    heading: str


class _ProblemAlways(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: ProblemCode
    requestId: str


class Problem(_ProblemAlways, total=False):
    retryable: bool


class _ReadinessChecksAlways(TypedDict):
    status: Literal["up", "down"]


class ReadinessChecks(_ReadinessChecksAlways, total=False):
    latencyMs: float


class Readiness(TypedDict):
    status: Literal["ok", "error", "shutting_down"]
    checks: dict[str, ReadinessChecks]
    version: str
    uptime: float


class ReprocessDocumentRequest(TypedDict, total=False):
    format: str


class _ReprocessDocumentsRequestAlways(TypedDict):
    filter: DocumentFilter


class ReprocessDocumentsRequest(_ReprocessDocumentsRequestAlways, total=False):
    collection: CollectionName


class ReprocessedDocuments(TypedDict):
    matched: int
    reprocessed: int


class RetriedDocuments(TypedDict):
    matched: int
    retried: int


class RetryDocumentsRequest(TypedDict, total=False):
    collection: CollectionName
    filter: DocumentFilter


class _SearchAnswerAlways(TypedDict):
    results: list[SearchHit]
    tookMs: float


class SearchAnswer(_SearchAnswerAlways, total=False):
    reranked: bool
    degraded: list[Degradation]


class SearchHitMetadata(TypedDict):
    filename: str
    format: str
    charStart: int
    charEnd: int
    document: dict[str, Any]


class SearchHitHighlights(TypedDict):
    start: int
    end: int


class _SearchHitAlways(TypedDict):
    documentId: str
    chunkId: str
    content: str
    score: float
    place: Place
    metadata: SearchHitMetadata


class SearchHit(_SearchHitAlways, total=False):
    before: list[NeighbouringChunk]
    after: list[NeighbouringChunk]
    highlights: list[SearchHitHighlights]


class _SearchRequestAlways(TypedDict):
    query: str


class SearchRequest(_SearchRequestAlways, total=False):
    topK: int
    mode: SearchMode
    filter: DocumentFilter
    collection: CollectionName | list[CollectionName]
    offset: int
    minScore: float
    groupBy: Literal["document"]
    context: int
    highlights: bool
    rerank: bool


class StageTimings(TypedDict, total=False):
    extractingMs: float
    chunkingMs: float
    embeddingMs: float
    totalMs: float


class TestAlertReport(TypedDict):
    delivered: bool
    channel: str | None
    host: str | None
    status: int | None
    latencyMs: int
    detail: str


class _UploadRequestAlways(TypedDict):
    file: bytes


class UploadRequest(_UploadRequestAlways, total=False):
    metadata: dict[str, Any]
    collection: CollectionName
    externalId: str
    onDuplicate: OnDuplicate


class WaitingFor(TypedDict):
    """What a pending document waits for, at no cost to it; it goes on by itself."""

    dependency: Dependency
    since: str


class _WebhookAlways(TypedDict):
    id: str
    url: str
    description: str | None
    types: list[EventType] | None
    collections: list[CollectionName] | None
    enabled: bool
    disabledReason: str | None
    failingSince: str | None
    createdAt: str
    updatedAt: str


class Webhook(_WebhookAlways, total=False):
    secret: str


class WebhookPage(TypedDict):
    items: list[Webhook]
    nextCursor: str | None


class WorkProgress(TypedDict):
    pages: int | None
    chunks: int | None
    chunksDone: int
    etaMs: int | None
