"""Checks for authors of extensions: what a ledger takes for granted of an extension, tried out.

Here: `check_extension`. Not here: what an extension means; that is asserted by stories (`given`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import uuid4

from attrs import field, frozen

from govledger.codec import Entry, canonical, decode, timestamp
from govledger.errors import GovledgerError
from govledger.events import Event
from govledger.extension import Extension
from govledger.ledger import Ledger
from govledger.testing.histories import (
    DAYS,
    STANDARD,
    Builders,
    Pick,
    an_event,
    arbitrary,
    legal,
    names_of,
    some_time,
)
from govledger.testing.stores import extended
from govledger.testing.telling import failure, shown
from govledger.vocabulary import Vocabulary

_DAYS_ASKED = (DAYS[0], DAYS[4], DAYS[-1], date(2100, 1, 1))
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
    types: tuple[type[Event], ...]
    examples: tuple[Event, ...]
    builders: Builders
    pick: Pick
    names: tuple[str, ...] = field(init=False)

    @names.default
    def _every_name(self) -> tuple[str, ...]:
        own = names_of(dict.fromkeys(subject.kind for subject in self.extension.subjects))
        standard = names_of(dict.fromkeys(cls.kind for cls in STANDARD if cls.kind))
        return (*own, *standard)

    def event(self, cls: type[Event]) -> Event:
        """An event of a type: an example, or one that is made up."""
        ready = [event for event in self.examples if type(event) is cls]
        if ready and self.pick([True, False]):
            return self.pick(ready)  # type: ignore[no-any-return]
        subject = self.pick([name for name in self.names if name.startswith(f"{cls.kind}/")])
        on = some_time(self.pick, self.pick(DAYS))
        return an_event(self.pick, cls, subject, on, self.names, self.builders)


def check_extension(
    extension: Extension,
    *,
    examples: Iterable[Event] = (),
    old: Iterable[OldBody] = (),
    builders: Builders | None = None,
    histories: int = 10,
    seed: int = 0,
) -> None:
    """Try out what a ledger takes for granted of an `extension`.

    - Each event type has a name of its own (`kind.what-happened`), is a frozen `Event` of a kind
      that is known, and hashes.
    - Each evolve function is total: every event of its kind may follow every state, gives a state
      of its class, the same each time, and leaves the one before as it was.
    - Every event comes back from its bytes as it was, from a file that was closed and opened again.
    - After random histories, legal ones and others, `verify()` finds the ledger consistent, its
      spans equal to a replay among it; so a rule or an evolve function that depends on anything
      but its arguments is found out.
    - Each projection gives the same value each time, and in the file that was opened again.
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
        types=tuple(extension.events),
        examples=tuple(examples),
        builders=builders or {},
        pick=random.Random(seed).choice,  # noqa: S311 - it must be the same again
    )
    _check_types(checked)
    _check_evolve(checked, histories)
    with TemporaryDirectory(prefix="govledger-") as folder:
        for _ in range(histories):
            _check_history(checked, Path(folder), is_legal=True)
            _check_history(checked, Path(folder), is_legal=False)
        _check_old(old, Vocabulary((extension,)))


def _check_types(checked: _Checked) -> None:
    known = {subject.kind for subject in checked.extension.subjects} | {
        cls.kind for cls in STANDARD
    }
    taken = {cls.type for cls in STANDARD}
    for cls in checked.types:
        kind, dot, verb = cls.type.partition(".")
        if not (dot and kind and verb) or cls.type.lower() != cls.type:
            raise failure(f"{cls.__name__}.type", "kind.what-happened, in lower case", cls.type)
        if cls.type in taken:
            raise failure(f"{cls.__name__}.type", "a name of its own", f"{cls.type}, twice")
        taken.add(cls.type)
        if cls.kind not in known:
            raise failure(
                f"{cls.__name__}.kind",
                "a kind of govledger, or of a subject of the extension",
                str(cls.kind),
            )
        event = checked.event(cls)
        if "__attrs_attrs__" not in vars(cls):
            raise failure(cls.__name__, "@attrs.frozen(kw_only=True)", "a class without attrs")
        if event != deepcopy(event) or hash(event) != hash(deepcopy(event)):
            raise failure(cls.__name__, "events that say the same are equal", shown(event))


def _check_evolve(checked: _Checked, rounds: int) -> None:
    for subject in checked.extension.subjects:
        types = [cls for cls in checked.types if cls.kind == subject.kind]
        for _ in range(rounds):
            state: Any = None
            for _ in range(_SIZE):
                for cls in types:
                    _evolved(subject, state, checked.event(cls))
                if types:
                    state = _evolved(subject, state, checked.event(checked.pick(types)))


def _evolved(subject: Any, state: Any, event: Event) -> Any:
    """The state after an event. Raises `AssertionError` where evolve is not a plain, total fold."""
    what = f"{getattr(subject.evolve, '__name__', 'evolve')}({_told(state)}, {shown(event)})"
    before = deepcopy(state)
    try:
        after, again = subject.evolve(state, event), subject.evolve(state, event)
    except Exception as error:
        hint = "every event may follow every state: a ledger also holds what broke the rules"
        raise failure(what, "a state", f"{type(error).__name__}: {error}", hint=hint) from error
    if after is not None and not isinstance(after, subject.state):
        raise failure(what, f"a {subject.state.__name__}", repr(after))
    if after != again:
        hint = "let it depend on its two arguments alone"
        raise failure(what, "the same state each time", (after, again), hint=hint)
    if state != before:
        hint = "give a new state (attrs.evolve); leave the old one alone"
        raise failure(what, f"{before} stays as it was", repr(state), hint=hint)
    return after


def _told(state: Any) -> str:
    return "None" if state is None else repr(state)


def _check_history(checked: _Checked, folder: Path, *, is_legal: bool) -> None:
    """Record a random history, and ask the ledger what it makes of it, twice."""
    extensions = (checked.extension,)
    types = (*checked.types, *checked.types, *STANDARD)
    make: Callable[..., list[Event]] = legal if is_legal else arbitrary
    more = {"extensions": extensions} if is_legal else {}
    events = make(checked.pick, types, _SIZE, builders=checked.builders, **more)
    mine = [event for event in checked.examples if not is_legal]
    given = [*events, *mine]
    _check_ledger(checked, folder, given, extensions, breaches="refuse" if is_legal else "flag")


def _check_ledger(
    checked: _Checked,
    folder: Path,
    events: Sequence[Event],
    extensions: Sequence[Any],
    *,
    breaches: Literal["refuse", "flag"],
) -> None:
    path, options = folder / f"{uuid4().hex}.db", extended(extensions)
    told = ["after", *map(shown, events)]
    try:
        with Ledger.open(path, **options) as ledger:
            for event in events:
                ledger.record(event, breaches=breaches)
            asked = _asked(checked, ledger)
        with Ledger.open(path, **options) as ledger:
            read = [record.event for record in ledger.log() if record.event.kind != "ledger"]
            again = _asked(checked, ledger)
            verification = ledger.verify()
    except AssertionError:
        raise
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
        raise failure("a random history", "it is recorded and read", [wrong, *told]) from error
    for event, found in zip(events, read, strict=True):
        if found != event:
            raise failure("an event read from its bytes", shown(event), shown(found))
    if again != asked:
        raise failure("the answers of a ledger opened again", asked, again)
    if not verification:
        raise failure("verify()", "self-consistent", [str(verification), *told])


def _asked(checked: _Checked, ledger: Ledger) -> list[Any]:
    """What the ledger says on some days: every state, and every projection."""
    said: list[Any] = []
    for day in _DAYS_ASKED:
        said += [dict(ledger.as_of(day).states), ledger.findings(day)]
        for projection in checked.extension.projections:
            value, again = ledger.project(projection, day), ledger.project(projection, day)
            if value != again:
                name = f"projection {projection.name} as of {day}"
                raise failure(name, "the same value each time", (value, again))
            said.append(value)
    return said


def _check_old(old: Iterable[OldBody], vocabulary: Vocabulary) -> None:
    """Read what earlier versions wrote."""
    for body in old:
        what = f"{body.type} {dict(body.said)}"
        try:
            found = decode(body.entry(), vocabulary).event
        except GovledgerError as error:
            raise failure(what, shown(body.reads_as), str(error)) from error
        if found != body.reads_as:
            raise failure(what, shown(body.reads_as), shown(found))
