"""Characters of a page, joined to segments: what stands in one row without a gap that the eye would notice."""

import ctypes
import math
import re
from collections import Counter
from dataclasses import dataclass, field

import pypdfium2
import pypdfium2.raw as pdfium

from .failures import too_large
from .rules import Grid

#: In sizes of the font: wider than justified words are apart, narrower than the space between two columns.
SEGMENT_GAP = 0.9
WORD_GAP = 0.2
_MAX_RUN = 40.0
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_RAISED = 0.6
_LINE_SHIFT = 0.3
_MAX_CHARACTERS_OF_PAGE = 500_000
_REPLACEMENT = 0xFFFD
_PRIVATE = range(0xE000, 0xF900)
#: PDFium's mark for a hyphen that divides a word at the end of a line.
_DIVIDING_HYPHENS = frozenset({0x02, 0xFFFE, 0xAD})
_BULLETS = frozenset("\uf0a7\uf0b7\uf0d8\uf0fc\uf076\uf0a8")
#: Accents that old fonts draw before their letter, and what they are behind it.
_ACCENTS = {
    "\u00a8": "\u0308",
    "\u00b4": "\u0301",
    "`": "\u0300",
    "\u02c6": "\u0302",
    "\u02dc": "\u0303",
    "\u02c7": "\u030c",
    "\u02da": "\u030a",
    "\u02d8": "\u0306",
    "\u00af": "\u0304",
}
_ACCENT_OVERLAP = 0.25
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uff00-\uff60]")
_BOLD_NAME = re.compile(rb"bold|black|heavy|semibold", re.IGNORECASE)
_BOLD_WEIGHT = 600


@dataclass(slots=True)
class Segment:
    """Lengths in points; `y` is the base line, growing upwards."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    #: Order in the file, which is the order of reading within a line.
    order: int


@dataclass(slots=True)
class PageText:
    #: By the direction they read in, turned to read from left to right; the most common first.
    directions: list[list[Segment]]
    grids: list[Grid]
    characters: int
    #: Characters whose meaning the file does not tell.
    unreadable: int


@dataclass(slots=True)
class _Character:
    text: str
    x0: float
    x1: float
    y: float
    size: float
    turns: int
    cell: tuple[int, int, int] | None
    index: int


@dataclass(slots=True)
class _Open:
    """The segment that is being read."""

    parts: list[str]
    x0: float
    x1: float
    y: float
    size: float
    turns: int
    cell: tuple[int, int, int] | None
    first: int
    spaced: bool = False


@dataclass(slots=True)
class _Reader:
    text_page: pypdfium2.PdfTextPage
    grids: list[Grid]
    directions: dict[int, list[Segment]] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    unreadable: int = 0
    open: _Open | None = None

    def read(self) -> PageText:
        count = pdfium.FPDFText_CountChars(self.text_page)
        if count > _MAX_CHARACTERS_OF_PAGE:
            raise too_large("A page of this PDF holds more text than can be taken.")
        before = 0
        for index in range(count):
            code = pdfium.FPDFText_GetUnicode(self.text_page, index)
            if code in (0x0A, 0x0D):
                self._close()
            elif code in (0x20, 0x09, 0xA0):
                if self.open is not None:
                    self.open.spaced = True
            elif 0xDC00 <= code <= 0xDFFF and 0xD800 <= before <= 0xDBFF:  # halves of one character
                self._take(self._character(index, 0x10000 + ((before - 0xD800) << 10) + (code - 0xDC00)))
            elif code != 0 and not 0xD800 <= code <= 0xDBFF:
                self._take(self._character(index, code))
            before = code
        self._close()
        ordered = [self.directions.get(turns, []) for turns, _ in self.counts.most_common()]
        return PageText(ordered, self.grids, sum(self.counts.values()), self.unreadable)

    def _character(self, index: int, code: int) -> _Character:
        if code == _REPLACEMENT or (code in _PRIVATE and chr(code) not in _BULLETS):
            self.unreadable += 1
        text = "\u00ad" if code in _DIVIDING_HYPHENS else "•" if chr(code) in _BULLETS else _string(code)
        matrix, box = pdfium.FS_MATRIX(), pdfium.FS_RECTF()
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetMatrix(self.text_page, index, matrix)
        pdfium.FPDFText_GetLooseCharBox(self.text_page, index, box)
        pdfium.FPDFText_GetCharOrigin(self.text_page, index, x, y)
        scale = math.hypot(matrix.c, matrix.d) or 1.0
        size = pdfium.FPDFText_GetFontSize(self.text_page, index) * scale
        turns = _quarter_turns(matrix.a, matrix.b)
        x0, x1, base = _turned(box, x.value, y.value, turns)
        cell = self._cell((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        return _Character(text, x0, x1, base, abs(size) or 1.0, turns, cell, index)

    def _cell(self, x: float, y: float) -> tuple[int, int, int] | None:
        for number, grid in enumerate(self.grids):
            found = grid.cell_at(x, y)
            if found is not None:
                return number, *found
        return None

    def _take(self, character: _Character) -> None:
        self.counts[character.turns] += 1
        segment = self.open
        if segment is None or not _continues(segment, character):
            self._close()
            self.open = _Open(
                [character.text],
                character.x0,
                character.x1,
                character.y,
                character.size,
                character.turns,
                character.cell,
                character.index,
            )
            return
        accent = _ACCENTS.get(segment.parts[-1])
        if (
            accent is not None
            and character.text.isalpha()
            and character.x0 < segment.x1 - _ACCENT_OVERLAP * segment.size
        ):
            segment.parts[-1] = character.text + accent
            segment.spaced = False
            segment.x1 = max(segment.x1, character.x1)
            return
        gap = max(character.x0 - segment.x1, segment.x0 - character.x1)
        unspaced = _UNSPACED.match(segment.parts[-1]) and _UNSPACED.match(character.text)
        is_apart = gap > WORD_GAP * max(segment.size, character.size) and not _RIGHT_TO_LEFT.match(character.text)
        if (segment.spaced and not unspaced) or is_apart:
            segment.parts.append(" ")
        segment.parts.append(character.text)
        segment.spaced = False
        segment.x0, segment.x1 = min(segment.x0, character.x0), max(segment.x1, character.x1)
        if character.size > segment.size:
            segment.size, segment.y = character.size, character.y

    def _close(self) -> None:
        done, self.open = self.open, None
        if done is None:
            return
        text = "".join(done.parts)
        if done.cell is not None:
            grid, *place = done.cell
            self.grids[grid].cells.setdefault((place[0], place[1]), []).append(text)
            return
        segment = Segment(text, done.x0, done.x1, done.y, done.size, self._is_bold(done.first), done.first)
        self.directions.setdefault(done.turns, []).append(segment)

    def _is_bold(self, index: int) -> bool:
        if pdfium.FPDFText_GetFontWeight(self.text_page, index) >= _BOLD_WEIGHT:
            return True
        name = ctypes.create_string_buffer(256)
        pdfium.FPDFText_GetFontInfo(self.text_page, index, name, len(name), ctypes.c_int())
        return _BOLD_NAME.search(name.value) is not None


def read_page_text(page: pypdfium2.PdfPage, grids: list[Grid]) -> PageText:
    """Text of one page; what stands in a grid is put into its cells instead.

    Raises:
        PdfiumError: the page is damaged.

    """
    text_page = page.get_textpage()
    try:
        result = _Reader(text_page, grids).read()
    finally:
        text_page.close()
    return result


def _string(code: int) -> str:
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)  # surrogates


def _quarter_turns(a: float, b: float) -> int:
    if abs(a) >= abs(b):
        return 0 if a >= 0 else 2
    return 1 if b > 0 else 3


def _turned(box: pdfium.FS_RECTF, x: float, y: float, turns: int) -> tuple[float, float, float]:
    """Left, right and base line as they are once the text is turned to read from left to right."""
    match turns:
        case 0:
            return box.left, box.right, y
        case 1:
            return box.bottom, box.top, -x
        case 2:
            return -box.right, -box.left, -y
        case _:
            return -box.top, -box.bottom, x


def _continues(segment: _Open, character: _Character) -> bool:
    if segment.turns != character.turns or segment.cell != character.cell:
        return False
    size = max(segment.size, character.size)
    # Either side, for text that runs from right to left.
    gap = max(character.x0 - segment.x1, segment.x0 - character.x1)
    # A run from right to left begins at its far end.
    if gap > (_MAX_RUN if _RIGHT_TO_LEFT.match(character.text) else SEGMENT_GAP) * size:
        return False
    shift = abs(character.y - segment.y)
    smaller = min(segment.size, character.size) < 0.9 * size
    return shift <= (_RAISED if smaller else _LINE_SHIFT) * size
