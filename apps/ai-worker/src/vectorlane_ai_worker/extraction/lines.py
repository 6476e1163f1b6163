"""Segments to lines in the order of reading, columns one after the other."""

from collections import Counter
from dataclasses import dataclass

from .page_text import SEGMENT_GAP, WORD_GAP, Segment

#: In sizes of the font. Narrower text is a cell or a label and says nothing of columns.
_MIN_COLUMN_WIDTH = 9.0
_BESIDE = 0.7
_MIN_GUTTER = 0.7
_SAME_LINE = 0.4
_MIN_VOTES = 3
_MIN_SHARE = 0.15
_MAX_GUTTERS = 4


@dataclass(slots=True)
class Cell:
    text: str
    x0: float
    x1: float


@dataclass(slots=True)
class Line:
    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    #: Stretch of the page (a column, or what spans them) the line belongs to.
    flow: int
    #: What stands apart in it: more than one reads like a row of a table.
    cells: list[Cell]
    page: int = 0
    #: Read off a picture: sizes are rough.
    recognised: bool = False


def lines_of(segments: list[Segment]) -> list[Line]:
    """Lines of one page and direction."""
    lines: list[Line] = []
    for flow, members in enumerate(_flows(segments)):
        lines.extend(_flow_lines(members, flow))
    return lines


def _flows(segments: list[Segment]) -> list[list[Segment]]:
    """Bands between what spans the columns, and in each band column by column."""
    gutters = _gutters(segments)
    if not gutters:
        return [segments] if segments else []
    flows: list[list[Segment]] = []
    columns: list[list[Segment]] = [[] for _ in range(len(gutters) + 1)]
    spanning: list[Segment] = []

    def end_band() -> None:
        flows.extend(column for column in columns if column)
        columns[:] = [[] for _ in columns]

    for segment in sorted(segments, key=lambda segment: (-segment.y, segment.x0)):
        if any(segment.x0 < gutter < segment.x1 for gutter in gutters):
            end_band()
            spanning.append(segment)
            continue
        if spanning:
            flows.append(spanning)
            spanning = []
        columns[sum(segment.x0 >= gutter for gutter in gutters)].append(segment)
    end_band()
    return [*flows, spanning] if spanning else flows


def _gutters(segments: list[Segment]) -> list[float]:
    """Middles of the empty strips between columns of running text."""
    wide = [segment for segment in segments if segment.x1 - segment.x0 >= _MIN_COLUMN_WIDTH * segment.size]
    if len(wide) < 2 * _MIN_VOTES:
        return []
    gaps = _gaps(sorted(wide, key=lambda segment: -segment.y))
    needed = max(_MIN_VOTES, _MIN_SHARE * len(wide) / 2)
    found: list[float] = []
    while len(found) < _MAX_GUTTERS and len(gaps) >= needed:
        place, votes = _most_common(gaps)
        if votes < needed:
            break
        found.append(place)
        gaps = [(low, high) for low, high in gaps if not low <= place <= high]
    return sorted(found)


def _gaps(ordered: list[Segment]) -> list[tuple[float, float]]:
    gaps: list[tuple[float, float]] = []
    first = 0
    for segment in ordered:
        reach = _BESIDE * segment.size
        while ordered[first].y > segment.y + reach:
            first += 1
        nearest: float | None = None
        for other in ordered[first:]:
            if other.y < segment.y - reach:
                break
            if other.x0 >= segment.x1 + _MIN_GUTTER * segment.size:
                nearest = other.x0 if nearest is None else min(nearest, other.x0)
        if nearest is not None:
            gaps.append((segment.x1, nearest))
    return gaps


def _most_common(gaps: list[tuple[float, float]]) -> tuple[float, int]:
    """The middle of the stretch that lies in most gaps."""
    edges = sorted([(low, -1) for low, _ in gaps] + [(high, 1) for _, high in gaps])
    open_gaps = most = 0
    place = 0.0
    for index, (at, change) in enumerate(edges):
        open_gaps -= change
        if open_gaps > most:
            most, place = open_gaps, (at + edges[min(index + 1, len(edges) - 1)][0]) / 2
    return place, most


def _flow_lines(segments: list[Segment], flow: int) -> list[Line]:
    rows: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda segment: (-segment.y, segment.order)):
        row = rows[-1] if rows else None
        if row is not None and abs(row[0].y - segment.y) <= _SAME_LINE * min(row[0].size, segment.size):
            row.append(segment)
        else:
            rows.append([segment])
    return [_line(row, flow) for row in rows]


def _line(row: list[Segment], flow: int) -> Line:
    right_to_left = any("\u0590" <= character <= "\u08ff" for segment in row for character in segment.text[:8])
    row.sort(key=lambda segment: segment.order if right_to_left else segment.x0)
    cells = _cells(row)
    sizes: Counter[float] = Counter()
    for segment in row:
        sizes[segment.size] += len(segment.text)
    return Line(
        text=" ".join(cell.text for cell in cells),
        x0=min(segment.x0 for segment in row),
        x1=max(segment.x1 for segment in row),
        y=row[0].y,
        size=sizes.most_common(1)[0][0],
        bold=all(segment.bold for segment in row),
        flow=flow,
        cells=cells,
    )


def _cells(row: list[Segment]) -> list[Cell]:
    """Raised and lowered letters are segments of their own, but stand in the same cell."""
    cells: list[Cell] = []
    for segment in row:
        before = cells[-1] if cells else None
        gap = 0.0 if before is None else max(segment.x0 - before.x1, before.x0 - segment.x1)
        if before is None or gap > SEGMENT_GAP * segment.size:
            cells.append(Cell(segment.text, segment.x0, segment.x1))
        else:
            before.text += (" " if gap > WORD_GAP * segment.size else "") + segment.text
            before.x0, before.x1 = min(before.x0, segment.x0), max(before.x1, segment.x1)
    return cells
