"""Request bodies, bounded in bytes and time while they stream in."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import BinaryIO

from starlette.requests import Request

from .problems import Problem


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


def _too_large(max_bytes: int) -> Problem:
    return Problem("BODY_TOO_LARGE", f"The body is larger than {max_bytes} bytes.")
