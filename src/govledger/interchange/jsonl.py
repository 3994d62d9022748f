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
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from govledger.codec import canonical, exported, fields_of
from govledger.dataset import Dataset, Entry, Head
from govledger.errors import InvalidInput, Place, Problem, invalid
from govledger.events import LedgerOpened, event_type
from govledger.history import Record
from govledger.rules import withdraws
from govledger.values import LARGEST_INTEGER, count, structure

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

_TOP = ("type", "subject", "on", "data", "source", "note", "corrects", "recorded_by")
_EXPORTED = ("position", "recorded_at")


def write(records: Iterable[Record], stream: BinaryIO) -> int:
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
    entries: list[Entry] = []
    problems: list[Problem] = []
    head = Head()
    hashed = sha256()
    with Path(path).open("rb") as file:
        for number, raw in _lines(file):
            hashed.update(raw)
            if not raw.strip():
                continue
            excerpt = raw.decode("utf-8", errors="replace").rstrip("\r\n")
            try:
                entry = _entry(raw, Place(name, number, 1, max(1, len(excerpt)), excerpt))
            except InvalidInput as error:
                problems += (_placed(p, name, number, excerpt) for p in error.problems)
                continue
            if isinstance(entry.event, LedgerOpened) and not entries:
                opened = entry.event
                head = Head(name=opened.name, timezone=opened.timezone, profile=opened.profile)
            else:
                entries.append(entry)
    problems += _numbering(entries)
    return Dataset(
        file=name,
        digest=hashed.hexdigest(),
        head=head,
        entries=tuple(entries),
        problems=tuple(problems),
    )


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        yield number, raw
        if len(raw) > LONGEST_LINE:
            return  # _entry refuses it; whatever follows is not a line of its own


def _entry(raw: bytes, place: Place) -> Entry:
    if len(raw) > LONGEST_LINE:
        raise invalid(
            "line-too-long",
            f"the line is longer than {LONGEST_LINE} bytes",
            "one record takes one line; is this JSON Lines?",
        )
    said = _parsed(raw)
    unknown = [key for key in said if key not in (*_TOP, *_EXPORTED)]
    missing = [key for key in ("type", "subject", "on") if key not in said]
    problems = [
        Problem(
            code="unknown-field",
            message=f'"{key}" is not a key of a line',
            hint="fields of the type stand under data; the other keys are " + ", ".join(_TOP),
            path=(key,),
        )
        for key in unknown
    ]
    problems += [
        Problem(code="missing-field", message=f'the key "{key}" is missing', hint=f'add "{key}"')
        for key in missing
    ]
    if problems:
        raise InvalidInput(*problems)
    number = said.pop("position", None)
    said.pop("recorded_at", None)
    data = said.get("data", {})
    if not isinstance(data, dict) or any(key in data for key in _TOP):
        raise invalid("not-json", '"data" must be an object of the fields of the type')
    event = structure(event_type(said.pop("type")), fields_of(said))
    number = None if number is None else count(number)
    return Entry(event=event, place=place, source_place=place, number=number)


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise invalid(
            "not-utf8", f"byte {error.start} of the line is not UTF-8", "save the file as UTF-8"
        ) from None
    try:
        said = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_int=_integer,
            parse_constant=_no_float,
        )
    except json.JSONDecodeError as error:
        raise invalid(
            "not-json", f"column {error.colno}: {error.msg}", "write one JSON object a line"
        ) from None
    except RecursionError:
        raise invalid("not-json", "the line nests too deep", "write a flat object") from None
    if not isinstance(said, dict):
        raise invalid("not-json", "the line is not a JSON object", "write {…} on every line")
    return said


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise InvalidInput(
            Problem(
                code="duplicate-key",
                message=f'the key "{twice}" stands twice',
                hint="keep one of them",
                path=(twice,),
            )
        )
    return found


def _no_float(digits: str) -> Any:
    raise invalid(
        "not-an-integer", f"{digits[:40]} is not a whole number", "votes and positions are whole"
    )


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise invalid(
            "not-an-integer",
            f"{digits[:40]} has too many digits",
            f"integers run to {LARGEST_INTEGER} (2^53 - 1)",
        )
    return int(digits)


def _placed(problem: Problem, file: str, number: int, excerpt: str) -> Problem:
    """A problem at its line, marking the key that it is about where that can be found."""
    column, width = 1, max(1, len(excerpt))
    for step in reversed(problem.path):
        found = excerpt.find(f'"{step}"') if isinstance(step, str) else -1
        if found >= 0:
            column, width = found + 1, len(step) + 2 if isinstance(step, str) else 1
            break
    return attrs.evolve(problem, place=Place(file, number, column, width, excerpt))


def _numbering(entries: list[Entry]) -> Iterator[Problem]:
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
                place=entry.place,
            )
        last = entry.number
        known.add(entry.number)
        for target in withdraws(entry.event):
            if target not in known:
                yield Problem(
                    code="unknown-position",
                    message=f"it withdraws record {target}, which no earlier line holds",
                    hint="export the whole log: a part of it cannot say what is withdrawn",
                    place=entry.place,
                )
