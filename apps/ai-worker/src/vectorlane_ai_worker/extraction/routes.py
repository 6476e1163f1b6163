"""`POST /v1/extract`: a file's bytes in, its text with structure out."""

import asyncio
import time
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.requests import ClientDisconnect

from ..admission import Admission
from ..auth import TokenGuard
from ..body import spool_body
from ..lifecycle import Lifecycle
from ..metrics import Metrics
from ..openapi import PROBLEM_HEADERS, binary_body, problems
from ..problems import VERDICTS, Problem
from ..settings import Settings
from .formats import MEDIA_TYPES
from .parser_pool import ParserPool
from .parser_process import Reply
from .schema import ExtractedDocument, Format

_GENERIC_MEDIA_TYPES = frozenset({"", "application/octet-stream"})


def extract_router(
    *,
    settings: Settings,
    pool: ParserPool,
    admission: Admission,
    metrics: Metrics,
    lifecycle: Lifecycle,
    guard: TokenGuard,
) -> APIRouter:
    router = APIRouter(dependencies=[Depends(guard)])

    @router.post(
        "/v1/extract",
        operation_id="extractDocument",
        summary="A file to text with structure",
        description=(
            "422 is a verdict on the file, told apart by `code`; asking again gives the same, but for TIMEOUT and "
            "PARSER_CRASHED (`retryable: true`). Every other failure says nothing of the file."
        ),
        response_model=ExtractedDocument,
        responses={200: {"headers": PROBLEM_HEADERS}, **problems(400, 401, 408, 413, 415, 422, 429, 500, 503)},
        openapi_extra=binary_body([*MEDIA_TYPES, "application/octet-stream"]),
    )
    async def extract_document(
        request: Request,
        format: Annotated[  # the name on the wire
            Format | None,
            Query(description="What the file is taken for; stands before Content-Type. Content decides in the end."),
        ] = None,
    ) -> Response:
        expected = format or _declared(request)
        if not pool.usable:
            raise Problem("NOT_READY", f"No parser is up ({lifecycle.phase.value}).", retry_after_s=1)
        async with admission.place():
            with await spool_body(request, settings.max_upload_bytes, settings.body_timeout_ms / 1000) as file:
                async with admission.turn():
                    reply = await _parse(request, pool, metrics, file, expected)
        pages, ocr_pages = reply.head["pages"], reply.head["ocrPages"]
        request.scope["log_fields"] = {"format": reply.head["format"], "pages": pages, "ocrPages": ocr_pages}
        metrics.pages.labels(reply.head["format"]).inc(pages)
        metrics.ocr_pages.labels(reply.head["format"]).inc(ocr_pages)
        return Response(reply.body, media_type="application/json")

    return router


def _declared(request: Request) -> Format | None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in _GENERIC_MEDIA_TYPES:
        return None
    if media_type not in MEDIA_TYPES:
        raise Problem("UNSUPPORTED_FORMAT", f"Send one of {', '.join(MEDIA_TYPES)}, or application/octet-stream.")
    return MEDIA_TYPES[media_type]


async def _parse(
    request: Request, pool: ParserPool, metrics: Metrics, file: BinaryIO, expected: Format | None
) -> Reply:
    file.seek(0)
    began = time.monotonic()
    format_: str = expected or "unknown"
    outcome = "none"
    try:
        reply = await _unless_gone(request, pool, file, expected)
        format_, outcome = reply.head["format"], "ok"
    except Problem as problem:
        outcome = problem.code
        if problem.code in VERDICTS:
            request.scope["log_fields"] = {"format": format_, "code": problem.code}
        raise
    finally:
        if outcome != "none":
            metrics.documents.labels(format_, outcome).inc()
            metrics.extraction_duration.labels(format_).observe(time.monotonic() - began)
    return reply


async def _unless_gone(request: Request, pool: ParserPool, file: BinaryIO, expected: Format | None) -> Reply:
    """The parser's reply; a caller who hangs up has its parser killed, since nobody would come for the text."""
    work = asyncio.create_task(pool.parse(file.fileno(), expected))
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        raise ClientDisconnect
    finally:
        gone.cancel()
        if not work.done():
            work.cancel()
            await asyncio.wait({work})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
