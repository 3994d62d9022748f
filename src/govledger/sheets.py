"""Tables as spreadsheets write them, in CSV, with the place of every cell.

Here: finding separator and columns, and rows of text. Not here: what a cell means, or reading
files: it is given text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, field, frozen

from govledger.errors import InvalidInput, Place, Problem, brief, invalid, nearest

LARGEST_SHEET = 4 * 2**20
"""The largest table that is read, in characters."""

_SEPARATORS = ",;\t"
"""What stands between cells: a comma, or what spreadsheets write in countries with decimal ones."""

_MOST_HEADINGS = 20
"""How many headings are found fault with, at most."""


@frozen
class Row:
    """A row of a table: the trimmed text of its cells, by the names of their columns."""

    cells: Mapping[str, str]
    _name: str
    _line: int
    _written: str = field(repr=False)
    _separator: str
    _columns: Mapping[str, int] = field(repr=False)

    def place(self, column: str | int) -> Place:
        """Where a cell stands, or would stand; by the name of its column, or its number from 0."""
        index = self._columns.get(column, -1) if isinstance(column, str) else column
        start, end = _span(self._written, self._separator, index)
        line = self._written.count("\n", 0, start)
        column_from = self._written.rfind("\n", 0, start) + 1
        excerpt = self._written.split("\n")[line]
        width = max(1, min(end, column_from + len(excerpt)) - start)
        return Place(self._name, self._line + line, start - column_from + 1, width, excerpt)

    def fault(self, column: str | int, code: str, message: str, hint: str = "") -> Problem:
        """What is wrong with a cell."""
        return Problem(code=code, message=message, hint=hint, place=self.place(column))


def rows(
    text: str,
    name: str,
    columns: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    problems: list[Problem],
) -> Iterator[Row]:
    """The rows of a table in CSV below its header; what is wrong with its form joins `problems`.

    The separator is a comma, semicolon or tab, whichever the header has; a byte order mark and
    empty rows are passed over. `columns` gives the headings under which a column may go,
    in small letters; the first of them is what messages call it. `needed` are those that must
    be there. Raises `InvalidInput` where there is no header that can be read.

    >>> columns = {"member": ("lid",), "choice": ("stem",)}
    >>> table = rows("lid;stem\\nEde; voor", "votes.csv", columns, ["member"], [])
    >>> [dict(row.cells) for row in table]
    [{'member': 'Ede', 'choice': 'voor'}]
    """
    if len(text) > LARGEST_SHEET:
        raise invalid(
            "not-csv",
            f"{name}: {len(text)} characters, and at most {LARGEST_SHEET} are read",
            "is this the right file?",
        )
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip(" ,;\t")), None)
    if first is None:
        raise InvalidInput(
            Problem(
                code="empty-sheet",
                message="there is nothing in it",
                hint=_form(columns, needed),
                place=Place(name, 1, 1, 1, lines[0]),
            )
        )
    known = {heading: column for column, headings in columns.items() for heading in headings}
    separator = max(_SEPARATORS, key=lambda mark: _known(lines[first], mark, known))
    header: dict[str, int] = {}
    headed: set[int] = set()
    found = False
    try:
        for number, written, cells in _records(lines, separator):
            row = Row({}, name, number, written, separator, header)
            if not headed:
                headed = {index for index, cell in enumerate(cells) if cell}
                header.update(_header(row, cells, known, problems))
                missing = [column for column in needed if column not in header]
                if missing:
                    message = "there is no column " + ", ".join(f'"{column}"' for column in missing)
                    hint = _form(columns, needed)
                    lacking = row.fault(0, "missing-column", message, hint)
                    raise InvalidInput(*problems, lacking)
                continue
            extra = next((i for i, cell in enumerate(cells) if cell and i not in headed), None)
            if extra is not None:
                message = "this cell stands under no heading"
                problems.append(row.fault(extra, "extra-cell", message, "remove it"))
            given = {column: cells[i] if i < len(cells) else "" for column, i in header.items()}
            found = True
            yield evolve(row, cells=given)
    except csv.Error as error:
        at = int(error.args[-1])
        raise InvalidInput(
            *problems,
            Problem(
                code="not-csv",
                message=f"this is not well-formed CSV: {error.args[0]}",
                hint='a cell that holds the separator stands in "quotes"',
                place=Place(name, at, 1, max(1, len(lines[at - 1])), lines[at - 1]),
            ),
        ) from None
    if not found:
        end = Place(name, len(lines), 1, 1, lines[-1])
        message = "there is nothing below the header"
        problems.append(Problem(code="empty-sheet", message=message, place=end))


def _records(lines: Sequence[str], separator: str) -> Iterator[tuple[int, str, list[str]]]:
    """The rows that are not empty: the number of their first line, as written, and the cells."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    while True:
        before = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise csv.Error(*error.args, before + 1) from None
        if any(map(str.strip, cells)):
            written = "\n".join(lines[before : reader.line_num])
            yield before + 1, written, [cell.strip() for cell in cells]


def _known(line: str, separator: str, known: Mapping[str, str]) -> int:
    return sum(_heading(cell) in known for cell in line.split(separator))


def _heading(cell: str) -> str:
    return " ".join(cell.strip().strip('"').casefold().split())


def _header(
    row: Row, cells: Sequence[str], known: Mapping[str, str], problems: list[Problem]
) -> dict[str, int]:
    """Which column stands where; what is wrong with the headings is added to the problems."""
    header: dict[str, int] = {}
    for index, cell in enumerate(cells):
        column = known.get(_heading(cell))
        if len(problems) == _MOST_HEADINGS:
            break
        if column in header:
            message = f"there are two columns of this kind: {brief(cell)}"
            problems.append(row.fault(index, "column-twice", message, "remove one of them"))
        elif column is not None:
            header[column] = index
        elif cell:
            # Passing over it would take a misspelt "weight" for a vote of one each.
            message = f"{brief(cell)} is not a column here"
            hint = nearest(_heading(cell), known) or f"keep {', '.join(known)} only"
            problems.append(row.fault(index, "unknown-column", message, hint))
    return header


def _form(columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> str:
    rest = [column for column in columns if column not in needed]
    return f"begin with a line {','.join(needed)}" + (
        f"; there may be {', '.join(rest)}, too" if rest else ""
    )


def _span(written: str, separator: str, index: int) -> tuple[int, int]:
    """From where to where the trimmed text of a cell stands in a row, quotes included."""
    start = number = 0
    quoted = False
    end = len(written)
    for at, character in enumerate(written):
        if character == '"' and written[start] == '"':  # a cell is quoted from its beginning
            quoted = not quoted
        elif character == separator and not quoted:
            if number == index:
                end = at
                break
            number, start = number + 1, at + 1
    if number < index:
        return end, end
    cell = written[start:end]
    start += len(cell) - len(cell.lstrip())
    return start, start + len(cell.strip())
