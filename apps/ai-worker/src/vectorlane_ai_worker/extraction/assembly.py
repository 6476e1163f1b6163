"""Composes a text from blocks and knows each one's position by construction."""

import re
import unicodedata
from dataclasses import dataclass

from .failures import too_large
from .schema import Block, BlockKind

#: Code units of text and number of blocks that one file may turn into.
MAX_TEXT_LENGTH = 32 * 1024 * 1024
MAX_BLOCKS = 500_000
_MAX_TITLE_LENGTH = 300
#: What JavaScript's `trim` takes away, which is what may lie between blocks. Python's own `strip` takes more.
_WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES = re.compile(rf"[{_WHITE_SPACE}]+")


@dataclass(slots=True)
class Draft:
    """A block before its place is known. Any text will do; it is normalised and trimmed, and left out when empty."""

    kind: BlockKind
    text: str
    page: int
    level: int | None = None
    row: int | None = None
    #: Follows the block before without an empty line.
    tight: bool = False


def normalise(text: str) -> str:
    """NFC, line feeds for line ends, no lone surrogates and no control characters but tab and line feed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    well_formed = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", well_formed))


def code_units(text: str) -> int:
    """Length in UTF-16, which is how positions count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


class Assembly:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._open: list[tuple[int, str]] = []
        self.blocks: list[Block] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, draft: Draft) -> None:
        """Raises `TOO_LARGE`. White space on both sides keeps composition from crossing a border, so NFC holds."""
        text = normalise(draft.text).strip(_WHITE_SPACE)
        if not text:
            return
        gap = "" if not self._parts else "\n" if draft.tight else "\n\n"
        start = self._length + len(gap)
        self._length = start + code_units(text)
        if self._length > MAX_TEXT_LENGTH or len(self.blocks) >= MAX_BLOCKS:
            raise too_large("This file turns into more text than can be taken. Split it into smaller files.")
        self._parts += [gap, text]
        self.blocks.append(
            Block(
                kind=draft.kind,
                start=start,
                end=self._length,
                heading_path=self._path_above(draft.level),
                page=draft.page,
                level=draft.level,
                row=draft.row,
            )
        )
        if draft.level is not None:
            self._open.append((draft.level, _title(text)))

    def _path_above(self, level: int | None) -> list[str]:
        while level is not None and self._open and self._open[-1][0] >= level:
            self._open.pop()
        return [title for _, title in self._open]


def _title(text: str) -> str:
    flat = _SPACES.sub(" ", text)
    if code_units(flat) <= _MAX_TITLE_LENGTH:
        return flat
    return flat.encode("utf-16-le")[: 2 * _MAX_TITLE_LENGTH].decode("utf-16-le", "ignore")
