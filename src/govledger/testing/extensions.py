"""Checks for authors of extensions: what a ledger takes for granted of an extension, tried out.

Here: `check_extension`. Not here: what an extension means; that is asserted by stories (`given`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from attrs import evolve, field, frozen

from govledger.codec import Entry, canonical, decode, decode_state, encode_state, timestamp
from govledger.errors import GovledgerError
from govledger.events import LEDGER, Event, kind_of
from govledger.extension import Extension, Projecting, Subject
from govledger.history import replay
from govledger.ledger import Ledger
from govledger.rules import Stays, rows_of
from govledger.testing.histories import (
    DAYS,
    STANDARD,
    Builders,
    Pick,
    an_event,
    arbitrary,
    kinds_of,
    legal,
    names_of,
    some_time,
)
from govledger.testing.telling import Told, failure, shown
from govledger.vocabulary import Vocabulary
from govledger.when import view_instant

_DAYS_ASKED = (date(1900, 1, 1), DAYS[0], DAYS[4], DAYS[-1], date(2100, 1, 1))
"""Before anything happens, in between, and after all of it."""
_SIZE = 12
"""How many events a random history has, at most."""


@frozen(kw_only=True)
class OldBody:
    """A record as an earlier version of an extension wrote it, and the event it stands for now.

    `type` is the stored name with its version, `budget.proposed@1`; `said` what stands in its
    body: `on`, `data` with the fields of its own, and the shared ones beside it; `reads_as` is the
    event.

    >>> from govledger import MotionSubmitted
    >>> from govledger.testing import OldBody
    >>> now = MotionSubmitted("bins", title="Bigger bins", on="2018-03-01")
    >>> said = {"on": "2018-03-01", "data": {"title": "Bigger bins"}}
    >>> old = OldBody(type="motion.submitted@1", said=said, reads_as=now)
    >>> old.entry(2).subject
    'motion/bins'
    """

    type: str
    said: Mapping[str, Any]
    reads_as: Event

    def entry(self, position: int = 2) -> Entry:
        """The bytes, as they stand in a ledger at a `position`."""
        recorded_at = timestamp(datetime(2018, 1, 1, tzinfo=UTC))
        body = {**self.said, "position": position, "recorded_at": recorded_at}
        return Entry(position, self.reads_as.subject, 1, self.type, canonical(body))


@frozen(kw_only=True)
class _Checked:
    """An extension under check, and what its checks go by."""

    extension: Extension
    examples: tuple[Event, ...] = ()
    builders: Builders = field(factory=dict)
    pick: Pick
    vocabulary: Vocabulary = field(init=False)

    @vocabulary.default
    def _knowing(self) -> Vocabulary:
        return Vocabulary((self.extension,))

    def event(self, cls: type[Event], subject: str | None = None) -> Event:
        """An event of a type, of that `subject` or any: an example, or one that is made up."""
        ready = [event for event in self.examples if type(event) is cls]
        if ready and self.pick([True, False]):
            event: Event = self.pick(ready)
            return event if subject is None else evolve(event, subject=subject)
        about = subject or self.pick(names_of(kinds_of([cls])))
        names = names_of(kinds_of((*self.extension.events, *STANDARD)))
        on = some_time(self.pick, self.pick(DAYS))
        return an_event(self.pick, cls, about, on, names, self.builders)


def check_extension(
    extension: Extension,
    *,
    examples: Iterable[Event] = (),
    old: Iterable[OldBody] = (),
    builders: Builders | None = None,
    histories: int = 10,
    seed: int = 0,
) -> None:
    """Try out what a ledger takes for granted of an `extension`, beyond what it is made of.

    - Converters take what they gave; events that say the same are equal, and hash alike.
    - Each evolve function is total and pure: every event of its kind may follow every state, gives
      a state of its class, the same each time, and leaves the one before as it was. Its status is
      the one that the transition says.
    - Every event comes back from its bytes as it was, from a file that was closed and opened again.
    - After random histories, legal ones and others, states and findings are what a replay gives,
      and `verify()` finds the ledger consistent; so a rule or an evolve function that depends on
      anything but its arguments is found out.
    - Each projection gives the same value each time, of all subjects as of the kinds that it
      names, and in the file that was opened again.
    - Opened without the extension, the file verifies, and shows the same subjects, statuses and
      findings.
    - `old` bodies are read as the events they stand for (upcasters).

    `examples` are events of the extension, of any type; others are made up from the annotations
    of fields. For types whose fields cannot be made up, `builders` has a function of (pick,
    subject, on), where `pick` chooses one of several. `histories` is how many random histories
    of each sort are tried, `seed` which. Raises `AssertionError` with what is wrong.

    >>> from attrs import evolve, frozen
    >>> from govledger import Event, Extension, Subject, SubjectState
    >>> from govledger.testing import check_extension
    >>> @frozen(kw_only=True, slots=False)
    ... class CommitteeFormed(Event):
    ...     type, kind = "committee.formed", "committee"
    >>> def formed(state, event):  # and what if there is no state yet?
    ...     return evolve(state, since=event.on)
    >>> committee = Subject(kind="committee", state=SubjectState, evolve=formed)
    >>> club = Extension(name="club@1", events=(CommitteeFormed,), subjects=(committee,))
    >>> try:
    ...     check_extension(club)
    ... except AssertionError as wrong:
    ...     "every event may follow every state" in str(wrong)
    True
    """
    __tracebackhide__ = True
    checked = _Checked(
        extension=extension,
        examples=tuple(examples),
        builders=builders or {},
        pick=random.Random(seed).choice,  # noqa: S311 - it must be the same again
    )
    for _ in range(histories):
        _check_events(checked)
        _check_evolve(checked)
    with TemporaryDirectory(prefix="govledger-") as folder:
        for n in range(histories):
            _check_history(checked, Path(folder) / f"legal-{n}.db", is_legal=True)
            _check_history(checked, Path(folder) / f"other-{n}.db", is_legal=False)
    for body in old:
        _check_old(body, checked.vocabulary)


def _check_events(checked: _Checked) -> None:
    for event in map(checked.event, checked.extension.events):
        what = f"a {type(event).__name__} made of its own fields"
        hint = "let converters take what they gave, and give what hashes: tuples, not lists"
        try:
            again = evolve(event)
            is_same = again == event and hash(again) == hash(event)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
            raise failure(what, repr(event), wrong, hint=hint) from error
        if not is_same:
            raise failure(what, repr(event), repr(again), hint=hint)


def _check_evolve(checked: _Checked) -> None:
    for subject in checked.extension.subjects:
        types = [cls for cls in checked.extension.events if cls.kind == subject.kind]
        (name, *_) = names_of([subject.kind])
        state: Any = None
        for _ in range(_SIZE if types else 0):
            events = [checked.event(cls, name) for cls in types]
            for event in events:
                _check_step(checked, subject, state, event)
            state = checked.vocabulary.evolve(state, checked.pick(events))


def _check_step(checked: _Checked, subject: Subject[Any], state: Any, event: Event) -> None:
    """Raise where evolve is not a plain, total fold, or leads elsewhere than its transition."""
    told = "None" if state is None else repr(state)
    what = f"{getattr(subject.evolve, '__name__', 'evolve')}({told}, {shown(event)})"
    before = deepcopy(state)
    try:
        after, again = subject.evolve(state, event), subject.evolve(state, event)
    except Exception as error:
        hint = "every event may follow every state: a ledger also holds what broke the rules"
        raise failure(what, "a state", f"{type(error).__name__}: {error}", hint=hint) from error
    if not isinstance(after, subject.state):
        raise failure(what, f"a {subject.state.__name__}", repr(after))
    if after != again:
        hint = "let it depend on its two arguments alone"
        raise failure(what, "the same state each time", (after, again), hint=hint)
    if state != before:
        hint = "give a new state (attrs.evolve); leave the old one alone"
        raise failure(what, f"{before} stays as it was", repr(state), hint=hint)
    try:
        kept = decode_state(event.subject, encode_state(after), checked.vocabulary)
    except Exception as error:
        raise failure(f"what is kept of {what}", after, f"{error}", hint=_AS_ANNOTATED) from error
    if kept != after:
        raise failure(f"what is kept of {what}", after, kept, hint=_AS_ANNOTATED)
    _check_transition(checked, what, state, event, after)


_AS_ANNOTATED = "let fields hold what their annotations say: tuples, not lists; When, not text"


def _check_transition(checked: _Checked, what: str, state: Any, event: Event, after: Any) -> None:
    """Raise where evolve leads elsewhere than the transition of an event that is legal there."""
    now, found = getattr(state, "status", None), getattr(after, "status", None)
    rows = rows_of(checked.extension.transitions).get(type(event), ())
    reached = [row.reaches for row in rows if now in row.leaves and row.reaches not in tuple(Stays)]
    if reached and found not in reached:
        hint = f"its transition from {now} says so: mend one of the two"
        raise failure(f"status after {what}", reached, found, hint=hint)


def _check_history(checked: _Checked, path: Path, *, is_legal: bool) -> None:
    """Record a random history in a file, and ask the ledger what it makes of it."""
    own = (*checked.extension.events, *checked.extension.rules)
    types = (*own, *own, *STANDARD)
    if is_legal:
        given = [checked.extension]
        events = legal(checked.pick, types, _SIZE, builders=checked.builders, extensions=given)
        _check_ledger(checked, path, events, breaches="refuse")
    else:
        near = [cls for cls in types if cls.kind in kinds_of(own)] or STANDARD
        events = arbitrary(checked.pick, near, _SIZE, builders=checked.builders)
        _check_ledger(checked, path, [*events, *checked.examples], breaches="flag")


def _check_ledger(
    checked: _Checked,
    path: Path,
    events: Sequence[Event],
    *,
    breaches: Literal["refuse", "flag"],
) -> None:
    told = [Told("given", events, (), None)]
    try:
        with Ledger.open(path, extensions=[checked.extension]) as ledger:
            kept = [ledger.record(event, breaches=breaches)[0].event for event in events]
            asked = _asked(checked.extension, ledger, told)
        read, answers = _asked_again(checked.extension, path, told)
    except AssertionError:
        raise
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
        hint = "rules and states meet any history: there may be nothing on record before an event"
        expected = "it is recorded and read"
        raise failure("a random history", expected, wrong, told, hint=hint) from error
    for event, again in zip(kept, read, strict=True):
        if again != event:
            raise failure("an event read from its bytes", repr(event), repr(again), told)
    for who, answered in answers.items():
        for question, found in answered.items():
            if found != asked[question]:
                expected, hint = asked[question], _HINTS.get(who, "")
                raise failure(f"{question}, by {who}", expected, found, told, hint=hint)


_HINTS = {
    "a replay": "personal texts come sealed: keep them as they are, in fields that say so"
    " (metadata=PERSONAL)",
}


def _asked_again(
    extension: Extension, path: Path, told: Sequence[Told]
) -> tuple[list[Event], dict[str, dict[str, Any]]]:
    """The events that are read from the file of a ledger, and what others say of it."""
    with Ledger.open(path, extensions=[extension]) as ledger:
        read = [record.event for record in ledger.log() if record.subject != LEDGER]
        replayed, again = _replayed(extension, ledger), _asked(extension, ledger, told)
    with Ledger.open(path) as ledger:
        without = _shown_to_all(ledger, told)
    return read, {
        "a replay": replayed,
        "the ledger opened again": again,
        "the ledger opened without the extension": without,
    }


def _asked(extension: Extension, ledger: Ledger, told: Sequence[Told]) -> dict[str, Any]:
    """What the ledger says on some days: what anybody sees, every state, every projection."""
    own = tuple(subject.kind for subject in extension.subjects)
    said = _shown_to_all(ledger, told)
    for day in _DAYS_ASKED:
        states = ledger.as_of(day).states
        said[f"states as of {day}"] = {n: states[n] for n in states if kind_of(n) in own}
        for projection in extension.projections:
            name = f"projection {projection.name} as of {day}"
            said[name] = _projected(name, projection, ledger, day, told)
    return said


def _shown_to_all(ledger: Ledger, told: Sequence[Told]) -> dict[str, Any]:
    """What is seen with and without an extension: subjects, statuses, findings."""
    said: dict[str, Any] = {}
    for day in _DAYS_ASKED:
        register = ledger.as_of(day)
        said[f"statuses as of {day}"] = {n: register.statuses.get(n) for n in register.subjects()}
        said[f"findings as of {day}"] = sorted(map(str, register.findings))
        for name in register.subjects():
            register.describe(name)
    if not (verification := ledger.verify()):
        raise failure("verify()", "self-consistent", str(verification).splitlines(), told)
    return said


def _replayed(extension: Extension, ledger: Ledger) -> dict[str, Any]:
    """The states of the extension's subjects, by the definition: all records folded anew."""
    own = tuple(subject.kind for subject in extension.subjects)
    records = list(ledger.log())
    said: dict[str, Any] = {}
    for day in _DAYS_ASKED:
        until = view_instant(day, ledger.zone)
        states = replay(records, ledger.zone, until, ledger.vocabulary).states
        said[f"states as of {day}"] = {n: states[n] for n in states if kind_of(n) in own}
    return said


def _projected(
    name: str, projection: Projecting[Any], ledger: Ledger, day: date, told: Sequence[Told]
) -> Any:
    try:
        value, again = ledger.project(projection, day), ledger.project(projection, day)
        whole = projection.of(ledger.as_of(day))
    except Exception as error:
        raise failure(name, "a value", f"{type(error).__name__}: {error}", told) from error
    if value != again:
        raise failure(name, "the same value each time", [value, again], told)
    if value != whole:
        hint = "let `kinds` name every kind of subject that it looks at, or none"
        raise failure(f"{name}, of its kinds alone", whole, value, told, hint=hint)
    return value


def _check_old(old: OldBody, vocabulary: Vocabulary) -> None:
    """Read what an earlier version wrote."""
    what = f"{old.type} {dict(old.said)}"
    try:
        found = decode(old.entry(), vocabulary).event
    except GovledgerError as error:
        raise failure(what, shown(old.reads_as), str(error)) from error
    if found != old.reads_as:
        raise failure(what, shown(old.reads_as), shown(found))
