"""What parent and parser say to each other over a socket pair.

To the parser: one JSON line `{"format": …, "pages": …}`, and with it the file itself as a descriptor: the parser needs
no path, and the file no name. Back: the lengths of a head and a body, the head (JSON, small), the body (the answer,
ready to send).
"""

import struct
from typing import Literal, NotRequired, TypedDict

LENGTHS = struct.Struct("!II")
MAX_REQUEST_BYTES = 65_536
MAX_HEAD_BYTES = 65_536
#: The words of a few hundred dense pages, many times over.
MAX_BODY_BYTES = 512 * 1024 * 1024


class Request(TypedDict):
    format: str | None
    #: Of a PDF, those that are wanted; all without it.
    pages: list[int] | None


class Head(TypedDict):
    """`ready` once at the start, then one of the others for each file."""

    kind: Literal["ready", "done", "failed"]
    format: NotRequired[str]
    pages: NotRequired[int]
    code: NotRequired[str]
    detail: NotRequired[str]
    #: Memory was denied to it near its bound: fit for no further file.
    spent: NotRequired[bool]
