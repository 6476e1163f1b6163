"""Ruled tables: the straight lines a page draws, and the grids they make."""

import ctypes
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pypdfium2
import pypdfium2.raw as pdfium

#: Lengths in points. Lines this near are one, and touch.
_SNAP = 3.0
_MIN_LENGTH = 8.0
#: A page with more is a drawing or a map.
_MAX_RULES = 2_000
_MAX_SEGMENTS = 20_000
_MIN_LINES = 3

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line along one axis: `at` across it, from `low` to `high` along it."""

    at: float
    low: float
    high: float


@dataclass(slots=True)
class Grid:
    """A table's lines; `xs` from left to right, `ys` from the top down. Page coordinates, y upwards."""

    xs: list[float]
    ys: list[float]
    across: list[Rule]
    down: list[Rule]
    cells: dict[tuple[int, int], list[str]] = field(default_factory=dict)

    @property
    def top(self) -> float:
        return self.ys[0]

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of a place, the first of the merged ones."""
        if not (self.xs[0] <= x <= self.xs[-1] and self.ys[-1] <= y <= self.ys[0]):
            return None
        column = min(bisect_right(self.xs, x) - 1, len(self.xs) - 2)
        row = min(bisect_right([-value for value in self.ys], -y) - 1, len(self.ys) - 2)
        middle_y = (self.ys[row] + self.ys[row + 1]) / 2
        while column > 0 and not _covers(self.down, self.xs[column], middle_y):
            column -= 1
        middle_x = (self.xs[column] + self.xs[column + 1]) / 2
        while row > 0 and not _covers(self.across, self.ys[row], middle_x):
            row -= 1
        return row, column


def find_grids(page: pypdfium2.PdfPage) -> list[Grid]:
    """Grids of at least two rows and two columns, from the top down."""
    across: list[Rule] = []
    down: list[Rule] = []
    for (x0, y0), (x1, y1) in _segments(page):
        if abs(y0 - y1) <= 1 and abs(x0 - x1) >= _MIN_LENGTH:
            across.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
        elif abs(x0 - x1) <= 1 and abs(y0 - y1) >= _MIN_LENGTH:
            down.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
        if len(across) + len(down) > _MAX_RULES:
            return []
    grids = [_grid(group) for group in _connected(_merged(across), _merged(down))]
    return sorted((grid for grid in grids if grid is not None), key=lambda grid: -grid.top)


def _segments(page: pypdfium2.PdfPage) -> Iterator[tuple[Point, Point]]:
    """Straight segments of the page's paths, in page coordinates."""
    left = _MAX_SEGMENTS
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1):
        matrix = shape.get_matrix()
        count = pdfium.FPDFPath_CountSegments(shape)
        left -= count
        if left < 0:
            return
        yield from _path_segments(shape, matrix, count)


def _path_segments(
    shape: pypdfium2.PdfObject, matrix: pypdfium2.PdfMatrix, count: int
) -> Iterator[tuple[Point, Point]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    first: Point | None = None
    before: Point | None = None
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(shape, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point: Point = matrix.on_point(x.value, y.value)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO and before is not None:
            yield before, point
        before = point
        if first is not None and pdfium.FPDFPathSegment_GetClose(segment):
            yield point, first
            before = first


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Dashes, the two edges of a thin bar and the borders of neighbouring cells become one line."""
    merged: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.at, rule.low)):
        home = next((index for index in range(len(merged) - 1, -1, -1) if _is_same(merged[index], rule)), None)
        if home is None:
            merged.append(rule)
        else:
            other = merged[home]
            merged[home] = Rule(other.at, min(rule.low, other.low), max(rule.high, other.high))
    return merged


def _is_same(one: Rule, other: Rule) -> bool:
    near = abs(one.at - other.at) <= _SNAP
    return near and other.low <= one.high + _SNAP and one.low <= other.high + _SNAP


def _connected(across: list[Rule], down: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Groups of lines that touch each other."""
    groups: list[tuple[list[Rule], list[Rule]]] = []
    left = list(down)
    for rule in across:
        touching = [column for column in left if _touch(rule, column)]
        homes = [group for group in groups if any(_touch(rule, column) for column in group[1])]
        left = [column for column in left if column not in touching]
        joined = ([rule], touching)
        for home in homes:
            joined[0].extend(home[0])
            joined[1].extend(home[1])
            groups.remove(home)
        groups.append(joined)
    return groups


def _touch(across: Rule, down: Rule) -> bool:
    return down.low - _SNAP <= across.at <= down.high + _SNAP and across.low - _SNAP <= down.at <= across.high + _SNAP


def _grid(group: tuple[list[Rule], list[Rule]]) -> Grid | None:
    across, down = group
    ys = _places(rule.at for rule in across)
    xs = _places(rule.at for rule in down)
    if len(xs) < _MIN_LINES or len(ys) < _MIN_LINES:
        return None
    return Grid(xs=xs, ys=ys[::-1], across=across, down=down)


def _places(values: Iterable[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _SNAP:
            places.append(value)
    return places


def _covers(rules: Iterable[Rule], at: float, along: float) -> bool:
    return any(abs(rule.at - at) <= _SNAP and rule.low - _SNAP <= along <= rule.high + _SNAP for rule in rules)
