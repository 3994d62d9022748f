"""JSON Lines: one record a line, in both directions.

Here: `write`, `load` and the line's form: `type`, `subject`, `on`, `data` (the fields of
the type), and the shared fields `source`, `note`, `corrects`, `recorded_by`. Exported lines
add `position` and `recorded_at`. Not here: what a record means.

Where lines carry positions, corrections and retractions among them refer to these, and are
made to refer to the right records of the ledger they come into. `recorded_at` is not taken
over: it says when *this* ledger learned a fact, and that is now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar

import attrs
from attrs import frozen

from govledger.codec import canonical, exported, fields_of
from govledger.dataset import Dataset, Fact, Head, by_place
from govledger.errors import InvalidInput, Place, Problem, brief, invalid
from govledger.events import LedgerOpened, event_type
from govledger.history import Record
from govledger.rules import withdraws
from govledger.values import LARGEST_INTEGER, count, structure, under

LONGEST_LINE = 1024 * 1024
"""The longest line that is read, in bytes."""

PROBLEMS = {
    "line-too-long": "A line is longer than any record.",
    "not-utf8": "A line is not UTF-8 text.",
    "not-json": "A line is not a JSON object.",
    "duplicate-key": "A key stands twice in one object.",
    "not-an-integer": "A number has a fraction, an exponent or too many digits.",
    "unknown-field": "A key that is not known here.",
    "missing-field": "A key that must be there is missing.",
    "some-positions": "Some lines carry a position, and this one does not.",
    "position-order": "Positions do not increase from line to line.",
    "unknown-position": "A correction or retraction names a position that no line has.",
}
"""What can be wrong with a file besides its values: code -> what it means."""

_T = TypeVar("_T")

_TOP = ("type", "subject", "on", "data", "source", "note", "corrects", "recorded_by")
_EXPORTED = ("position", "recorded_at")


def write(records: Iterable[Record], stream: IO[bytes]) -> int:
    """Write records as JSON Lines, in canonical JSON; gives their number."""
    number = 0
    for number, record in enumerate(records, start=1):  # noqa: B007 - the count is the result
        stream.write(canonical(exported(record)) + b"\n")
    return number


def load(path: str | Path) -> Dataset:
    """Read a dataset in JSON Lines.

    As `govledger.dataset.load`, it never raises for the content of a file: `problems` of
    the result lists everything that is wrong.
    """
    name = str(path)
    entries: list[Fact] = []
    problems: list[Problem] = []
    head: Head | None = None
    hashed = sha256()
    with Path(path).open("rb") as file:
        for number, raw in _lines(file):
            hashed.update(raw)
            if not raw.strip():
                continue
            line = _Line(name, number, raw.decode("utf-8", errors="replace").rstrip("\r\n"))
            try:
                entry = _entry(raw, line)
                if isinstance(entry.event, LedgerOpened) and head is None and not entries:
                    head = _head(entry.event)
                else:
                    entries.append(entry)
            except InvalidInput as error:
                problems += (line.placed(problem) for problem in error.problems)
    problems += _numbering(entries)
    return Dataset(
        file=name,
        digest=hashed.hexdigest(),
        head=head or Head(),
        entries=tuple(entries),
        problems=tuple(sorted(problems, key=by_place)),
    )


def _head(opened: LedgerOpened) -> Head:
    said = {"name": opened.name, "timezone": opened.timezone, "profile": opened.profile}
    return structure(Head, said)


@frozen
class _Line:
    """A line of a file, to say where in it something stands."""

    file: str
    number: int
    text: str

    def whole(self) -> Place:
        return Place(self.file, self.number, 1, max(1, len(self.text)), self.text)

    def locate(self, path: str) -> Place | None:
        """The key that a path (`tally.in_favour`) leads to, or as far as that can be found.

        JSON's own reader tells no positions, so keys are looked for in the text.
        """
        at, found = 0, None
        for step in path.split("."):
            if step.isdecimal():
                for _ in range(int(step)):
                    at = self.text.find("}", at) + 1
                continue
            match = re.compile(rf'"{re.escape(step)}"\s*:').search(self.text, at)
            if match is None:
                break
            at, found = match.end(), match
        if found is None:
            return None
        width = found.group().rindex('"') + 1
        return Place(self.file, self.number, found.start() + 1, width, self.text)

    def column(self, column: int) -> Place:
        return Place(self.file, self.number, min(column, len(self.text)), 1, self.text)

    def placed(self, problem: Problem) -> Problem:
        place = self.locate(".".join(map(str, problem.path))) if problem.path else None
        return attrs.evolve(problem, place=problem.place or place or self.whole())


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        yield number, raw
        if len(raw) > LONGEST_LINE:
            return  # _entry refuses it; whatever follows is not a line of its own


def _entry(raw: bytes, line: _Line) -> Fact:
    if len(raw) > LONGEST_LINE:
        raise invalid(
            "line-too-long",
            f"the line is longer than {LONGEST_LINE} bytes",
            "one record takes one line; is this JSON Lines?",
        )
    said = _parsed(raw, line)
    problems = list(_misplaced(said))
    if problems:
        raise InvalidInput(*problems)
    said.pop("recorded_at", None)
    number = _at("position", lambda: count(said.pop("position"))) if "position" in said else None
    cls = _at("type", lambda: event_type(said.pop("type")))
    return Fact(
        event=structure(cls, fields_of(said)),
        place=line.whole(),
        locate=line.locate,
        number=number,
    )


def _at(key: str, make: Callable[[], _T]) -> _T:
    """What `make` gives; its problems are those of a key."""
    try:
        return make()
    except InvalidInput as error:
        raise InvalidInput(*under(key, error)) from None


def _misplaced(said: dict[str, Any]) -> Iterator[Problem]:
    """Keys that are unknown, missing, or in the wrong object."""
    for key in said:
        if key not in (*_TOP, *_EXPORTED):
            hint = "fields of the type stand under data; the other keys are " + ", ".join(_TOP)
            yield Problem(
                code="unknown-field",
                message=f"{brief(key)} is not a key of a line",
                hint=hint,
                path=(key,),
            )
    for key in ("type", "subject", "on"):
        if key not in said:
            yield Problem(
                code="missing-field", message=f'the key "{key}" is missing', hint=f'add "{key}"'
            )
    data = said.get("data", {})
    if not isinstance(data, dict):
        yield Problem(
            code="not-json",
            message='"data" is not an object',
            hint="write the fields of the type in it: {…}",
            path=("data",),
        )
        return
    for key in data:
        if key in _TOP:
            yield Problem(
                code="unknown-field",
                message=f'"{key}" stands in data, and belongs beside it',
                hint="move it out: data holds the fields of the type only",
                path=("data", key),
            )


def _parsed(raw: bytes, line: _Line) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8-sig" if line.number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise invalid(
            "not-utf8", f"byte {error.start} of the line is not UTF-8", "save the file as UTF-8"
        ) from None
    try:
        said = json.loads(
            text.rstrip(),
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_int=_integer,
            parse_constant=_no_float,
        )
    except json.JSONDecodeError as error:
        problem = Problem(
            code="not-json",
            message=f"this is not well-formed JSON: {error.msg}",
            hint="write one JSON object a line",
            place=line.column(error.colno),
        )
        raise InvalidInput(problem) from None
    except RecursionError:
        raise invalid("not-json", "the line nests too deep", "write a flat object") from None
    if not isinstance(said, dict):
        raise invalid("not-json", "the line is not a JSON object", "write {…} on every line")
    return said


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidInput(
                Problem(
                    code="duplicate-key",
                    message=f"the key {brief(key)} stands twice",
                    hint="keep one of them",
                    path=(key,),
                )
            )
        found[key] = value
    return found


def _no_float(digits: str) -> Any:
    raise invalid(
        "not-an-integer",
        f"{brief(digits)[1:-1]} is not a whole number",
        "votes and positions are whole",
    )


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise invalid(
            "not-an-integer",
            f"{brief(digits)[1:-1]} is out of range",
            f"integers run to {LARGEST_INTEGER} (2^53 - 1)",
        )
    return int(digits)


def _numbering(entries: list[Fact]) -> Iterator[Problem]:
    numbers = [entry.number for entry in entries]
    if not any(number is not None for number in numbers):
        return
    last = 0
    known = {1}
    for entry in entries:
        if entry.number is None:
            yield Problem(
                code="some-positions",
                message="this line carries no position, and others do",
                hint="give every line its position, or none",
                place=entry.place,
            )
            continue
        if entry.number <= last:
            yield Problem(
                code="position-order",
                message=f"position {entry.number} does not come after {last}",
                hint="sort the lines by position",
                place=entry.place_of("position"),
            )
        last = entry.number
        known.add(entry.number)
        for target in withdraws(entry.event):
            if target not in known:
                yield Problem(
                    code="unknown-position",
                    message=f"it withdraws record {target}, which no earlier line holds",
                    hint="export the whole log: a part of it cannot say what is withdrawn",
                    place=entry.place_of("corrects", "data.position"),
                )
