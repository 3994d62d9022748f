"""Random events and histories, of any event types: what happens to an association, at random.

Here: building them from the fields that events declare, by a function that picks one of several.
Not here: who picks (`strategies`: Hypothesis; `extensions`: a seeded generator), or what is
asserted of a history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from govledger.errors import GovledgerError, InvalidInput, RuleBreach
from govledger.events import (
    VOCABULARY,
    Event,
    LedgerEvent,
    PersonalDataErased,
    RecordRetracted,
    own_fields,
)
from govledger.extension import Extension
from govledger.ledger import Ledger
from govledger.profiles import Profile
from govledger.rules import present
from govledger.state import State
from govledger.when import When

Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several, as `random.Random(7).choice` does."""

Builder = Callable[[Pick, str, str], Event]
"""Makes an event, of a subject and a day; for types whose fields cannot be made up."""

Builders = Mapping[type[Event], Builder]
"""Builders of some event types."""

STANDARD: tuple[type[Event], ...] = tuple(
    cls
    for cls in VOCABULARY
    if not issubclass(cls, LedgerEvent | RecordRetracted | PersonalDataErased)
)
"""The event types of govledger that are about the association, not about the book."""

DAYS = tuple(date(2018, 1, 1) + timedelta(days=n) for n in (0, 1, 58, 83, 84, 300, 301, 332, 333))
"""When things happen, unless told otherwise."""

SUBJECTS = 2
"""How many subjects there are of each kind."""

_TRIES = 40
"""How often values are picked anew for an event that does not take them."""

_ATTEMPTS = 4
"""How often a history looks for a next event that the rules accept."""


def names_of(kinds: Iterable[str]) -> tuple[str, ...]:
    """The names of the subjects that histories are about."""
    return tuple(f"{kind}/{kind[0]}{n}" for kind in kinds for n in range(1, SUBJECTS + 1))


def kinds_of(types: Iterable[type[Event]]) -> tuple[str, ...]:
    """The kinds of subject that event types are about, each once."""
    return tuple(dict.fromkeys(cls.kind for cls in types if cls.kind is not None))


def an_event(
    pick: Pick,
    cls: type[Event],
    subject: str,
    on: str,
    names: Sequence[str] = (),
    builders: Builders | None = None,
) -> Event:
    """An event of a type about a subject, its other fields at random.

    Values follow the types of fields; those that name subjects take some of `names`. Raises
    `InvalidInput` where no values are found that the fields take: give the type a builder then.
    """
    builder = (builders or {}).get(cls)
    if builder is not None:
        return builder(pick, subject, on)
    hints = get_type_hints(cls)
    refused: GovledgerError | None = None
    for _ in range(_TRIES):
        fields = {}
        for each in own_fields(cls):
            if each.default is not attrs.NOTHING and pick([True, True, False]):
                continue
            others = _others(each, names, subject) if "reference" in each.metadata else None
            fields[each.name] = _value(pick, hints[each.name], others)
        try:
            return cls(subject, on=on, **fields)
        except InvalidInput as error:
            refused = error
    assert refused is not None  # noqa: S101 - it was tried
    raise InvalidInput(
        attrs.evolve(
            refused.problems[0],
            message=f"no values were found for {cls.__name__}: {refused.problems[0].message}",
            hint=f"give builders={{{cls.__name__}: function(pick, subject, on)}}",
        )
    )


def _others(field: attrs.Attribute[Any], names: Sequence[str], subject: str) -> list[str]:
    """The names that a field takes, but that of the event's own subject."""

    def is_taken(name: str) -> bool:
        try:
            field.converter(name)  # type: ignore[operator, misc]
        except InvalidInput:
            return False
        except TypeError:  # there is none, or one that asks for more
            return True
        return True

    return [name for name in names if name != subject and is_taken(name)]


def _value(pick: Pick, hint: Any, names: Sequence[str] | None) -> Any:
    """A value of a type; of a field that names subjects, one of `names`."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _value(
            pick, pick([part for part in get_args(hint) if part is not type(None)]), names
        )
    if origin in (tuple, list, Sequence):
        inner = get_args(hint)[0]
        return tuple(_value(pick, inner, names) for _ in range(pick([0, 1, 2])))
    if names is not None:
        return pick(names or [""])
    if isinstance(hint, type):
        if issubclass(hint, Enum):
            return pick(list(hint))
        if attrs.has(hint) and hint is not When:
            return _structure(pick, hint)
    return pick(_POOL.get(hint, ("1",)))


def _structure(pick: Pick, cls: type[Any]) -> Any:
    """A value of one of our classes, from its fields; as a mapping where it takes none of them."""
    hints = get_type_hints(cls)
    fields = {
        each.name: _value(pick, hints[each.name], None)
        for each in attrs.fields(cls)
        if each.init and (each.default is attrs.NOTHING or pick([True, False]))
    }
    try:
        return cls(**fields)
    except InvalidInput:
        return fields


_POOL: Mapping[Any, Sequence[Any]] = {
    str: ("one", "two words", "Zoë Žižek", "2", "0" * 64, "2018-06-27"),
    int: (0, 1, 2, 3, 100, 2**53 - 1),
    bool: (False, True),
    When: ("2018-01-01", "2018-06", "../2018-06-27", "2018-12-31T23:30Z"),
    date: ("2018-01-01", "2018-06-27"),
}
"""Values of plain types: few, so that they meet each other."""


def some_time(pick: Pick, day: date) -> str:
    """A time, as finely or roughly known as events know them, in which a day lies."""
    forms = (f"{day}", f"{day}", f"{day}T12:00Z", f"{day}T23:30-02:00", f"{day:%Y-%m}", f"../{day}")
    return str(pick(forms))


def arbitrary(
    pick: Pick,
    types: Sequence[type[Event]] = STANDARD,
    size: int = 10,
    *,
    days: Sequence[date] = DAYS,
    builders: Builders | None = None,
) -> list[Event]:
    """Events in no order at all, that mostly break the rules: to be recorded with "flag"."""
    names = names_of(kinds_of(types))
    found = []
    for _ in range(size):
        subject = pick(names)
        cls = pick(_of_kind(types, subject))
        on = some_time(pick, pick(days))
        found.append(an_event(pick, cls, subject, on, _named(types), builders))
    return found


def legal(
    pick: Pick,
    types: Sequence[type[Event]] = STANDARD,
    size: int = 10,
    *,
    days: Sequence[date] = DAYS,
    builders: Builders | None = None,
    extensions: Sequence[Extension] = (),
    profile: str | Profile = "general@1",
) -> list[Event]:
    """Events in the order of time, each of which a ledger accepts after those before it.

    A ledger in memory is asked, by its real rules; where the rules leave no way on, there are
    fewer than `size`.
    """
    names = names_of(kinds_of(types))
    found: list[Event] = []
    ahead = iter(_ahead(pick, days))
    with Ledger.in_memory(profile=profile, extensions=extensions) as ledger:
        for _ in range(size):
            on = next(ahead)
            for _ in range(_ATTEMPTS):
                register = ledger.as_of(days[-1])
                subject = pick(names)
                held = tuple(register.states)
                fitting = _fitting(_of_kind(types, subject), register.state(subject), ledger)
                if not fitting:
                    continue
                event = an_event(
                    pick, pick(fitting), subject, on, (*held * 3, *_named(types)), builders
                )
                try:
                    ledger.record(event)
                except RuleBreach:
                    continue
                found.append(event)
                break
    return found


def _named(types: Sequence[type[Event]]) -> tuple[str, ...]:
    """The names that an event may mention: of govledger's own kinds, too."""
    return names_of(kinds_of((*types, *STANDARD)))


def _fitting(
    types: Sequence[type[Event]], state: State | None, ledger: Ledger
) -> list[type[Event]]:
    """The types that the lifecycle allows to follow a state, or says nothing of."""
    table = ledger.vocabulary.lifecycle(ledger.profile)
    return [
        cls
        for cls in types
        if not table.get(cls) or any(present(row.axis, state) in row.leaves for row in table[cls])
    ]


def _ahead(pick: Pick, days: Sequence[date]) -> Iterator[str]:
    """Days without end, never back, the last one for ever."""
    at = 0
    while True:
        yield str(days[at])
        at = min(at + pick([0, 0, 1]), len(days) - 1)


def _of_kind(types: Sequence[type[Event]], subject: str) -> list[type[Event]]:
    kind = subject.partition("/")[0]
    return [cls for cls in types if cls.kind == kind]
