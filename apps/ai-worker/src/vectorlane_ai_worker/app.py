"""Puts the parts together: routes, refusals, and what every request passes."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from .admission import Admission
from .auth import TokenGuard
from .embeddings.embedder import Embedder
from .embeddings.routes import EmbeddingsRequest, embeddings_router
from .extraction.limits import ParserLimits
from .extraction.ocr import find_tesseract
from .extraction.parser_pool import ParserPool
from .extraction.parser_process import BOOT
from .extraction.routes import recognise_router
from .lifecycle import Lifecycle, Phase
from .metrics import Metrics
from .openapi import Health, Readiness, openapi_document
from .problems import Problem
from .request_pipeline import RequestPipeline
from .reranking.reranker import Reranker
from .reranking.routes import RerankRequest, rerank_router
from .settings import Settings

_OPENAI_ROUTE = "/v1/embeddings"
_NOT_FOUND, _METHOD_NOT_ALLOWED, _SERVICE_UNAVAILABLE = 404, 405, 503


class AiWorker:
    """Everything that one process has of a kind. `boot` is the parsers' program; tests put another in its place."""

    def __init__(self, settings: Settings, boot: str = BOOT) -> None:
        self.settings = settings
        self.lifecycle = Lifecycle()
        self.metrics = Metrics()
        tesseract, self.ocr_missing = find_tesseract(settings.tesseract_path, settings.ocr_languages)
        self.ocr_available = tesseract is not None
        self.embedder = Embedder(
            folder=settings.model_path,
            threads=settings.embedding_threads,
            batch_tokens=settings.embedding_batch_tokens,
            metrics=self.metrics,
        )
        self.reranker = Reranker(
            folder=settings.rerank_model_path,
            threads=settings.rerank_threads,
            max_tokens=settings.rerank_max_tokens,
            batch_tokens=settings.rerank_batch_tokens,
            metrics=self.metrics,
        )
        self.pool = ParserPool(
            size=settings.extraction_concurrency,
            max_documents=settings.parser_max_documents,
            timeout_s=settings.extraction_timeout_ms / 1000,
            limits=ParserLimits.of(settings, tesseract, self.ocr_missing),
            metrics=self.metrics,
            boot=boot,
        )
        self.app = self._app()

    @property
    def ready(self) -> bool:
        reranks = self.reranker.ready or not self.reranker.configured
        return self.lifecycle.phase is Phase.READY and self.embedder.ready and reranks and self.pool.usable

    async def start(self) -> None:
        """Loads the models and starts the parsers, one after the other: all want every core.

        Raises:
            ModelFilesError: a model's files cannot be used.
            ParserDied: parsers cannot be started.

        """
        await self.pool.start()
        await self.embedder.load()
        await self.reranker.load()
        self.lifecycle.loaded()

    async def close(self) -> None:
        self.embedder.close()
        self.reranker.close()
        await self.pool.close()

    def asgi(self) -> ASGIApp:
        routes = frozenset(self.app.openapi()["paths"])
        return RequestPipeline(self.app, metrics=self.metrics, lifecycle=self.lifecycle, routes=routes)

    def openapi(self) -> dict[str, Any]:
        return openapi_document(self.app, [EmbeddingsRequest, RerankRequest])

    def _app(self) -> FastAPI:
        settings, metrics, lifecycle = self.settings, self.metrics, self.lifecycle
        app = FastAPI(
            title="Vectorlane AI worker",
            version="1.0.0",
            summary="Stateless compute: texts to vectors and scores, PDF and images to text.",
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
        )
        guard = TokenGuard(settings)
        max_wait_s = settings.queue_timeout_ms / 1000
        app.include_router(
            embeddings_router(
                settings=settings,
                embedder=self.embedder,
                admission=Admission(
                    "embeddings",
                    in_work=settings.embedding_concurrency,
                    waiting=settings.embedding_queue,
                    max_wait_s=max_wait_s,
                    metrics=metrics,
                ),
                lifecycle=lifecycle,
                guard=guard,
            )
        )
        app.include_router(
            rerank_router(
                settings=settings,
                reranker=self.reranker,
                admission=Admission(
                    "rerank",
                    in_work=settings.rerank_concurrency,
                    waiting=settings.rerank_queue,
                    max_wait_s=max_wait_s,
                    metrics=metrics,
                ),
                lifecycle=lifecycle,
                guard=guard,
            )
        )
        app.include_router(
            recognise_router(
                settings=settings,
                pool=self.pool,
                admission=Admission(
                    "extract",
                    in_work=settings.extraction_concurrency,
                    waiting=settings.extraction_queue,
                    max_wait_s=max_wait_s,
                    metrics=metrics,
                ),
                metrics=metrics,
                lifecycle=lifecycle,
                guard=guard,
            )
        )
        self._add_probes(app)
        _add_refusals(app)
        return app

    def _add_probes(self, app: FastAPI) -> None:
        @app.get("/health", operation_id="health", summary="The process is up", response_model=Health)
        async def health() -> Response:
            return JSONResponse({"status": "ok"})

        @app.get(
            "/ready",
            operation_id="ready",
            summary="Requests are welcome",
            response_model=Readiness,
            responses={503: {"model": Readiness, "description": "Loading, broken or shutting down."}},
        )
        async def ready() -> Response:
            phase = self.lifecycle.phase
            status = "ok" if self.ready else "shutting_down" if phase is Phase.DRAINING else "loading"
            checks = {
                "model": "up" if self.embedder.ready else "down",
                "parsers": "up" if self.pool.usable else "down",
                "ocr": "up" if self.ocr_available else "down",
            }
            if self.reranker.configured:
                checks["reranker"] = "up" if self.reranker.ready else "down"
            return JSONResponse({"status": status, "checks": checks}, 200 if self.ready else _SERVICE_UNAVAILABLE)

        @app.get("/metrics", operation_id="metrics", summary="Prometheus text format", response_class=Response)
        async def metrics() -> Response:
            return Response(self.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_refusals(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def refuse(request: Request, problem: Exception) -> Response:
        return _refusal(request, problem if isinstance(problem, Problem) else _internal())

    @app.exception_handler(HTTPException)
    async def refuse_route(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 0
        if status == _NOT_FOUND:
            return _refusal(request, Problem("NOT_FOUND", "There is nothing at this address."))
        if status == _METHOD_NOT_ALLOWED:
            return _refusal(request, Problem("METHOD_NOT_ALLOWED", "The route does not know this method."))
        return _refusal(request, Problem("INVALID_REQUEST", "The request is not valid."))

    @app.exception_handler(RequestValidationError)
    async def refuse_parameters(request: Request, error: Exception) -> Response:
        parts = error.errors() if isinstance(error, RequestValidationError) else []
        names = sorted({".".join(map(str, part["loc"])) for part in parts})
        return _refusal(request, Problem("INVALID_REQUEST", f"Not valid: {', '.join(names)}."))

    @app.exception_handler(Exception)
    async def refuse_broken(request: Request, _error: Exception) -> Response:
        return _refusal(request, _internal())


def _internal() -> Problem:
    return Problem("INTERNAL_ERROR", "Something went wrong on our side.")


def _refusal(request: Request, problem: Problem) -> Response:
    if request.url.path == _OPENAI_ROUTE:
        return JSONResponse(problem.openai_body(), problem.status, problem.headers())
    body = problem.problem_body(request.scope["request_id"])
    return JSONResponse(body, problem.status, problem.headers(), media_type="application/problem+json")
