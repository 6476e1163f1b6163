"""Tables from ruled grids, and from lines whose cells stand below each other; rows become Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .assembly import Draft
from .lines import Cell, Line
from .rules import Grid

#: A cell that holds this much is a frame around running text.
_MAX_CELL_LENGTH = 2_000
_MIN_FILLED_CELLS = 3

_MIN_ROWS = 3
_MIN_COLUMNS = 2
#: In sizes of the font.
_MAX_ROW_DISTANCE = 3.0
_ALIGNED = 0.5
_MIN_ALIGNED_SHARE = 0.75
#: Mean length of cells; of all columns but one, or lines side by side may as well be running text.
_MAX_SHORT_CELL = 24


@dataclass(slots=True)
class Table:
    #: Upper edge, growing upwards as in the page.
    top: float
    #: The first is the header.
    rows: list[list[str]]


def is_table(grid: Grid) -> bool:
    """Whether the grid holds a table, and not a page's frame or a form's boxes around one text."""
    filled = [place for place, parts in grid.cells.items() if any(part.strip() for part in parts)]
    rows, columns = {row for row, _ in filled}, {column for _, column in filled}
    longest = max((sum(map(len, parts)) for parts in grid.cells.values()), default=0)
    return len(filled) >= _MIN_FILLED_CELLS and len(rows) > 1 and len(columns) > 1 and longest <= _MAX_CELL_LENGTH


def grid_table(grid: Grid) -> Table:
    """Rows and columns without text are left out."""
    rows = sorted({row for row, _ in grid.cells})
    columns = sorted({column for _, column in grid.cells})
    return Table(grid.top, [[" ".join(grid.cells.get((row, column), [])) for column in columns] for row in rows])


def table_drafts(table: Table, page: int) -> Iterator[Draft]:
    """One block a row, the first with the dashes below it."""
    for number, row in enumerate(table.rows):
        text = f"| {' | '.join(_cell_text(cell) for cell in row)} |"
        if number == 0:
            dashes = " | ".join("---" for _ in row)
            yield Draft("row", f"{text}\n| {dashes} |", page)
        else:
            yield Draft("row", text, page, row=number, tight=True)


def split_tables(lines: Sequence[Line]) -> tuple[list[Line], list[Table]]:
    """Takes tables without rules out of a page's lines."""
    kept: list[Line] = []
    tables: list[Table] = []
    run: list[Line] = []
    for line in [*lines, None]:
        if line is not None and len(line.cells) >= _MIN_COLUMNS and (not run or _follows(run[-1], line)):
            run.append(line)
            continue
        table = _aligned_table(run)
        if table is None:
            kept.extend(run)
        else:
            tables.append(table)
        run = []
        if line is not None and len(line.cells) >= _MIN_COLUMNS:
            run = [line]
        elif line is not None:
            kept.append(line)
    return kept, tables


def _follows(before: Line, line: Line) -> bool:
    return before.flow == line.flow and 0 < before.y - line.y <= _MAX_ROW_DISTANCE * max(before.size, line.size)


def _aligned_table(lines: list[Line]) -> Table | None:
    if len(lines) < _MIN_ROWS:
        return None
    columns = _columns([cell for line in lines for cell in line.cells])
    if len(columns) < _MIN_COLUMNS:
        return None
    rows: list[list[str]] = []
    members: list[list[Cell]] = [[] for _ in columns]
    for line in lines:
        row = ["" for _ in columns]
        for cell in line.cells:
            index = next(at for at, (low, high) in enumerate(columns) if low <= cell.x0 <= high)
            row[index] = f"{row[index]} {cell.text}".strip()
            members[index].append(cell)
        rows.append(row)
    reach = _ALIGNED * lines[0].size
    long_columns = sum(_mean_length(cells) > _MAX_SHORT_CELL for cells in members)
    if long_columns > 1 or not all(_is_aligned(cells, reach) for cells in members):
        return None
    return Table(lines[0].y + lines[0].size, rows)


def _columns(cells: list[Cell]) -> list[tuple[float, float]]:
    """Stretches that cells share, with nothing between them."""
    columns: list[tuple[float, float]] = []
    for cell in sorted(cells, key=lambda cell: cell.x0):
        if columns and cell.x0 <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], cell.x1))
        else:
            columns.append((cell.x0, cell.x1))
    return columns


def _is_aligned(cells: list[Cell], reach: float) -> bool:
    """On the left, on the right or in the middle."""
    for places in ([c.x0 for c in cells], [c.x1 for c in cells], [(c.x0 + c.x1) / 2 for c in cells]):
        usual = sorted(places)[len(places) // 2]
        if sum(abs(place - usual) <= reach for place in places) >= _MIN_ALIGNED_SHARE * len(places):
            return True
    return False


def _mean_length(cells: list[Cell]) -> float:
    return sum(len(cell.text) for cell in cells) / len(cells)


def _cell_text(text: str) -> str:
    return " ".join(text.replace("\u00ad", "").split()).replace("\\", "\\\\").replace("|", "\\|")
