"""`POST /v1/rerank` in the shape of Cohere's v2, which Jina, vLLM and Infinity have at this very path too."""

import asyncio

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ..admission import Admission
from ..auth import TokenGuard
from ..body import parse_body, read_body
from ..lifecycle import Lifecycle
from ..openapi import PROBLEM_HEADERS, json_body, problems
from ..problems import Problem
from ..settings import Settings
from .reranker import Rated, Reranker


class RerankRequest(BaseModel):
    """Question and passage together are cut to the model's window; fields that are not named here are ignored."""

    model_config = ConfigDict(strict=True)

    query: str = Field(min_length=1, description="The question.")
    documents: list[str] = Field(min_length=1, description="The passages.")
    top_n: int | None = Field(None, ge=1, description="How many of the best are wanted; all without it.")
    model: str | None = Field(None, description="Taken for compatibility, and ignored: there is one model.")


class RerankResult(BaseModel):
    index: int = Field(ge=0, description="Position of the passage in the request.")
    relevance_score: float = Field(ge=0, le=1, description="How well the passage answers the question.")


class RerankUsage(BaseModel):
    total_tokens: int = Field(ge=0, description="Tokens read, the question's once for each passage.")


class RerankResponse(BaseModel):
    results: list[RerankResult] = Field(description="The best first.")
    usage: RerankUsage


def rerank_router(
    *, settings: Settings, reranker: Reranker, admission: Admission, lifecycle: Lifecycle, guard: TokenGuard
) -> APIRouter:
    router = APIRouter(dependencies=[Depends(guard)])

    @router.post(
        "/v1/rerank",
        operation_id="rerank",
        summary="Question and passages to scores",
        response_model=RerankResponse,
        responses={200: {"headers": PROBLEM_HEADERS}, **problems(400, 401, 404, 408, 413, 429, 500, 503, 504)},
        openapi_extra=json_body("RerankRequest"),
    )
    async def rerank(request: Request) -> Response:
        if not reranker.configured:
            raise Problem("MODEL_NOT_FOUND", "There is no reranker here: RERANK_MODEL_PATH is not set.")
        if not reranker.ready:
            raise Problem("NOT_READY", f"The reranker is not loaded ({lifecycle.phase.value}).", retry_after_s=1)
        async with admission.place():
            body = await read_body(request, settings.rerank_max_body_bytes, settings.body_timeout_ms / 1000)
            wanted = parse_body(RerankRequest, body)
            if len(wanted.documents) > settings.rerank_max_documents:
                raise Problem("INVALID_REQUEST", f"A request has at most {settings.rerank_max_documents} documents.")
            async with admission.turn():
                rated = await _rate(wanted, request, reranker, settings.rerank_timeout_ms / 1000)
        request.scope["log_fields"] = {"documents": len(wanted.documents), "tokens": rated.tokens}
        return _response(rated, wanted.top_n)

    return router


async def _rate(wanted: RerankRequest, request: Request, reranker: Reranker, timeout_s: float) -> Rated:
    async def is_wanted() -> bool:
        return not await request.is_disconnected()

    try:
        async with asyncio.timeout(timeout_s):
            return await reranker.rate(wanted.query, wanted.documents, is_wanted)
    except TimeoutError:
        raise Problem(
            "RERANK_TIMEOUT", f"The passages were not rated within {timeout_s:g} seconds.", retry_after_s=1
        ) from None


def _response(rated: Rated, top_n: int | None) -> Response:
    scores = rated.scores.tolist()
    best = sorted(range(len(scores)), key=lambda at: -scores[at])[:top_n]
    results = [{"index": at, "relevance_score": scores[at]} for at in best]
    return JSONResponse({"results": results, "usage": {"total_tokens": rated.tokens}})
