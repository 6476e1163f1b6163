"""Every metric on one page. Labels have closed lists of values: no id, raw URL or message ever becomes one."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """One registry per app, so that two apps in one process never count into each other."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        request = ["method", "path", "status"]
        self.http_requests = Counter("http_requests_total", "Requests answered.", request, registry=self.registry)
        self.http_request_duration = Histogram(
            "http_request_duration_seconds",
            "Time from a request's first byte to the end of its answer.",
            request,
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120),
            registry=self.registry,
        )
        self.documents = Counter(
            "extraction_documents_total",
            "Documents looked at, by format and outcome (ok or the failure's code).",
            ["format", "outcome"],
            registry=self.registry,
        )
        self.extraction_duration = Histogram(
            "extraction_duration_seconds",
            "Time a parser spent on a document.",
            ["format"],
            buckets=(0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120),
            registry=self.registry,
        )
        self.pages = Counter(
            "extraction_pages_total", "Pages recognised by Tesseract.", ["format"], registry=self.registry
        )
        self.texts = Counter("embedding_texts_total", "Texts embedded.", registry=self.registry)
        self.tokens = Counter("embedding_tokens_total", "Tokens embedded, without padding.", registry=self.registry)
        self.batch_duration = Histogram(
            "embedding_batch_duration_seconds",
            "Time the model spent on a batch.",
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
            registry=self.registry,
        )
        self.rerank_pairs = Counter("rerank_pairs_total", "Passages rated for a question.", registry=self.registry)
        self.rerank_tokens = Counter(
            "rerank_tokens_total", "Tokens of questions and passages rated, without padding.", registry=self.registry
        )
        self.rerank_batch_duration = Histogram(
            "rerank_batch_duration_seconds",
            "Time the reranker's model spent on a batch.",
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
            registry=self.registry,
        )
        self.in_work = Gauge("admission_in_work", "Requests in work.", ["operation"], registry=self.registry)
        self.queue_depth = Gauge(
            "admission_queue_depth", "Requests admitted that do not work yet.", ["operation"], registry=self.registry
        )
        self.rejections = Counter(
            "admission_rejections_total",
            "Requests refused with 429, before their body (full) or after a wait (waited).",
            ["operation", "reason"],
            registry=self.registry,
        )
        self.parsers = Gauge("parser_processes", "Parser processes that can take a file.", registry=self.registry)
        self.parser_deaths = Counter(
            "parser_deaths_total",
            "Parsers that did not end by themselves (timeout, memory, crash, cancelled).",
            ["reason"],
            registry=self.registry,
        )
        for operation in ("embeddings", "extract", "rerank"):
            self.in_work.labels(operation)
            self.queue_depth.labels(operation)
            for reason in ("full", "waited"):
                self.rejections.labels(operation, reason)
        for reason in ("timeout", "memory", "crash", "cancelled"):
            self.parser_deaths.labels(reason)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
