"""What a page holds: the spans, records and findings of a ledger, by days.

Here: gathering them from a `Ledger`. Not here: how they are written down small (`packing`).

The page answers for any day, as known at any record, by the rule that the ledger answers by: of
the spans that were known then it takes the one that begins last. What changes between spans
though nothing happened (a deadline passes) are phases of a span. So each description comes from
`Register.describe`, and the page only looks it up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from attrs import evolve, frozen

from govledger.events import LEDGER, references
from govledger.history import Record, Regime, moves_rules, regime
from govledger.integrity.personal import covered
from govledger.ledger import Ledger
from govledger.profiles import Profile
from govledger.recording import new_salt
from govledger.register import register
from govledger.report.days import Day, Days
from govledger.report.tellings import Telling, tellings
from govledger.rules import turns
from govledger.spans import NEVER, Judged, Span
from govledger.state import State
from govledger.vocabulary import Vocabulary
from govledger.when import day_end, day_of, instant_of

Progress = Callable[[int], None]
"""Is told how many records are done, now and then."""


@frozen(kw_only=True, slots=False)
class Contents:
    """What is gathered of a ledger for a page, in the order of the log.

    `known` is the last record of which anything is said, `learned` has each day on which records
    were made, with the last of them. `left_out` is how many subjects are not among `subjects`.
    """

    known: int
    days: Days
    vocabulary: Vocabulary
    subjects: tuple[Held, ...]
    records: tuple[Record, ...]
    judged: tuple[Judged, ...]
    learned: tuple[tuple[Day, int], ...]
    left_out: int = 0

    def holds(self, name: str) -> bool:
        """Whether anything is held of a subject."""
        return name in self._by_name

    def named(self, name: str) -> Held:
        """What is held of a subject; raises `KeyError` where nothing is."""
        return self._by_name[name]

    def records_of(self, name: str) -> Sequence[Record]:
        """The records about a subject, in log order."""
        return self._streams.get(name, ())

    @cached_property
    def _streams(self) -> Mapping[str, Sequence[Record]]:
        return _by_subject(self.records)

    @cached_property
    def _by_name(self) -> Mapping[str, Held]:
        return {held.name: held for held in self.subjects}


@frozen
class Held:
    """What is held of a subject: its rows, the tellings of its records, and who names it."""

    name: str
    rows: tuple[Row, ...]
    tellings: tuple[Telling, ...]
    named_by: tuple[str, ...]


@frozen
class Row:
    """A span by days: the description that holds from a `day` on, and its later `phases`."""

    day: Day
    known_from: int
    known_until: int
    phases: tuple[tuple[Day, Mapping[str, Any]], ...]


def gather(
    ledger: Ledger,
    known: int,
    *,
    only: Collection[str] | None = None,
    year: int | None = None,
    disclose: bool = False,
    progress: Progress | None = None,
) -> Contents:
    """Gather what was known of a ledger at a position.

    Of all subjects, or `only` of some; of one `year`, those to which something happened in it, what
    their records name, and what names them. Personal texts are withheld unless it shall `disclose`
    them. Raises `UnreadableRecord` or `StorageError` where the ledger is damaged.
    """
    days = Days(ledger.zone)
    shown: Callable[[Any], Any] = _as_it_is if disclose else withheld
    records = list(_records(ledger, known, only, shown, progress))
    streams = _by_subject(records)
    phases = _Phases(ledger, streams.get(LEDGER, ()))
    spans: dict[str, list[Row]] = {}
    kept = streams.keys() if year is None else _of_a_year(ledger, known, streams, year)
    for span in _spans(ledger, known, only):
        rows = spans.setdefault(span.subject, [])
        if span.subject in kept:
            rows += phases.rows(evolve(span, state=shown(span.state)))
    naming = _naming(records, kept)
    names = [name for name in dict.fromkeys((*spans, *streams)) if name in kept or name == LEDGER]
    subjects = tuple(
        Held(
            name,
            tuple(spans.get(name, ())),
            tellings(streams.get(name, ()), days, ledger.vocabulary),
            naming.get(name, ()),
        )
        for name in names
    )
    return Contents(
        known=known,
        days=days,
        vocabulary=ledger.vocabulary,
        subjects=subjects,
        records=tuple(r for r in records if r.subject in kept or r.subject == LEDGER),
        judged=tuple(j for j in ledger.judged(known) if j.finding.subject in kept),
        learned=tuple(_learned(records, days)),
        left_out=len(spans.keys() - kept),
    )


def _records(
    ledger: Ledger,
    known: int,
    only: Collection[str] | None,
    shown: Callable[[Any], Any],
    progress: Progress | None,
) -> Iterator[Record]:
    if only is None:
        records = ledger.log(upto=known)
    else:
        names = dict.fromkeys((LEDGER, *only))
        records = chain.from_iterable(ledger.log(subject=name, upto=known) for name in names)
    for record in records:
        event = shown(record.event)
        yield record if event is record.event else evolve(record, event=event)
        if progress is not None:
            progress(record.position)


def _spans(ledger: Ledger, known: int, only: Collection[str] | None) -> Iterator[Span]:
    if only is None:
        return ledger.spans(known_at=known)
    return chain.from_iterable(ledger.spans(name, known) for name in only)


def _learned(records: Iterable[Record], days: Days) -> Iterator[tuple[Day, int]]:
    made = ((days.first(instant_of(r.recorded_at)), r.position) for r in records)
    for day, some in groupby(made, key=itemgetter(0)):
        yield day, max(position for _, position in some)


def _naming(records: Iterable[Record], kept: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The subjects whose records name a subject."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        if record.subject in kept:
            for _, name in references(record.event):
                found.setdefault(name, {})[record.subject] = None
    return {name: tuple(naming) for name, naming in found.items()}


def _as_it_is(value: Any) -> Any:
    return value


def withheld(value: Any) -> Any:
    """An event or a state whose personal texts are not told; those that were erased say so."""
    return covered(value, new_salt)


def _by_subject(records: Iterable[Record]) -> dict[str, list[Record]]:
    streams: dict[str, list[Record]] = {}
    for record in records:
        streams.setdefault(record.subject, []).append(record)
    return streams


def _of_a_year(
    ledger: Ledger, known: int, streams: Mapping[str, Sequence[Record]], year: int
) -> set[str]:
    """The subjects to which something happened in a year, what they name, and what names them.

    A deadline that passed is something that happened, too.
    """

    def is_in(instant: int) -> bool:
        return day_of(instant, ledger.zone).year == year

    happened = {
        name
        for name, stream in streams.items()
        if any(record.on.day(ledger.zone).year == year for record in stream)
    }
    profiles = [profile for _, profile in regime(streams.get(LEDGER, ()), ledger.zone).profiles]
    for span in ledger.spans(known_at=known):
        turned = chain.from_iterable(turns(span.state, ledger.zone, each) for each in profiles)
        if span.subject not in happened and any(map(is_in, turned)):
            happened.add(span.subject)
    kept = set(happened)
    for name, stream in streams.items():
        named = {other for record in stream for _, other in references(record.event)}
        if name in happened:
            kept |= named
        elif named & happened:
            kept.add(name)
    return kept


class _Phases:
    """Describes spans, by the rules that were known to hold."""

    def __init__(self, ledger: Ledger, about: Sequence[Record]) -> None:
        self._ledger = ledger
        self._days = Days(ledger.zone)
        self._last = day_end(date.max, ledger.zone)
        moving = [record for record in about if moves_rules(record.event)]
        self._regimes = [
            (record.position, regime(moving[: count + 1], ledger.zone))
            for count, record in enumerate(moving)
        ]

    def rows(self, span: Span) -> list[Row]:
        """The rows of a span: several where other rules were known from a record on, and matter."""
        found: list[Row] = []
        ends = [*(begin for begin, _ in self._regimes[1:]), NEVER]
        for (begin, held), end in zip(self._regimes, ends, strict=True):
            known_from, known_until = max(begin, span.known_from), min(end, span.known_until)
            if known_from < known_until:
                phases = tuple(self._phases(span, held))
                if found and found[-1].phases == phases:
                    found[-1] = evolve(found[-1], known_until=known_until)
                else:
                    day = self._days.first(span.since)
                    found.append(Row(day, known_from, known_until, phases))
        return found

    def _phases(self, span: Span, held: Regime) -> Iterator[tuple[Day, Mapping[str, Any]]]:
        zone = self._ledger.zone
        changed = [instant for instant, _ in held.profiles]
        turned = (turns(span.state, zone, profile) for _, profile in held.profiles)
        instants = {i for i in chain(changed, *turned) if span.since < i <= self._last}
        by_day: dict[Day, int] = {}
        for instant in (span.since, *sorted(instants)):
            by_day[self._days.first(instant)] = instant
        before: Mapping[str, Any] = {}
        for day, instant in by_day.items():
            said = self._described(span.state, instant, held.profile_at(instant))
            if said != before:
                yield day, said
            before = said

    def _described(self, state: State, instant: int, profile: Profile) -> dict[str, Any]:
        there = register(
            {state.subject: state},
            as_of=instant,
            known_at=0,
            zone=self._ledger.zone,
            profile=profile,
            vocabulary=self._ledger.vocabulary,
        )
        said = there.describe(state.subject) or {}
        notices = [[finding.code, finding.message] for finding in there.findings]
        told = {**{k: v for k, v in said.items() if k not in _APART}, NOTICES: notices}
        return {name: value for name, value in told.items() if tells(value)}


def tells(value: Any) -> bool:
    """Whether a value of a description says anything: of what says nothing, nothing is kept."""
    return value not in (None, "", [], False)


_APART = ("id", "findings")
"""What of a description is told apart: the page puts it together from names and findings."""

NOTICES = "notices"
"""The field that holds what a reader must know of a state, though nothing is broken."""
