"""`POST /v1/recognise`: a file's bytes in, the words of its pages with their places out."""

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
from ..problems import OUTCOMES, Problem
from ..settings import Settings
from .formats import MEDIA_TYPES
from .parser_pool import ParserPool
from .parser_process import Reply
from .schema import Format, RecognisedDocument

_GENERIC_MEDIA_TYPES = frozenset({"", "application/octet-stream"})


def recognise_router(
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
        "/v1/recognise",
        operation_id="recognisePages",
        summary="Pages to words with their places",
        description=(
            "422 is what the file came to, told apart by `code`; asking again gives the same, but for TIMEOUT and "
            "PARSER_CRASHED (`retryable: true`). Every other failure says nothing of the file."
        ),
        response_model=RecognisedDocument,
        responses={200: {"headers": PROBLEM_HEADERS}, **problems(400, 401, 408, 413, 415, 422, 429, 500, 503)},
        openapi_extra=binary_body([*MEDIA_TYPES, "application/octet-stream"]),
    )
    async def recognise_pages(
        request: Request,
        format: Annotated[  # the name on the wire
            Format | None,
            Query(description="What the file is taken for; stands before Content-Type. Content decides in the end."),
        ] = None,
        pages: Annotated[
            str | None,
            Query(
                description="Pages of a PDF that are wanted, as in `1,4-7`; all without it.",
                pattern=r"^\d{1,6}(-\d{1,6})?(,\d{1,6}(-\d{1,6})?)*$",
                max_length=16_384,
            ),
        ] = None,
    ) -> Response:
        expected = format or _declared(request)
        wanted = None if pages is None else _page_numbers(pages, settings.max_pages)
        if not pool.usable:
            raise Problem("NOT_READY", f"No parser is up ({lifecycle.phase.value}).", retry_after_s=1)
        async with admission.place():
            with await spool_body(request, settings.max_upload_bytes, settings.body_timeout_ms / 1000) as file:
                async with admission.turn():
                    reply = await _parse(request, pool, metrics, file, expected, wanted)
        count = reply.head["pages"]
        request.scope["log_fields"] = {"format": reply.head["format"], "pages": count}
        metrics.pages.labels(reply.head["format"]).inc(count)
        return Response(reply.body, media_type="application/json")

    return router


def _page_numbers(ranges: str, max_pages: int) -> list[int]:
    """Raises `INVALID_REQUEST` for pages that no file has here."""
    numbers: set[int] = set()
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if not 1 <= low <= high <= max_pages:
            raise Problem("INVALID_REQUEST", f"pages: {part} is none of 1 to {max_pages}.")
        numbers.update(range(low, high + 1))
    return sorted(numbers)


def _declared(request: Request) -> Format | None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in _GENERIC_MEDIA_TYPES:
        return None
    if media_type not in MEDIA_TYPES:
        raise Problem("UNSUPPORTED_FORMAT", f"Send one of {', '.join(MEDIA_TYPES)}, or application/octet-stream.")
    return MEDIA_TYPES[media_type]


async def _parse(
    request: Request,
    pool: ParserPool,
    metrics: Metrics,
    file: BinaryIO,
    expected: Format | None,
    pages: list[int] | None,
) -> Reply:
    file.seek(0)
    began = time.monotonic()
    format_: str = expected or "unknown"
    outcome = "none"
    try:
        reply = await _unless_gone(request, pool, file, expected, pages)
        format_, outcome = reply.head["format"], "ok"
    except Problem as problem:
        outcome = problem.code
        if problem.code in OUTCOMES:
            request.scope["log_fields"] = {"format": format_, "code": problem.code}
        raise
    finally:
        if outcome != "none":
            metrics.documents.labels(format_, outcome).inc()
            metrics.extraction_duration.labels(format_).observe(time.monotonic() - began)
    return reply


async def _unless_gone(
    request: Request, pool: ParserPool, file: BinaryIO, expected: Format | None, pages: list[int] | None
) -> Reply:
    """The parser's reply; a caller who hangs up has its parser killed, since nobody would come for the text."""
    work = asyncio.create_task(pool.parse(file.fileno(), expected, pages))
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
