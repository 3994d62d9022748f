"""How a story that fails is told: what was expected, what was found, and what led there.

Here: the text of an `AssertionError`. Not here: what is right or wrong (`stories`, `extensions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from govledger.codec import plain
from govledger.errors import GovledgerError, Problem, brief
from govledger.events import Event, own_fields
from govledger.history import Record
from govledger.when import When


class Told(NamedTuple):
    """An act of a story: how it was told, its events, and what they came to."""

    word: str
    events: Sequence[Event]
    records: Sequence[Record]
    refusal: GovledgerError | None
    may_be_refused: bool = False


def failure(
    what: str,
    expected: object,
    found: object,
    told: Iterable[Told] = (),
    *,
    problems: Iterable[Problem] = (),
    hint: str = "",
) -> AssertionError:
    """The error to raise: what was asked, both answers, and the story up to there."""
    parts = [f"{what}: not as expected", _aligned("expected", expected) + _aligned("found", found)]
    if hint:
        parts.append(f"  = help: {hint}\n")
    lines = [line for act in told for line in _act(act)]
    if lines:
        parts.append("\n".join(["the story", *lines]) + "\n")
    if findings := [f"  {line}" for each in problems for line in str(each).splitlines()]:
        parts.append("\n".join(["found on the books", *findings]) + "\n")
    return AssertionError("\n\n".join(part.rstrip("\n") for part in parts))


def _aligned(word: str, value: object) -> str:
    """A value under its word: one line for each of several."""
    match value:
        case Mapping():
            rows = [f"{name}: {_text(each)}" for name, each in value.items()]
        case str():
            rows = [value]
        case Iterable():
            rows = [str(each) for each in value]
        case _:
            rows = [_text(value)]
    first, *others = rows or ["nothing"]
    return "".join(
        f"  {start:<10}{row}\n" for start, row in ((word, first), *(("", o) for o in others))
    )


def _text(value: object) -> str:
    match value:
        case When() | str():
            return str(value)
        case _:
            return repr(value)


def _act(act: Told) -> Iterable[str]:
    for n, event in enumerate(act.events):
        position = str(act.records[n].position) if act.records else "-"
        yield f"  {act.word if not n else '':<6}{position:>3}  {shown(event)}"
    if act.refusal is not None:
        yield "         refused:"
        for line in str(act.refusal).splitlines():
            yield f"           {line}"


def shown(event: Event | str) -> str:
    """An event on a line: its day, type and subject, and what else it says."""
    if isinstance(event, str):
        return event
    said = ", ".join(
        f"{field.name}={brief(plain(value))}"
        for field in own_fields(type(event))
        if (value := getattr(event, field.name)) != field.default
    )
    return f"{event.on!s:<11} {event.type:<23} {event.subject}  {said}".rstrip()
