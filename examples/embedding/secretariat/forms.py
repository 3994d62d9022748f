"""Forms of events: what may be recorded now, what must be asked for it, and what was filled in.

Here: pure functions over the rules of a profile and the fields of event classes, so a profile of
other rules has other forms. Not here: requests, pages, or the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from attrs import frozen

from govledger import Event, InvalidInput, Problem, Profile
from govledger.events import own_fields
from govledger.rules import present, transitions
from govledger.state import State
from govledger.values import structure
from govledger.vocabulary import STANDARD

KINDS = ("motion", "meeting", None)
"""The kinds of subject that there are forms for; None: a retraction, which is of any kind."""

ASKED: Mapping[str, Mapping[str, str]] = {
    "subject": {"subject": "line"},
    "on": {"on": "date"},
    "title": {"title": "line"},
    "body": {"body": "line"},
    "place": {"place": "line"},
    "meeting": {"meeting": "meeting"},
    "movers": {"movers": "lines"},
    "tally": {"tally.in_favour": "number", "tally.against": "number", "tally.abstained": "number"},
    "by_acclamation": {"by_acclamation": "flag"},
    "as_amended": {"as_amended": "flag"},
    "by": {"by": "motion"},
    "in_light_of": {"in_light_of": "motion"},
    "to": {"to": "line"},
    "alias": {"alias": "line"},
    "pending": {"pending": "lines"},
    "review_on": {"review_on": "date"},
    "until": {"until": "date"},
    "until of motion.force-extended": {"until.kind": "end", "until.when": "date"},
    "position": {"position": "number"},
    "reason": {"reason": "text"},
    "source": {"source.document": "line", "source.url": "line"},
    "note": {"note": "text"},
}
"""Field of an event -> the inputs that ask for it, and of which kind they are.

A field that is not here is not asked for; an event that cannot do without it has no form.
"""


@frozen
class Input:
    """One input of a form. Its name leads to the field: `tally.against`."""

    name: str
    kind: str
    is_required: bool = False

    def concerns(self, problem: Problem) -> bool:
        """Whether a problem is one of this input: of its field, or of a part of it."""
        path = ".".join(map(str, problem.path))
        return bool(path) and f"{path}.".startswith(f"{self.name}.")


def acts(profile: Profile, kind: str, state: State | None) -> tuple[type[Event], ...]:
    """What the profile lets follow on a state; on None, what brings such a subject on record."""
    found = (
        row.event
        for row in transitions(profile)
        if row.event.kind == kind and present(row.axis, state) in row.leaves
    )
    return tuple(event for event in dict.fromkeys(found) if _has_form(event))


def act_named(name: str) -> type[Event] | None:
    """The event class of a type name, if there is a form for it."""
    try:
        found = STANDARD.event_type(name)
    except InvalidInput:
        return None
    return found if _has_form(found) else None


def _has_form(event: type[Event]) -> bool:
    needed = (f.name for f in attrs.fields(event) if f.default is attrs.NOTHING)
    return event.kind in KINDS and all(name in ASKED for name in needed)


def inputs(event: type[Event], *, named: bool) -> tuple[Input, ...]:
    """The inputs that ask for an event; of its subject too, unless that is `named` already."""
    fields = attrs.fields_dict(event)
    own = (field.name for field in own_fields(event))
    names = ("on", *own, "source", "note") if named else ("subject", "on", *own, "source", "note")
    return tuple(
        Input(name, kind, fields[field].default is attrs.NOTHING)
        for field in names
        for name, kind in ASKED.get(f"{field} of {event.type}", ASKED.get(field, {})).items()
    )


def event_from(
    event: type[Event], asked: Iterable[Input], form: Mapping[str, str], **known: str
) -> Event:
    """The event that a form speaks of. Raises `InvalidInput` with all that is wrong with it."""
    said: dict[str, Any] = {}
    for one in asked:
        value: Any = form.get(one.name, "").strip()
        if not value and not one.is_required:  # what is required and empty is refused by its field
            continue
        if one.kind == "lines":
            value = value.splitlines()
        group, _, name = one.name.rpartition(".")
        (said.setdefault(group, {}) if group else said)[name] = value
    return structure(event, said | known)


def placed(
    asked: Iterable[Input], problems: Iterable[Problem]
) -> tuple[dict[str, list[Problem]], list[Problem]]:
    """The problems of each input, and those of none.

    What is wrong with a group as a whole (`tally`) is told at the first input of it.
    """
    asked = tuple(asked)
    beside: dict[str, list[Problem]] = {}
    rest: list[Problem] = []
    for problem in problems:
        group = f"{'.'.join(map(str, problem.path))}."
        found = next((one for one in asked if one.concerns(problem)), None) or next(
            (one for one in asked if problem.path and one.name.startswith(group)), None
        )
        (beside.setdefault(found.name, []) if found else rest).append(problem)
    return beside, rest
