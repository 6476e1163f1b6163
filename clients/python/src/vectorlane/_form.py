"""A form of fields and one file, whose bytes are read while they are sent."""

from __future__ import annotations

import io
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Union, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: A path, the bytes themselves, or a binary stream, which is read from where it stands.
File = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[bytes]]

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Source:
    filename: str
    #: Nothing for a stream that has no end yet.
    size: int | None
    #: Whether `open` may be called again.
    reopens: bool
    #: Whether what `open` gives is to be closed after use.
    closes: bool
    open: Callable[[], IO[bytes]]


def source_of(file: File, filename: str | None) -> Source:
    if isinstance(file, (str, os.PathLike)):
        path = Path(file)
        size = path.stat().st_size
        name = filename or path.resolve().name
        return Source(name, size, reopens=True, closes=True, open=lambda: path.open("rb"))
    if isinstance(file, (bytes, bytearray, memoryview)):
        data = bytes(file)
        return Source(_named(filename), len(data), reopens=True, closes=True, open=lambda: io.BytesIO(data))
    if isinstance(cast("object", file), io.TextIOBase):
        raise TypeError("a file is read as bytes: open it with mode 'rb'")
    stream = file
    own = getattr(stream, "name", None)
    name = _named(filename or (Path(own).name if isinstance(own, str) else None))
    if not stream.seekable():
        return Source(name, None, reopens=False, closes=False, open=lambda: stream)
    start = stream.tell()
    size = stream.seek(0, os.SEEK_END) - start

    def from_start() -> IO[bytes]:
        stream.seek(start)
        return stream

    return Source(name, size, reopens=True, closes=False, open=from_start)


def _named(filename: str | None) -> str:
    if not filename:
        raise ValueError("what has no name of its own needs filename=…, whose ending tells its format")
    return filename


class Form:
    def __init__(self, fields: Mapping[str, str], source: Source) -> None:
        boundary = f"vectorlane-{secrets.token_hex(16)}"
        # The fields come first: the service knows them when the bytes come.
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(name)}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_escaped(source.filename)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        self.head = "".join(parts).encode()
        self.tail = f"\r\n--{boundary}--\r\n".encode()
        self.source = source
        self.headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        if source.size is not None:
            self.headers["Content-Length"] = str(len(self.head) + source.size + len(self.tail))


def fields_of(
    *,
    metadata: Mapping[str, object] | None,
    collection: str | None,
    external_id: str | None,
    on_duplicate: str | None,
) -> dict[str, str]:
    fields = {
        "metadata": None if metadata is None else json.dumps(metadata, ensure_ascii=False),
        "collection": collection,
        "externalId": external_id,
        "onDuplicate": on_duplicate,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _escaped(name: str) -> str:
    """Nothing in a name ends its header; quotes and backslashes stay what they are."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return quoted.replace("\r", "%0D").replace("\n", "%0A")
