"""`POST /v1/embeddings`, as OpenAI's protocol has it, so that any client of it can be used."""

import asyncio
import base64
import json
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..admission import Admission
from ..auth import TokenGuard
from ..body import parse_body, read_body
from ..lifecycle import Lifecycle
from ..openapi import PROBLEM_HEADERS, json_body, openai_errors
from ..problems import Problem
from ..settings import Settings
from .embedder import Embedded, Embedder
from .model_files import DIMENSION, MODEL_NAME

_MAX_TEXT_LENGTH = 4_000_000

Text = Annotated[str, StringConstraints(max_length=_MAX_TEXT_LENGTH)]


class EmbeddingsRequest(BaseModel):
    """Texts longer than the model's window of 512 tokens are cut; fields that are not named here are ignored."""

    model_config = ConfigDict(strict=True)

    input: Text | Annotated[list[Text], Field(min_length=1)] = Field(description="One text or a list of texts.")
    model: str = Field(max_length=200, description=f"Must be `{MODEL_NAME}`.")
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="`base64`: the vector's float32 numbers, little-endian."
    )
    dimensions: int | None = Field(None, description=f"Refused unless {DIMENSION}.")
    user: str | None = Field(None, description="Taken for compatibility, and ignored.")


class Embedding(BaseModel):
    object: Literal["embedding"]
    index: int = Field(ge=0, description="Position of the text in the request.")
    embedding: list[float] | str = Field(description=f"{DIMENSION} numbers, L2-normalised; a string for base64.")


class Usage(BaseModel):
    prompt_tokens: int = Field(ge=0, description="Tokens embedded, [CLS] and [SEP] among them.")
    total_tokens: int = Field(ge=0)


class EmbeddingsResponse(BaseModel):
    object: Literal["list"]
    model: str
    data: list[Embedding]
    usage: Usage


def embeddings_router(
    *, settings: Settings, embedder: Embedder, admission: Admission, lifecycle: Lifecycle, guard: TokenGuard
) -> APIRouter:
    router = APIRouter(dependencies=[Depends(guard)])

    @router.post(
        "/v1/embeddings",
        operation_id="createEmbeddings",
        summary="Texts to vectors",
        response_model=EmbeddingsResponse,
        responses={200: {"headers": PROBLEM_HEADERS}, **openai_errors(400, 401, 404, 408, 413, 429, 500, 503, 504)},
        openapi_extra=json_body("EmbeddingsRequest"),
    )
    async def create_embeddings(request: Request) -> Response:
        # The body is read here and not by the framework: only once there is a place for the request.
        if not embedder.ready:
            raise Problem("NOT_READY", f"The model is not loaded ({lifecycle.phase.value}).", retry_after_s=1)
        async with admission.place():
            body = await read_body(request, settings.embedding_max_body_bytes, settings.body_timeout_ms / 1000)
            wanted = _parse(body, settings)
            texts = [wanted.input] if isinstance(wanted.input, str) else wanted.input
            async with admission.turn():
                embedded = await _embed(texts, request, embedder, settings.embedding_timeout_ms / 1000)
        request.scope["log_fields"] = {"texts": len(texts), "tokens": embedded.tokens}
        return await asyncio.to_thread(_response, embedded, wanted.encoding_format)

    return router


async def _embed(texts: list[str], request: Request, embedder: Embedder, timeout_s: float) -> Embedded:
    async def is_wanted() -> bool:
        return not await request.is_disconnected()

    try:
        async with asyncio.timeout(timeout_s):
            return await embedder.embed(texts, is_wanted)
    except TimeoutError:
        raise Problem(
            "EMBEDDING_TIMEOUT", f"The texts were not embedded within {timeout_s:g} seconds.", retry_after_s=1
        ) from None


def _parse(body: bytes, settings: Settings) -> EmbeddingsRequest:
    wanted = parse_body(EmbeddingsRequest, body)
    if wanted.model != MODEL_NAME:
        raise Problem("MODEL_NOT_FOUND", f"The only model here is {MODEL_NAME}.", param="model")
    if wanted.dimensions not in (None, DIMENSION):
        raise Problem("INVALID_REQUEST", f"The model has {DIMENSION} dimensions and no others.", param="dimensions")
    if isinstance(wanted.input, list) and len(wanted.input) > settings.embedding_max_texts:
        raise Problem("INVALID_REQUEST", f"A request has at most {settings.embedding_max_texts} texts.", param="input")
    return wanted


def _response(embedded: Embedded, encoding_format: str) -> Response:
    if encoding_format == "base64":
        rows = embedded.vectors.astype("<f4")
        shown: list[object] = [base64.b64encode(row.tobytes()).decode() for row in rows]
    else:
        # The shortest digits that give the same float32 again.
        shown = [[float(str(number)) for number in row] for row in embedded.vectors]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(shown)]
    usage = {"prompt_tokens": embedded.tokens, "total_tokens": embedded.tokens}
    answer = {"object": "list", "model": MODEL_NAME, "data": data, "usage": usage}
    return Response(json.dumps(answer, separators=(",", ":")), media_type="application/json")
