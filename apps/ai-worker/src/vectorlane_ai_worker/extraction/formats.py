"""Tells formats apart, by what a file is and not by what it is called."""

from collections.abc import Mapping
from typing import Final, get_args

from .failures import ExtractionFailure
from .schema import Format

FORMATS: Final[tuple[str, ...]] = get_args(Format)
MEDIA_TYPES: Final[Mapping[str, Format]] = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/tiff": "tiff",
    "image/webp": "webp",
}
HEAD_BYTES = 1_024


def recognise_format(head: bytes, expected: str | None) -> Format:
    """The format of a file.

    Args:
        head: its first 1,024 bytes.
        expected: what the caller takes it for; a file that is none of ours is then a damaged one of that format.

    Raises:
        ExtractionFailure: `CORRUPT_FILE`, `UNSUPPORTED_FORMAT`.

    """
    found = _by_content(head)
    if found is not None:
        return found
    if expected is not None:
        raise ExtractionFailure("CORRUPT_FILE", f"This is not a {expected.upper()} file. Export it again.")
    known = ", ".join(FORMATS)
    raise ExtractionFailure("UNSUPPORTED_FORMAT", f"The content is none of the formats read here: {known}.")


def _by_content(head: bytes) -> Format | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    # Readers take a PDF whose header comes a little later.
    return "pdf" if b"%PDF-" in head else None
