"""`Record`, and what a log of them comes to: what is visible, in which order, and why.

Here: withdrawal (retraction and correction), the order of valid time, the replay that
folds and judges. Not here: the rules themselves, storage, or the questions of people.

Two times, never mixed: `on` says when a fact holds in the association, `position` and
`recorded_at` when the ledger learned it.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from govledger.events import (
    LEDGER,
    Event,
    LedgerExtended,
    LedgerOpened,
    LedgerProfileChanged,
    MeetingConvened,
    RecordRetracted,
    unversioned,
)
from govledger.profiles import GENERAL, Profile, resolved
from govledger.rules import (
    Breach,
    Case,
    Finding,
    judge_book,
    judge_version,
    judge_withdrawal,
    withdraws,
)
from govledger.state import State
from govledger.vocabulary import STANDARD, Vocabulary
from govledger.when import When


@frozen(kw_only=True)
class Record:
    """A fact somebody stated, as it stands in the log.

    `position` counts from 1 without gaps; `version` counts the records of one subject;
    `recorded_at` is the ledger's clock, in UTC; `event` is what was stated; `key` made the call
    that wrote it idempotent.

    >>> from govledger import Ledger, MotionSubmitted, Record
    >>> with Ledger.in_memory() as ledger:
    ...     (record,) = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
    >>> isinstance(record, Record), record.position, record.type, record.subject, str(record.on)
    (True, 2, 'motion.submitted', 'motion/bins', '2024-03-01')
    """

    position: int
    version: int
    recorded_at: datetime
    event: Event
    key: str | None = None

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.event.subject

    @property
    def type(self) -> str:
        """The name of its event type."""
        return self.event.type

    @property
    def on(self) -> When:
        """The time of what it states: when that happened in the association."""
        return self.event.on


class Told(NamedTuple):
    """A record as far as the order of valid time asks: for folding very many."""

    position: int
    event: Event


_R = TypeVar("_R", Record, Told)


def withdrawals(records: Iterable[_R]) -> dict[int, int]:
    """Which records are withdrawn, and by which: position -> position.

    A record that is itself withdrawn withdraws nothing, so a retraction can be retracted; a
    correction replaces whatever the corrected record had replaced. Only what lies in
    `records` counts: cut them at what was known to see what stood then.
    """
    events = {record.position: record.event for record in records}
    withdrawn: dict[int, int] = {}
    for position in sorted(events, reverse=True):
        if position in withdrawn:
            continue
        event = events[position]
        if isinstance(event, RecordRetracted) and event.position < position:
            withdrawn[event.position] = position
        at = position
        while (corrected := events[at].corrects) is not None and corrected < at:
            withdrawn[corrected] = position
            if corrected not in events:
                break
            at = corrected
    return withdrawn


_position = attrgetter("position")
_instant = itemgetter(0)


def timeline(records: Iterable[_R], zone: ZoneInfo) -> list[tuple[int, _R]]:
    """The records that stand, in the order of valid time, each with its instant.

    The order is (instant from which the event counts, position); a correction keeps the
    position of the record it replaces, for it is the same fact, said better.
    """
    ordered = sorted(records, key=_position)
    if any(withdraws(record.event) for record in ordered):
        withdrawn, place = withdrawals(ordered), _places(ordered)
        ordered = [record for record in ordered if record.position not in withdrawn]
        ordered.sort(key=lambda record: place[record.position])
    told = [(record.event.on.counts_from(zone), record) for record in ordered]
    told.sort(key=_instant)  # which leaves those of one instant in their places
    return told


def _places(ordered: Iterable[_R]) -> dict[int, int]:
    """Where records come among those of one instant: at the first record they correct."""
    places: dict[int, int] = {}
    for record in ordered:
        corrects = record.event.corrects
        fact = record.position if corrects is None else places.get(corrects, corrects)
        places[record.position] = fact
    return places


@frozen
class Replay:
    """What a replay comes to: the state of every subject, and what was found on the way."""

    states: dict[str, State] = field(factory=dict)
    findings: tuple[Finding, ...] = ()


def replay(
    records: Sequence[Record],
    zone: ZoneInfo,
    until: int | None = None,
    vocabulary: Vocabulary = STANDARD,
) -> Replay:
    """Fold and judge the records that stand, up to and including the instant `until`."""
    states: dict[str, State] = {}
    findings: list[Finding] = []
    ordered = timeline(records, zone)
    coming = {r.subject for _, r in ordered if isinstance(r.event, MeetingConvened)}
    book = regime((r for _, r in ordered if r.subject == LEDGER), zone)
    profile = book.profiles[0][1]
    for instant, record in ordered:
        if until is not None and instant > until:
            break
        event = record.event
        before = states.get(event.subject)
        case = Case(event, record.position, before, states.get, coming, profile)
        findings += vocabulary.judge(case, book.extensions)
        after = vocabulary.evolve(before, event)
        if after is not None:
            states[event.subject] = after
        if isinstance(event, LedgerProfileChanged):
            profile = resolved(event.profile)
    return Replay(states, tuple(findings))


@frozen
class Regime:
    """Whose rules hold.

    `profiles` has each profile with the instant from which its rules hold, in the order of time;
    `extensions` the names of the extensions that the ledger is kept with, which judge whatever is
    known: they have no day from which they hold.
    """

    profiles: tuple[tuple[int, Profile], ...]
    extensions: tuple[str, ...] = ()

    def profile_at(self, instant: int) -> Profile:
        """The profile whose rules hold at an instant, after all that happened then."""
        return self.profiles[bisect_right(self.profiles, instant, key=_instant) - 1][1]


def regime(records: Iterable[Record], zone: ZoneInfo) -> Regime:
    """Whose rules hold, from the records about the ledger.

    The profile with which the ledger was opened holds for all time before, too.
    """
    about = list(records)
    first, changed = GENERAL, []
    for instant, record in timeline(about, zone):
        if isinstance(record.event, LedgerOpened):
            first = resolved(record.event.profile)
        elif isinstance(record.event, LedgerProfileChanged):
            changed.append((instant, resolved(record.event.profile)))
    return Regime(((-sys.maxsize, first), *changed), extensions_of(about))


def extensions_of(records: Iterable[Record]) -> tuple[str, ...]:
    """The extensions that a ledger is kept with, by the records about it; of each the last."""
    used: dict[str, str] = {}
    for record in sorted(records, key=_position):
        if isinstance(record.event, LedgerExtended):
            used[unversioned(record.event.extension)] = record.event.extension
    return tuple(used.values())


_WITH_PROFILE = (LedgerOpened, LedgerProfileChanged)


def rests_on_stream(event: Event) -> bool:
    """Whether taking an event into the book rests on what was said before of its subject."""
    return bool(withdraws(event)) or isinstance(event, _WITH_PROFILE)


def moves_rules(event: Event) -> bool:
    """Whether an event about the ledger has a say in whose rules hold."""
    return rests_on_stream(event) or isinstance(event, LedgerExtended)


def breaches_of_the_book(
    record: Record,
    stream: Sequence[Record],
    at: Callable[[int], Record | None],
    extensions: Collection[str] = (),
) -> Iterator[Breach]:
    """What stands against taking a record into the book at all.

    `stream` holds the records before it about its subject, `at` gives the one at a position.
    `stream` may be empty where `rests_on_stream` says so. `extensions` are those that are given.
    """
    event, position = record.event, record.position
    yield from judge_book(event, position, extensions)
    if isinstance(event, _WITH_PROFILE):
        told = [(r.position, r.event.profile) for r in stream if isinstance(r.event, _WITH_PROFILE)]
        yield from judge_version(event, position, told)
    targets = withdraws(event)
    if not targets:
        return
    by = withdrawals(stream)
    better = None if event.corrects is None else at(event.corrects)
    for target in targets:
        holds = at(target) if target < position else None
        before = None if _retracts(better, target) else at(by.get(target, 0))
        yield from judge_withdrawal(
            event,
            position,
            target,
            None if holds is None else holds.event,
            None if before is None else (before.position, before.event),
        )
    yield from _second_corrections(record, [*stream, record])


def _retracts(record: Record | None, target: int) -> bool:
    """Whether a record retracts another; correcting it is no second retraction."""
    return (
        record is not None
        and isinstance(record.event, RecordRetracted)
        and record.event.position == target
    )


def _second_corrections(record: Record, stream: Sequence[Record]) -> Iterator[Breach]:
    """What is wrong where a retraction brings back a correction beside a later one."""
    withdrawn = withdrawals(stream)
    places = _places(stream)
    corrections: dict[int, list[Record]] = {}
    for other in stream:
        if other.event.corrects is not None and other.position not in withdrawn:
            corrections.setdefault(places[other.position], []).append(other)
    for target, standing in corrections.items():
        if len(standing) > 1 and record not in standing:
            newest = standing[-1]
            yield from judge_withdrawal(
                record.event,
                record.position,
                target,
                standing[0].event,
                (newest.position, newest.event),
            )


@frozen(kw_only=True)
class Reason:
    """The part a `record` plays in where its subject stands.

    `decides`: it set the present status, where the subject has one. `withdrawn_by`: the
    record that retracted it or, where `corrected`, replaced it, so it counts no more.
    `reason` is that of its retraction. `late`: a fact that comes after it was recorded
    before it.

    >>> from govledger import Ledger, MotionSubmitted, Reason
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
    ...     (reason,) = ledger.why("motion/bins", as_of="2024-03-01").reasons
    >>> isinstance(reason, Reason), reason.record.position, reason.decides
    (True, 2, True)
    """

    record: Record
    decides: bool = False
    withdrawn_by: int | None = None
    corrected: bool = False
    reason: str | None = None
    late: bool = False


def moving(ordered: Iterable[Record], vocabulary: Vocabulary = STANDARD) -> list[int]:
    """The positions of those records about a subject that change its status, in their order."""
    found: list[int] = []
    state: State | None = None
    for record in ordered:
        before, state = state, vocabulary.evolve(state, record.event)
        if getattr(state, "status", None) != getattr(before, "status", None):
            found.append(record.position)
    return found


def explain(
    records: Sequence[Record],
    subject: str,
    zone: ZoneInfo,
    until: int,
    vocabulary: Vocabulary = STANDARD,
) -> tuple[Reason, ...]:
    """The records about a subject up to an instant, each with the part it plays.

    In the order of valid time; those that were withdrawn stand at the end.
    """
    own = [record for record in records if record.subject == subject]
    withdrawn = withdrawals(own)
    ordered = [record for instant, record in timeline(own, zone) if instant <= until]
    moved = moving(ordered, vocabulary)
    deciding = moved[-1] if moved else 0
    reasons: list[Reason] = []
    oldest_after = sys.maxsize
    for record in reversed(ordered):
        late = record.position > oldest_after and record.event.corrects is None
        reasons.insert(0, Reason(record=record, decides=record.position == deciding, late=late))
        if not isinstance(record.event, RecordRetracted):
            oldest_after = min(oldest_after, record.position)
    events = {record.position: record.event for record in own}
    for record in sorted(own, key=_position):
        by = withdrawn.get(record.position)
        if by is not None and record.on.counts_from(zone) <= until:
            taker = events[by]
            reason = taker.reason if isinstance(taker, RecordRetracted) else None
            reasons.append(
                Reason(record=record, withdrawn_by=by, corrected=reason is None, reason=reason)
            )
    return tuple(reasons)
