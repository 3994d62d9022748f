"""What a page holds: the spans, records and findings of a ledger, by days.

Here: gathering them from a `Ledger`. Not here: how they are written down small (`packing`).

The page answers for any day, as known at any record, by the rule that the ledger answers by: of
the spans that were known then it takes the one that begins last. What changes between spans
though nothing happened (a deadline passes) are phases of a span. So each description comes from
`Register.describe`, and the page only looks it up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from attrs import evolve, frozen

from govledger.events import (
    LEDGER,
    references,
)
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

Progress = Callable[[int], None]
"""Is told how many records are done, now and then."""


@frozen(kw_only=True)
class Contents:
    """What is gathered of a ledger for a page, in the order of the log.

    `known` is the last record of which anything is said, `left_out` how many subjects are not
    among `subjects`.
    """

    known: int
    days: Days
    vocabulary: Vocabulary
    subjects: tuple[Held, ...]
    records: tuple[Record, ...]
    judged: tuple[Judged, ...]
    left_out: int = 0


@frozen
class Held:
    """What is held of a subject: its rows, and the tellings of its records."""

    name: str
    rows: tuple[Row, ...]
    tellings: tuple[Telling, ...] = ()


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
    year: int | None = None,
    disclose: bool = False,
    progress: Progress | None = None,
) -> Contents:
    """Gather what was known of a ledger at a position.

    Of one `year`, only the subjects to which something happened in it, and those that their
    records name. Personal texts are withheld unless it shall `disclose` them. Raises
    `UnreadableRecord` or `StorageError` where the ledger is damaged.
    """
    days = Days(ledger.zone)
    shown: Callable[[Any], Any] = _as_it_is if disclose else _withheld
    records: list[Record] = []
    for record in ledger.log(upto=known):
        event = shown(record.event)
        records.append(record if event is record.event else evolve(record, event=event))
        if progress is not None:
            progress(record.position)
    streams = _by_subject(records)
    spans = groupby(ledger.spans(known_at=known), key=attrgetter("subject"))
    kept = None if year is None else _of_a_year(streams, year, days)
    phases = _Phases(ledger, streams.get(LEDGER, ()))
    subjects, left_out = list[Held](), 0
    for name, some in spans:
        if kept is not None and name not in kept:
            left_out += 1
            continue
        stated = (evolve(span, state=shown(span.state)) for span in some)
        rows = tuple(row for span in stated for row in phases.rows(span))
        told = tellings(streams.pop(name, ()), days, ledger.vocabulary)
        subjects.append(Held(name, rows, told))
    about = {held.name for held in subjects}
    for name, stream in streams.items():
        if kept is None or name in kept or name == LEDGER:
            subjects.append(Held(name, (), tellings(stream, days, ledger.vocabulary)))
            about.add(name)
    return Contents(
        known=known,
        days=days,
        vocabulary=ledger.vocabulary,
        subjects=tuple(subjects),
        records=tuple(record for record in records if record.subject in about),
        judged=tuple(j for j in ledger.judged(known) if j.finding.subject in about),
        left_out=left_out,
    )


def _as_it_is(value: Any) -> Any:
    return value


def _withheld(value: Any) -> Any:
    """An event or a state whose personal texts are not told."""
    return covered(value, new_salt)


def _by_subject(records: Iterable[Record]) -> dict[str, list[Record]]:
    streams: dict[str, list[Record]] = {}
    for record in records:
        streams.setdefault(record.subject, []).append(record)
    return streams


def _of_a_year(streams: Mapping[str, Sequence[Record]], year: int, days: Days) -> set[str]:
    """The subjects to which something happened in a year, and those that they name."""
    kept = set[str]()
    for name, stream in streams.items():
        if any(record.on.day(days.zone).year == year for record in stream):
            kept.add(name)
            kept.update(other for record in stream for _, other in references(record.event))
    return kept


class _Phases:
    """Describes spans, by the rules that were known to hold."""

    def __init__(self, ledger: Ledger, about: Sequence[Record]) -> None:
        self._ledger = ledger
        self._days = Days(ledger.zone)
        moving = [record for record in about if moves_rules(record.event)]
        self._regimes = [
            (record.position, regime(moving[: count + 1], ledger.zone))
            for count, record in enumerate(moving)
        ]

    def rows(self, span: Span) -> Iterator[Row]:
        """The rows of a span: several where other rules were known to hold from a record on."""
        ends = [*(begin for begin, _ in self._regimes[1:]), NEVER]
        for (begin, held), end in zip(self._regimes, ends, strict=True):
            known_from, known_until = max(begin, span.known_from), min(end, span.known_until)
            if known_from < known_until:
                phases = tuple(self._phases(span, held))
                yield Row(self._days.first(span.since), known_from, known_until, phases)

    def _phases(self, span: Span, held: Regime) -> Iterator[tuple[Day, Mapping[str, Any]]]:
        zone = self._ledger.zone
        changed = [instant for instant, _ in held.profiles]
        turned = (turns(span.state, zone, profile) for _, profile in held.profiles)
        instants = {i for i in chain(changed, *turned) if i > span.since}
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
        return {**{k: v for k, v in said.items() if k not in _APART}, NOTICES: notices}


_APART = ("id", "findings")
"""What of a description is told apart: the page puts it together from names and findings."""

NOTICES = "notices"
"""The field that holds what a reader must know of a state, though nothing is broken."""
