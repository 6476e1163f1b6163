"""The promises of `ExtractedDocument`, as the backend will check them."""

import unicodedata
from collections.abc import Sequence

from vectorlane_ai_worker.extraction.schema import Block

#: `String.prototype.trim` of JavaScript.
_WHITE_SPACE = frozenset(
    map(ord, "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"),
) | frozenset(range(0x2000, 0x200B))


def text_of(text: str, block: Block) -> str:
    return text.encode("utf-16-le")[2 * block.start : 2 * block.end].decode("utf-16-le")


def assert_sound(text: str, blocks: Sequence[Block]) -> None:
    """In order, not overlapping, not empty, nothing but white space outside of them; NFC without NUL."""
    units = memoryview(text.encode("utf-16-le")).cast("H")
    reached = 0
    for block in blocks:
        assert reached <= block.start < block.end <= len(units)
        assert all(unit in _WHITE_SPACE for unit in units[reached : block.start])
        assert units[block.start] not in _WHITE_SPACE
        assert units[block.end - 1] not in _WHITE_SPACE
        reached = block.end
    assert all(unit in _WHITE_SPACE for unit in units[reached:])
    assert unicodedata.is_normalized("NFC", text)
    assert "\0" not in text
