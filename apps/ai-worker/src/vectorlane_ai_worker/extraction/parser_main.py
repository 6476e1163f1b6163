"""The parser's process: reads files one after the other until its socket closes.

It has no environment and so no secret, no network use, a bound on memory, and dies with its parent. Whatever a file
makes it do, the worst outcome is its own death.
"""

import array
import gc
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .failures import ExtractionFailure
from .formats import HEAD_BYTES, recognise_format
from .images import recognise_image
from .limits import ParserLimits
from .ocr import Recogniser
from .parent_death import end_with_parent
from .pdf import recognise_pdf
from .schema import RecognisedDocument
from .wire import LENGTHS, MAX_REQUEST_BYTES, Head, Request

#: Reads a file, or raises `ExtractionFailure`; tests put another in its place.
Parse = Callable[[bytes, str | None, list[int] | None], RecognisedDocument]


def main(descriptor: int, parent: int, limits_json: str, parse: Parse | None = None) -> None:
    """Serves one socket until it closes."""
    end_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limits = ParserLimits.from_json(limits_json)
    _bound_resources(limits)
    recogniser = Recogniser(limits)
    work = parse or (lambda data, expected, pages: parse_file(data, expected, pages, limits, recogniser))
    with socket.socket(fileno=descriptor) as channel:
        _reply(channel, {"kind": "ready"})
        while (received := _receive(channel)) is not None:
            request, file = received
            head, body = _answer(work, request, file, limits)
            _reply(channel, head, body)
            del body
            gc.collect()


def parse_file(
    data: bytes, expected: str | None, pages: list[int] | None, limits: ParserLimits, recogniser: Recogniser
) -> RecognisedDocument:
    """Raises `ExtractionFailure`."""
    if not data:
        raise ExtractionFailure("EMPTY_CONTENT", "The file is empty.")
    recogniser.begin_document()
    format_ = recognise_format(data[:HEAD_BYTES], expected)
    if format_ == "pdf":
        return recognise_pdf(data, pages, limits, recogniser)
    return recognise_image(data, format_, limits, recogniser)


def _answer(work: Parse, request: Request, file: int, limits: ParserLimits) -> tuple[Head, bytes]:
    try:
        with os.fdopen(file, "rb") as source:
            data = source.read()
        document = work(data, request["format"], request["pages"])
        del data
        body = document.model_dump_json(by_alias=True, exclude_none=True).encode()
    except ExtractionFailure as failure:
        return {"kind": "failed", "code": failure.code, "detail": failure.detail}, b""
    except MemoryError:
        detail = "The file needs more memory than a parser has."
        # One great piece that was denied leaves a parser as it was; one that has filled itself up is not trusted again.
        spent = _peak_bytes() > limits.max_memory_bytes // 2
        return {"kind": "failed", "code": "TOO_LARGE", "detail": detail, "spent": spent}, b""
    except RecursionError:
        return {"kind": "failed", "code": "CORRUPT_FILE", "detail": "The file is nested without end."}, b""
    return {"kind": "done", "format": document.format, "pages": len(document.pages)}, body


def _receive(channel: socket.socket) -> tuple[Request, int] | None:
    message, ancillary, _, _ = channel.recvmsg(MAX_REQUEST_BYTES, socket.CMSG_SPACE(array.array("i").itemsize))
    if not message:
        return None
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    while not message.endswith(b"\n"):
        message += channel.recv(MAX_REQUEST_BYTES)
    request: Request = json.loads(message)
    return request, descriptors[0]


def _reply(channel: socket.socket, head: Head, body: bytes = b"") -> None:
    encoded = json.dumps(head).encode()
    channel.sendall(LENGTHS.pack(len(encoded), len(body)) + encoded)
    channel.sendall(body)


def _peak_bytes() -> int:
    """The most this process has had resident; 0 where that cannot be told.

    Not `ru_maxrss`: a process that was spawned begins with its parent's.
    """
    with suppress(OSError, IndexError, ValueError):
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    return 0


def _bound_resources(limits: ParserLimits) -> None:
    """The parent watches resident memory; these stop what grows faster than it looks. Tesseract inherits them."""
    if sys.platform == "linux":
        # Of several processes that are too large the kernel takes this one first.
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
        # RLIMIT_DATA counts private memory alone, and not the libraries that are mapped in.
        data = limits.max_memory_bytes + limits.max_memory_bytes // 4
        resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
