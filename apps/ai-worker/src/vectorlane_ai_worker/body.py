"""Request bodies, bounded in bytes and time while they stream in."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from .problems import Problem

_MAX_NAMED_ERRORS = 3
_Shape = TypeVar("_Shape", bound=BaseModel)


async def read_body(request: Request, max_bytes: int, timeout_s: float) -> bytes:
    """Raises `TOO_LARGE` (413), `BODY_TIMEOUT`."""
    parts = [part async for part in _chunks(request, max_bytes, timeout_s)]
    return b"".join(parts)


async def spool_body(request: Request, max_bytes: int, timeout_s: float) -> BinaryIO:
    """Writes the body to a file without a name: nothing is left behind, whatever happens to this process.

    Raises `TOO_LARGE` (413), `BODY_TIMEOUT`.
    """
    file: BinaryIO = tempfile.TemporaryFile(prefix="vectorlane-", buffering=0)  # closed by the caller
    try:
        async for part in _chunks(request, max_bytes, timeout_s):
            await asyncio.to_thread(file.write, part)
    except BaseException:
        file.close()
        raise
    return file


async def _chunks(request: Request, max_bytes: int, timeout_s: float) -> AsyncIterator[bytes]:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    deadline = asyncio.get_running_loop().time() + timeout_s
    stream = request.stream().__aiter__()
    received = 0
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise Problem("BODY_TIMEOUT", f"The body did not arrive within {timeout_s:g} seconds.") from None
        if chunk is None:
            return
        received += len(chunk)
        if received > max_bytes:
            raise _too_large(max_bytes)
        if chunk:
            yield chunk


def parse_body(shape: type[_Shape], body: bytes) -> _Shape:
    """Raises `INVALID_REQUEST`, naming fields and what is wrong with them."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        # Without the input, which is somebody's text.
        parts = error.errors(include_url=False, include_input=False, include_context=False)[:_MAX_NAMED_ERRORS]
        field = next((str(part["loc"][0]) for part in parts if part["loc"]), None)
        words = "; ".join(f"{'.'.join(map(str, part['loc'])) or 'body'}: {_words(part['type'])}" for part in parts)
        raise Problem("INVALID_REQUEST", f"The request is not valid: {words}.", param=field) from None


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _too_large(max_bytes: int) -> Problem:
    return Problem("BODY_TOO_LARGE", f"The body is larger than {max_bytes} bytes.")
