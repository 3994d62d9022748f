"""Given / when / then: what a ledger makes of events, told as a value and run on a real ledger.

Here: `given` and `Story`. Not here: the words of a failure (`telling`), or any rule: what is
asserted is what the ledger does, with its rules, its store and its clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Literal, TypeVar

from attrs import evolve, frozen

from govledger.errors import GovledgerError, did_you_mean
from govledger.events import Event
from govledger.extension import Extension
from govledger.history import Record
from govledger.ledger import Known, Ledger, Moment
from govledger.profiles import Profile
from govledger.register import Register, changes
from govledger.testing.clock import START, FixedClock
from govledger.testing.telling import Told, failure, shown
from govledger.when import When, when
from govledger.when import timezone as zone_of

_T = TypeVar("_T")

Some = Event | Iterable[Event]
"""An event, or several, as factories give them."""


@frozen(kw_only=True)
class _Act:
    """One call of `Ledger.record`: `word` is how it was told, `given` or `when`."""

    word: str
    events: tuple[Event, ...]
    at: Moment | None
    breaches: Literal["refuse", "flag"]
    key: str | None
    may_be_refused: bool = False


@frozen(kw_only=True)
class _Played:
    """A story that was run: its open ledger, and what its last act came to."""

    ledger: Ledger
    before: int
    records: tuple[Record, ...]
    refusal: GovledgerError | None
    told: tuple[Told, ...]


def given(
    *events: Some,
    at: Moment | None = None,
    breaches: Literal["refuse", "flag"] = "refuse",
    profile: str | Profile = "general@1",
    timezone: str = "UTC",
    extensions: Sequence[Extension] = (),
) -> Story:
    """Begin a story with what is on record already: `events`, or those of factories.

    `at` is when they are recorded: an instant, or a day (its beginning); without it they are
    recorded when the story first tells a time, or else on 2024-01-01. `profile`, `timezone` and
    `extensions` as for `Ledger.open`. `breaches="flag"` puts on record what breaks the rules.

    Nothing runs yet; each `then…` runs the story from its beginning, on a ledger in memory of
    its own. It raises `AssertionError` where what is given is refused.

    >>> from govledger import MotionAdopted, MotionCompleted
    >>> from govledger.testing import a_motion, given
    >>> story = given(a_motion("bins")).when(MotionAdopted("bins", on="2024-03-14"))
    >>> story.then({"motion/bins": "adopted"}).then_found()
    <Story: given 1 event, when 1 event>
    """
    acts = _acts("given", events, at, breaches, None)
    return Story(acts=acts, profile=profile, timezone=timezone, extensions=tuple(extensions))


def _acts(
    word: str,
    events: Iterable[Some],
    at: Moment | None,
    breaches: Literal["refuse", "flag"],
    key: str | None,
) -> tuple[_Act, ...]:
    flat = tuple(
        event for some in events for event in ((some,) if isinstance(some, Event) else some)
    )
    if word == "given" and not flat:
        return ()
    return (_Act(word=word, events=flat, at=at, breaches=breaches, key=key),)


@frozen(kw_only=True, repr=False)
class Story:
    """What is given, and what happens then: a value, to which each call adds.

    Every `then…` asserts something of the last act and gives the story back, so that assertions
    can follow each other. `as_of` and `known_at` are those of `Ledger.as_of`; without `as_of`
    they ask about the last day that an event of the story names.

    `given` makes one of `acts`, and of the `profile`, `timezone` and `extensions` of the ledger.

    >>> from govledger import MotionAdopted
    >>> from govledger.testing import Story, a_motion, given
    >>> story = given(a_motion("bins")).when(MotionAdopted("bins", on="2024-03-14"))
    >>> isinstance(story, Story), story
    (True, <Story: given 1 event, when 1 event>)
    """

    acts: tuple[_Act, ...]
    profile: str | Profile = "general@1"
    timezone: str = "UTC"
    extensions: tuple[Extension, ...] = ()

    def __repr__(self) -> str:
        told = (
            f"{act.word} {len(act.events)} event{'s' * (len(act.events) != 1)}" for act in self.acts
        )
        return f"<Story: {', '.join(told) or 'nothing given'}>"

    def when(
        self,
        *events: Some,
        at: Moment | None = None,
        breaches: Literal["refuse", "flag"] = "refuse",
        key: str | None = None,
    ) -> Story:
        """Go on with one call of `Ledger.record`: `events`, with its `breaches` and `key`.

        `at` is when it is recorded, as for `given`; the same moment as before, unless given.
        """
        return evolve(self, acts=(*self.acts, *_acts("when", events, at, breaches, key)))

    def then(
        self,
        status: Mapping[str, str | None] | None = None,
        *,
        as_of: Moment | None = None,
        known_at: Known | None = None,
    ) -> Story:
        """The last act is recorded; and these subjects (`kind/slug`) have this `status` each.

        `as_of` and `known_at` as for `Ledger.as_of`.
        A subject that has no status, such as a meeting, is "on-record"; one of which nothing is
        on record has None. Raises `AssertionError` otherwise.

        >>> from govledger.testing import an_adopted_motion, given
        >>> story = given(an_adopted_motion("bins", on="2024-03-14"))
        >>> story.then({"motion/bins": None}, as_of="2024-03-13")
        <Story: given 2 events>
        """
        __tracebackhide__ = True
        with self._played() as played:
            _recorded(played)
            register = self._register(played, as_of, known_at)
            expected = dict(status or {})
            found = {name: _status(register, name) for name in expected}
            if wrong := [name for name in expected if expected[name] != found[name]]:
                raise failure(
                    self._asked("status", as_of, known_at),
                    {name: expected[name] or _NOTHING for name in wrong},
                    {name: found[name] or _NOTHING for name in wrong},
                    played.told,
                    hint=_near(wrong, register),
                )
        return self

    def then_state(
        self,
        subject: str,
        *,
        as_of: Moment | None = None,
        known_at: Known | None = None,
        **fields: object,
    ) -> Story:
        """The state of a subject (`kind/slug`) has these values in its `fields`.

        Others may differ. `as_of` and `known_at` as for `Ledger.as_of`.
        A field is one of the state (`ledger.as_of(…).state(subject)`) or, where that has none of
        that name, one of its description (`describe`), such as the `deadline` of a mandate. Times
        may be given as text, tuples as lists. Raises `AssertionError` otherwise.

        >>> from govledger.testing import a_mandate, given
        >>> story = given(a_mandate("bins.1", due="2024-09-01"))
        >>> story.then_state("mandate/bins.1", as_of="2024-10-01", deadline="overdue")
        <Story: given 3 events>
        """
        __tracebackhide__ = True
        with self._played() as played:
            _recorded(played)
            register = self._register(played, as_of, known_at)
            state = register.state(subject)
            what = self._asked(f"state of {subject}", as_of, known_at)
            if state is None:
                hint = _near([subject], register)
                raise failure(what, fields, _NOTHING, played.told, hint=hint)
            described = register.describe(subject) or {}
            known = (*vars(state), *described)
            missing = next(
                (n for n in fields if not hasattr(state, n) and n not in described), None
            )
            if missing is not None:
                hint = did_you_mean(missing, dict.fromkeys(known))
                raise failure(what, fields, f"it has no {missing}", played.told, hint=hint)
            found = {n: getattr(state, n) if hasattr(state, n) else described[n] for n in fields}
            if wrong := [n for n in fields if not _same(fields[n], found[n])]:
                raise failure(
                    what,
                    {n: fields[n] for n in wrong},
                    {n: found[n] for n in wrong},
                    played.told,
                )
        return self

    def then_refused(self, code: str, *codes: str) -> Story:
        """The last act is refused for these reasons: all of them, exactly, in any order.

        `code` and `codes` are those of `RuleBreach` and of every other error of govledger, one for
        each problem (see the page on errors). Nothing was written then. Raises `AssertionError`
        where other problems came, more or fewer of them, or none.

        >>> from govledger import MotionCompleted
        >>> from govledger.testing import a_motion, given
        >>> story = given(a_motion("bins")).when(MotionCompleted("bins", on="2024-03-14"))
        >>> story.then_refused("not-adopted")
        <Story: given 1 event, when 1 event>
        """
        __tracebackhide__ = True
        expected = sorted((code, *codes))
        with self._played() as played:
            if played.refusal is None:
                raise failure("refusal", expected, "it was recorded", played.told)
            found = sorted(problem.code for problem in played.refusal.problems)
            if found != expected:
                raise failure("refusal", expected, found, played.told)
            head = played.ledger.head()
            if head != played.before:
                written = f"{head - played.before} records were written"
                raise failure("refusal", "nothing is written", written, played.told)
        return evolve(self, acts=(*self.acts[:-1], evolve(self.acts[-1], may_be_refused=True)))

    def then_found(
        self, *codes: str, as_of: Moment | None = None, known_at: Known | None = None
    ) -> Story:
        """The last act is recorded; and these findings are on the books then, exactly.

        `as_of` and `known_at` as for `Ledger.as_of`. Findings are breaches that were flagged, and
        notices: all of the ledger, one of `codes` each, in any order. Without any: none. Raises
        `AssertionError` otherwise.

        >>> from govledger import MotionCompleted
        >>> from govledger.testing import a_motion, given
        >>> early = MotionCompleted("bins", on="2024-03-14")
        >>> given(a_motion("bins")).when(early, breaches="flag").then_found("not-adopted")
        <Story: given 1 event, when 1 event>
        """
        __tracebackhide__ = True
        with self._played() as played:
            _recorded(played)
            findings = self._register(played, as_of, known_at).findings
            found = sorted(finding.code for finding in findings)
            if found != sorted(codes):
                what = self._asked("findings", as_of, known_at)
                raise failure(what, sorted(codes), found, played.told, problems=findings)
        return self

    def then_records(self, *expected: str | Event) -> Story:
        """The last act wrote the `expected` records, in this order: events, or names of types.

        Raises `AssertionError` otherwise.

        >>> from govledger.testing import an_adopted_motion, given
        >>> given(an_adopted_motion("bins")).then_records("motion.submitted", "motion.adopted")
        <Story: given 2 events>
        """
        __tracebackhide__ = True
        with self._played() as played:
            _recorded(played)
            found = [record.event for record in played.records]
            is_same = len(found) == len(expected) and all(
                wanted == (event.type if isinstance(wanted, str) else event)
                for wanted, event in zip(expected, found, strict=True)
            )
            if not is_same:
                raise failure("records", map(shown, expected), map(shown, found), played.told)
        return self

    def then_unchanged(
        self, *subjects: str, as_of: Moment | None = None, known_at: Known | None = None
    ) -> Story:
        """The last act, recorded or refused, leaves these `subjects` as they were; all, if none.

        `as_of` and `known_at` as for `Ledger.as_of`.
        Compared are the descriptions before and after the act, field by field, as `Ledger.diff`
        does. Raises `AssertionError` where something differs.

        >>> from govledger import MotionAliasNoted
        >>> from govledger.testing import a_motion, given, several
        >>> noted = MotionAliasNoted("motion-1", alias="Bins", on="2024-03-14")
        >>> given(several(a_motion, 2)).when(noted).then_unchanged("motion/motion-2")
        <Story: given 2 events, when 1 event>
        """
        __tracebackhide__ = True
        with self._played() as played:
            before = self._register(played, as_of, played.before)
            after = self._register(played, as_of, known_at)
            found = [
                change
                for change in changes(before, after)
                if not subjects or change.subject in subjects
            ]
            if found:
                names = [f"{change.subject} {change.field}".rstrip() for change in found]
                raise failure(
                    self._asked("change", as_of, known_at),
                    {name: change.before for name, change in zip(names, found, strict=True)},
                    {name: change.after for name, change in zip(names, found, strict=True)},
                    played.told,
                )
        return self

    def ask(self, question: Callable[[Ledger], _T]) -> _T:
        """What a `question` says of the ledger after the last act, for a plain `assert`.

        The ledger is closed when it has answered: ask for values, not for iterators. Raises
        `AssertionError` where the last act was refused.

        >>> from govledger.testing import an_adopted_motion, given
        >>> given(an_adopted_motion("bins")).ask(lambda ledger: ledger.head())
        3
        """
        __tracebackhide__ = True
        with self._played() as played:
            _recorded(played)
            return question(played.ledger)

    def _asked(self, what: str, as_of: Moment | None, known_at: Known | None) -> str:
        """What was asked, in words."""
        asked = f"{what} as of {self._last_day() if as_of is None else as_of}"
        return asked if known_at is None else f"{asked}, known at {known_at}"

    def _register(self, played: _Played, as_of: Moment | None, known_at: Known | None) -> Register:
        return played.ledger.as_of(self._last_day() if as_of is None else as_of, known_at)

    def _last_day(self) -> date:
        """The last day on which an event of the story can have happened, in its time zone."""
        days = [event.on for act in self.acts for event in act.events] or [When(START)]
        zone = zone_of(self.timezone)
        return max(day.day(zone) for day in days)

    @contextmanager
    def _played(self) -> Iterator[_Played]:
        """Run the story; the ledger is open as long as the block lasts."""
        __tracebackhide__ = True
        start = next((act.at for act in self.acts if act.at is not None), START)
        clock = FixedClock(start, zone=self.timezone)
        with Ledger.in_memory(
            clock, timezone=self.timezone, profile=self.profile, extensions=self.extensions
        ) as ledger:
            told: list[Told] = []
            before = ledger.head()
            records: tuple[Record, ...] = ()
            refusal: GovledgerError | None = None
            for act in self.acts:
                if refusal is not None:
                    _settled(told)
                before = ledger.head()
                if act.at is not None:
                    clock.at(act.at)
                try:
                    records = ledger.record(*act.events, key=act.key, breaches=act.breaches)
                    refusal = None
                except GovledgerError as error:
                    records, refusal = (), error
                told.append(Told(act.word, act.events, records, refusal, act.may_be_refused))
            yield _Played(
                ledger=ledger, before=before, records=records, refusal=refusal, told=tuple(told)
            )


def _settled(told: Sequence[Told]) -> None:
    """Raise where the act before was refused, and the story goes on as if it had not been."""
    __tracebackhide__ = True
    if not told[-1].may_be_refused:
        raise failure(told[-1].word, "it is recorded", "it was refused", told)


def _recorded(played: _Played) -> None:
    """Raise where the last act was refused."""
    __tracebackhide__ = True
    if played.refusal is not None:
        word = played.told[-1].word
        hint = (
            'what happened against the rules is put on record with breaches="flag";'
            " that it is refused is asserted by then_refused"
        )
        raise failure(word, "it is recorded", "it was refused", played.told, hint=hint)


def _status(register: Register, name: str) -> str | None:
    if name not in register.states:
        return None
    return str(register.statuses.get(name) or "on-record")


_NOTHING = "nothing on record"


def _near(names: Iterable[str], register: Register) -> str:
    """A hint on the first of the names of which nothing is on record."""
    unknown = next((name for name in names if name not in register.states), None)
    if unknown is None or not register.states:
        return ""
    return f"of {unknown} nothing is on record then; {did_you_mean(unknown, register.states)}"


def _same(expected: object, found: object) -> bool:
    """Whether a field holds what is expected; times may be text, tuples lists."""
    if isinstance(found, When) and isinstance(expected, str | date | datetime):
        return when(expected) == found
    if isinstance(found, tuple) and isinstance(expected, list | tuple):
        return len(expected) == len(found) and all(map(_same, expected, found))
    return expected == found
