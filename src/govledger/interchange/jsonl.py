"""JSON Lines: one record a line, in both directions.

Here: `write`, `read`, `load` and the line's form: `type`, `subject`, `on`, `data` (the fields of
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
from functools import cached_property
from pathlib import Path
from typing import IO, Annotated, Any, BinaryIO, TypeVar

import attrs
import msgspec
from attrs import frozen

from govledger.codec import canonical, exported, fields_of, of_version
from govledger.dataset import Dataset, Fact, Head, Item, Runs, by_place, gathered
from govledger.errors import InvalidInput, Place, Problem, brief, invalid
from govledger.events import Event, LedgerOpened
from govledger.history import Record
from govledger.rules import withdraws
from govledger.values import LARGEST_INTEGER, count, structure, under
from govledger.vocabulary import STANDARD, Vocabulary

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
_KEYS = frozenset({*_TOP, "position", "recorded_at"})
_NEEDED = dict.fromkeys(("type", "subject", "on"))
_OUTSIDE = frozenset(_TOP)
_STEP = 64 * 1024
"""How many bytes are read between two calls of `progress`, at least."""


def write(records: Iterable[Record], stream: IO[bytes]) -> int:
    """Write records as JSON Lines, in canonical JSON; gives their number."""
    number = 0
    for number, record in enumerate(records, start=1):  # noqa: B007 - the count is the result
        stream.write(canonical(exported(record)) + b"\n")
    return number


def read(
    path: str | Path,
    progress: Callable[[int], None] | None = None,
    vocabulary: Vocabulary = STANDARD,
) -> Iterator[Item]:
    """Read a dataset in JSON Lines line by line, however large it is.

    Gives facts and problems in the order of the file, and the `Head` before all else where
    the first record opens a ledger. `progress` is called with the number of bytes read.
    Never raises for the content of the file; `OSError` where there is none.
    """
    name = str(path)
    numbering = _Numbering()
    begun = False
    with Path(path).open("rb") as file:
        for number, raw in _lines(file, progress):
            said = raw.rstrip(b"\r\n")
            line = _Line(name, number, said)
            if len(raw) > LONGEST_LINE:
                yield _too_long(line)
                return  # whatever follows is not a line of its own
            if not said or said.isspace():
                continue
            try:
                fact = _fact(line, vocabulary)
                head = None if begun else _head(fact.event)
            except InvalidInput as error:
                yield from sorted(map(line.placed, error.problems), key=by_place)
                continue
            begun = True
            if head is None:
                yield from numbering.judge(fact)  # before it: no batch may end in between
                yield fact
            else:
                yield head


def load(path: str | Path, vocabulary: Vocabulary = STANDARD) -> Dataset:
    """Read a dataset in JSON Lines as a whole.

    As `govledger.dataset.load`, it never raises for the content of a file: `problems` of
    the result lists everything that is wrong.
    """
    return gathered(path, read(path, vocabulary=vocabulary), vocabulary)


def _head(event: Event) -> Head | None:
    if not isinstance(event, LedgerOpened):
        return None
    said = {"name": event.name, "timezone": event.timezone, "profile": event.profile}
    return structure(Head, said)


@frozen
class _Line:
    """A line of a file, without its end, to say where in it something stands."""

    file: str
    number: int
    said: bytes

    @cached_property
    def text(self) -> str:
        return self.said.decode("utf-8", errors="replace")

    @property
    def place(self) -> Place:
        text = self.text
        return Place(self.file, self.number, 1, max(1, len(text)), text)

    def locate(self, path: str) -> Place | None:
        """The key that a path (`tally.in_favour`) leads to, or as far as that can be found.

        JSON's own reader tells no positions, so keys are looked for in the text.
        """
        text, at, found = self.text, 0, None
        for step in path.split("."):
            if step.isdecimal():
                for _ in range(int(step)):
                    at = text.find("}", at) + 1
                continue
            match = re.compile(rf'"{re.escape(step)}"\s*:').search(text, at)
            if match is None:
                break
            at, found = match.end(), match
        if found is None:
            return None
        width = found.group().rindex('"') + 1
        return Place(self.file, self.number, found.start() + 1, width, text)

    def column(self, column: int) -> Place:
        text = self.text
        return Place(self.file, self.number, min(column, len(text)), 1, text)

    def placed(self, problem: Problem) -> Problem:
        place = self.locate(".".join(map(str, problem.path))) if problem.path else None
        return attrs.evolve(problem, place=problem.place or place or self.place)


def _lines(file: BinaryIO, progress: Callable[[int], None] | None) -> Iterator[tuple[int, bytes]]:
    number = done = told = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        done += len(raw)
        yield number, raw
        if progress is not None and done >= told + _STEP:
            progress(done)
            told = done
    if progress is not None:
        progress(done)


def _too_long(line: _Line) -> Problem:
    return Problem(
        code="line-too-long",
        message=f"the line is longer than {LONGEST_LINE} bytes",
        hint="one record takes one line; is this JSON Lines?",
        place=line.place,
    )


def _fact(line: _Line, vocabulary: Vocabulary) -> Fact:
    said = _parsed(line)
    if not _in_form(said):
        raise InvalidInput(*_misplaced(said))
    said.pop("recorded_at", None)
    number = _under("position", count, said.pop("position")) if "position" in said else None
    given = said.pop("type")
    name, at, version = given.partition("@") if isinstance(given, str) else (given, "", "")
    cls = _under("type", vocabulary.event_type, name)
    fields = fields_of(said)
    if at:
        fields = _under("type", lambda known: of_version(cls, known, fields), version)
    try:
        event = vocabulary.event(cls, fields)
    except InvalidInput as error:
        if not cls.upcasters or at:
            raise
        raise InvalidInput(*(_perhaps_older(problem, name) for problem in error.problems)) from None
    return Fact(event=event, at=line, said=line.said, number=number)


def _perhaps_older(problem: Problem, name: str) -> Problem:
    """A problem with the fields of a line, which those of an older version would have."""
    if problem.code not in ("missing-field", "unknown-field"):
        return problem
    older = f'; if the line is of an older version, name it: "type": "{name}@1"'
    return attrs.evolve(problem, hint=problem.hint + older)


def _under(key: str, convert: Callable[[Any], _T], value: Any) -> _T:
    """What a value converts to; its problems are those of a key."""
    try:
        return convert(value)
    except InvalidInput as error:
        raise InvalidInput(*under(key, error)) from None


def _in_form(said: dict[str, Any]) -> bool:
    """Whether every key is known, none is missing, and each stands in the right object."""
    keys, data = said.keys(), said.get("data", _NOTHING)
    return (
        keys >= _NEEDED.keys()
        and keys <= _KEYS
        and isinstance(data, dict)
        and _OUTSIDE.isdisjoint(data)
    )


_NOTHING: dict[str, Any] = {}


def _misplaced(said: dict[str, Any]) -> Iterator[Problem]:
    """Keys that are unknown, missing, or in the wrong object."""
    data = said.get("data", _NOTHING)
    for key in said:
        if key not in _KEYS:
            hint = "fields of the type stand under data; the other keys are " + ", ".join(_TOP)
            yield Problem(
                code="unknown-field",
                message=f"{brief(key)} is not a key of a line",
                hint=hint,
                path=(key,),
            )
    for key in _NEEDED:
        if key not in said:
            yield Problem(
                code="missing-field", message=f'the key "{key}" is missing', hint=f'add "{key}"'
            )
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


def _parsed(line: _Line) -> dict[str, Any]:
    """The object of a line.

    The quick reader knows no floats and no large integers, but takes duplicate keys and more
    besides. What comes out again byte for byte cannot hold any of that; for all other lines
    the strict reader has the say.
    """
    try:
        said: dict[str, Any] = _QUICK.decode(line.said)
        if _ENCODER.encode(said) == line.said:
            return said
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        pass
    return _strictly(line)


_Value = None | bool | Annotated[int, msgspec.Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)] | str
_Nested = _Value | list[_Value] | dict[str, _Value]
_Deeper = _Value | list[_Nested] | dict[str, _Nested]
_Deepest = _Value | list[_Deeper] | dict[str, _Deeper]
_QUICK = msgspec.json.Decoder(dict[str, _Value | list[_Deepest] | dict[str, _Deepest]])
_ENCODER = msgspec.json.Encoder()


def _strictly(line: _Line) -> dict[str, Any]:
    try:
        text = line.said.decode("utf-8-sig" if line.number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise invalid(
            "not-utf8", f"byte {error.start} of the line is not UTF-8", "save the file as UTF-8"
        ) from None
    try:
        said = _DECODER.decode(text.rstrip())
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
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    raise InvalidInput(
        Problem(
            code="duplicate-key",
            message=f"the key {brief(key)} stands twice",
            hint="keep one of them",
            path=(key,),
        )
    )


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


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_no_float,
    parse_int=_integer,
    parse_constant=_no_float,
)


class _Numbering:
    """Judges the positions of a file, line by line; the lines of most files need little room."""

    def __init__(self) -> None:
        self._without: Fact | None = None  # the first that carries none
        self._numbered = False
        self._last = 0
        self._known: Runs | None = Runs()  # None where they are out of order

    def judge(self, fact: Fact) -> Iterator[Problem]:
        if fact.number is None:
            if self._numbered:
                yield _some_positions(fact)
            elif self._without is None:
                self._without = fact
            return
        self._numbered = True
        if self._without is not None:
            yield _some_positions(self._without)
            self._without = None
        if fact.number <= self._last:
            self._known = None
            yield Problem(
                code="position-order",
                message=f"position {fact.number} does not come after {self._last}",
                hint="sort the lines by position",
                place=fact.place_of("position"),
            )
        self._last = fact.number
        if self._known is None:
            return
        self._known.add(fact.number, fact.number)
        for target in withdraws(fact.event):
            if target != 1 and self._known.get(target) is None:
                yield Problem(
                    code="unknown-position",
                    message=f"it withdraws record {target}, which no earlier line holds",
                    hint="export the whole log: a part of it cannot say what is withdrawn",
                    place=fact.place_of("corrects", "data.position"),
                )


def _some_positions(fact: Fact) -> Problem:
    return Problem(
        code="some-positions",
        message="this line carries no position, and others do",
        hint="give every line its position, or none",
        place=fact.place,
    )
