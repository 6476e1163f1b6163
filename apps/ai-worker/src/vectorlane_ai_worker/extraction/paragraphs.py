"""Lines to paragraphs and headings; heads and feet of pages that repeat are left out."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .lines import Line

_BULLET = re.compile(r"^[•◦▪‣●○■□–*\u2043\u2219]\s*\S")
_NUMBERED = re.compile(r"^(\d{1,3}[.)]|[a-zA-Z][.)]|\([a-z\d]{1,3}\)|-)\s+\S|^\d{1,2}\.[^\W\d_]")
_SENTENCE_END = re.compile(r"[.!?:;。！？…]['\"”’)\]]*$")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uff00-\uff60]")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]|[\u3400-\u9fff]")
_DIVIDED = re.compile(r"([^\W\d_]+)(\u00ad|-|\u2010)$")

#: In sizes of the font, or parts of a width.
_SAME_SIZE = 1.08
_SAME_RECOGNISED_SIZE = 1.35
_USUAL_LEADING = 1.2
_PARAGRAPH_GAP = 1.25
_SHORT_LINE = 0.15
_MIN_INDENT = 0.8
_MAX_LEADING = 3.0
_MAX_HYPHENATED = 50_000
_SIZE_STEP = 0.5
_MAX_TITLE_LENGTH = 200
_MAX_TITLE_LINES = 3
_MAX_LEVEL = 6
#: Headings that make up more of the text than this are none; short documents may be half a title.
_MAX_SHARE = 0.2
_MAX_SHARE_OF_SHORT = 0.6
_SHORT_DOCUMENT = 2_000
_MIN_PAGES_WITH_FURNITURE = 3
_MIN_JUSTIFIED_LINES = 4
_BOLD_TITLE_LENGTH = 100


@dataclass(slots=True)
class Paragraph:
    text: str
    page: int
    size: float
    bold: bool
    lines: int
    is_item: bool
    #: Of the first line, for what has to be placed between paragraphs.
    y: float
    outline_level: int | None = None
    level: int | None = None


def without_furniture(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """Drops first and last lines that stand on most pages, numbers aside; their first appearance stays."""
    if len(pages) < _MIN_PAGES_WITH_FURNITURE:
        return list(pages)
    seen: Counter[tuple[str, bool, int]] = Counter()
    for lines in pages:
        seen.update({_furniture_key(line, is_top) for line, is_top in _edges(lines)})
    least = max(_MIN_PAGES_WITH_FURNITURE, len(pages) // 50)
    repeated = {key for key, count in seen.items() if count >= least}
    shown: set[tuple[str, bool, int]] = set()
    kept: list[list[Line]] = []
    for lines in pages:
        drop: set[int] = set()
        for line, is_top in _edges(lines):
            key = _furniture_key(line, is_top)
            # A running head says what the document or chapter is: once is enough, but not never.
            if key in repeated and (key in shown or not _LETTERS.search(line.text)):
                drop.add(id(line))
            shown.add(key)
        kept.append([line for line in lines if id(line) not in drop])
    return kept


def _edges(lines: list[Line]) -> list[tuple[Line, bool]]:
    if not lines:
        return []
    top = max(lines, key=lambda line: line.y)
    bottom = min(lines, key=lambda line: line.y)
    return [(top, True), (bottom, False)] if top is not bottom else [(top, True)]


def _furniture_key(line: Line, is_top: bool) -> tuple[str, bool, int]:
    """Digits aside, and at the same height."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.strip().lower()), is_top, round(line.y / 4)


def join_lines(pages: Sequence[list[Line]], outline_levels: dict[int, int]) -> list[Paragraph]:
    """Paragraphs of all pages.

    Args:
        pages: lines of each page in the order of reading.
        outline_levels: level by `id` of a line that the document's outline names.

    """
    leading = _leading(pages)
    hyphenated = _hyphenated(pages)
    paragraphs: list[Paragraph] = []
    for lines in pages:
        edges = _column_edges(lines)
        open_lines: list[Line] = []
        for line in lines:
            if open_lines and _begins(open_lines, line, edges, leading, outline_levels):
                paragraphs.append(_paragraph(open_lines, hyphenated, outline_levels))
                open_lines = []
            open_lines.append(line)
        if open_lines:
            paragraphs.append(_paragraph(open_lines, hyphenated, outline_levels))
    return paragraphs


def _leading(pages: Iterable[list[Line]]) -> float:
    distances: Counter[float] = Counter()
    for lines in pages:
        for before, line in pairwise(lines):
            if before.flow == line.flow and _same_size(before.size, line.size):
                distance = round((before.y - line.y) / line.size * 20) / 20
                if 0.8 < distance <= _MAX_LEADING:
                    distances[distance] += 1
    return distances.most_common(1)[0][0] if distances else _USUAL_LEADING


def _hyphenated(pages: Iterable[list[Line]]) -> set[str]:
    """Words that the document itself writes with a hyphen, within a line."""
    words: set[str] = set()
    for lines in pages:
        for line in lines:
            if len(words) < _MAX_HYPHENATED and "-" in line.text:
                words.update(word.lower() for word in re.findall(r"[^\W\d_]+-[^\W\d_]+", line.text))
    return words


def _column_edges(lines: Iterable[Line]) -> dict[int, tuple[float, float]]:
    """Left and right margin of each flow; the right one is where most lines end, if that is told."""
    by_flow: dict[int, list[Line]] = {}
    for line in lines:
        by_flow.setdefault(line.flow, []).append(line)
    return {flow: (min(line.x0 for line in members), _right_edge(members)) for flow, members in by_flow.items()}


def _right_edge(lines: list[Line]) -> float:
    ends = Counter(round(line.x1) for line in lines)
    place, votes = max(ends.items(), key=lambda entry: (entry[1], entry[0]))
    return place if votes >= _MIN_JUSTIFIED_LINES else max(line.x1 for line in lines)


def _begins(
    open_lines: list[Line],
    line: Line,
    edges: dict[int, tuple[float, float]],
    leading: float,
    outline_levels: dict[int, int],
) -> bool:
    """Whether a paragraph begins with `line`."""
    before = open_lines[-1]
    if outline_levels.get(id(before)) != outline_levels.get(id(line)) or _BULLET.match(line.text):
        return True
    if not _alike(before, line) or before.bold != line.bold:
        return True
    ended = _SENTENCE_END.search(before.text) is not None
    if line.flow != before.flow:
        # The next column goes on with the sentence, or does not.
        return ended or not line.text[:1].islower()
    if before.y - line.y > _PARAGRAPH_GAP * leading * line.size or line.y > before.y:
        return True
    left, right = edges[line.flow]
    is_short = before.x1 < right - _SHORT_LINE * (right - left)
    stops = (is_short or ended) and (_NUMBERED.match(line.text) is not None or (ended and is_short))
    if stops or _had_room(before, line, right):
        return True
    is_item = _BULLET.match(open_lines[0].text) or _NUMBERED.match(open_lines[0].text)
    return not is_item and ended and line.x0 - before.x0 > _MIN_INDENT * line.size


def _had_room(before: Line, line: Line, right: float) -> bool:
    """Whether the next line's first word would have fitted: the line was ended on purpose."""
    first_word = line.text.split(" ", 1)[0]
    width = len(first_word) / max(len(line.text), 1) * (line.x1 - line.x0)
    return before.x1 + 1.5 * width + 2 * line.size < right


def _alike(before: Line, line: Line) -> bool:
    if before.recognised and line.recognised:
        return max(before.size, line.size) <= _SAME_RECOGNISED_SIZE * min(before.size, line.size)
    return _same_size(before.size, line.size)


def _same_size(a: float, b: float) -> bool:
    return max(a, b) <= _SAME_SIZE * min(a, b)


def _paragraph(lines: list[Line], hyphenated: set[str], outline_levels: dict[int, int]) -> Paragraph:
    first = lines[0]
    text = first.text
    for before, line in pairwise(lines):
        text = _joined(text, before, line, hyphenated)
    return Paragraph(
        text=text.replace("\u00ad", ""),
        page=first.page,
        size=first.size,
        bold=first.bold,
        lines=len(lines),
        is_item=bool(_BULLET.match(first.text) or _NUMBERED.match(first.text)),
        y=first.y,
        outline_level=outline_levels.get(id(first)),
    )


def _joined(text: str, before: Line, line: Line, hyphenated: set[str]) -> str:
    if len(before.cells) > 1 or len(line.cells) > 1:
        return f"{text}\n{line.text}"
    divided = _DIVIDED.search(text)
    if divided is not None and line.text[:1].isalpha():
        head, hyphen = divided.groups()
        tail = re.match(r"[^\W\d_]+", line.text)
        keeps = hyphen != "\u00ad" and not line.text[0].islower()
        whole = f"{head}-{tail.group() if tail else ''}".lower()
        return (text if keeps else f"{text[:-1]}-" if whole in hyphenated else text[:-1]) + line.text
    unspaced = _UNSPACED.match(text[-1:]) and _UNSPACED.match(line.text[:1])
    return f"{text}{'' if unspaced else ' '}{line.text}"


def mark_headings(paragraphs: list[Paragraph], larger: float = 1.15) -> None:
    """Sets `level` on what the outline names and on short paragraphs clearly larger than the text, or bold.

    Args:
        paragraphs: of the whole document.
        larger: factor over the size of most text that makes a heading.

    """
    body = _body_size(paragraphs)
    by_outline = [paragraph for paragraph in paragraphs if paragraph.outline_level is not None]
    rest = [paragraph for paragraph in paragraphs if paragraph.outline_level is None]
    large = [paragraph for paragraph in rest if paragraph.size >= larger * body and _is_title(paragraph)]
    if not _plausible(large, paragraphs):
        large = []
    level_of_size: dict[float, int] = {}
    for paragraph in by_outline:
        level = min(paragraph.outline_level or 1, _MAX_LEVEL)
        paragraph.level = level
        level_of_size[_step(paragraph.size)] = min(level_of_size.get(_step(paragraph.size), _MAX_LEVEL), level)
    above = 0
    for step in sorted({*level_of_size, *(_step(paragraph.size) for paragraph in large)}, reverse=True):
        above = level_of_size.setdefault(step, min(above + 1, _MAX_LEVEL))
    for paragraph in large:
        paragraph.level = level_of_size[_step(paragraph.size)]
    bold = [paragraph for paragraph in rest if paragraph.level is None and _is_bold_title(paragraph, body)]
    if not by_outline and _plausible([*large, *bold], paragraphs):
        for paragraph in bold:
            paragraph.level = min(above + 1, _MAX_LEVEL)


def _body_size(paragraphs: Iterable[Paragraph]) -> float:
    characters: Counter[float] = Counter()
    for paragraph in paragraphs:
        characters[_step(paragraph.size)] += len(paragraph.text)
    return characters.most_common(1)[0][0] if characters else 0.0


def _step(size: float) -> float:
    return round(size / _SIZE_STEP) * _SIZE_STEP


def _is_title(paragraph: Paragraph) -> bool:
    return (
        paragraph.lines <= _MAX_TITLE_LINES
        and len(paragraph.text) <= _MAX_TITLE_LENGTH
        and not paragraph.text.endswith((".", ",", ";"))
        and _LETTERS.search(paragraph.text) is not None
        and not _BULLET.match(paragraph.text)
    )


def _is_bold_title(paragraph: Paragraph, body: float) -> bool:
    return (
        paragraph.bold
        and paragraph.lines == 1
        and paragraph.size >= body
        and len(paragraph.text) <= _BOLD_TITLE_LENGTH
        and not paragraph.text.endswith(":")
        and _is_title(paragraph)
    )


def _plausible(titles: Iterable[Paragraph], everything: Iterable[Paragraph]) -> bool:
    total = sum(len(paragraph.text) for paragraph in everything)
    share = _MAX_SHARE_OF_SHORT if total < _SHORT_DOCUMENT else _MAX_SHARE
    return sum(len(paragraph.text) for paragraph in titles) <= share * total
