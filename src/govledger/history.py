"""`Record`, and what a log of them comes to: what is visible, in which order, and why.

Here: withdrawal (retraction and correction), the order of valid time, the replay that
folds and judges. Not here: the rules themselves, storage, or the questions of people.

Two times, never mixed: `on` says when a fact holds in the association, `position` and
`recorded_at` when the ledger learned it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from attrs import field, frozen

from govledger.events import (
    Event,
    LedgerOpened,
    LedgerProfileChanged,
    MeetingConvened,
    RecordRetracted,
)
from govledger.rules import (
    GENERAL,
    Breach,
    Case,
    Finding,
    Profile,
    judge,
    judge_book,
    judge_withdrawal,
    profile_named,
    rule_of,
    withdraws,
)
from govledger.state import State, evolve
from govledger.when import When


@frozen(kw_only=True)
class Record:
    """A fact somebody stated, as it stands in the log.

    `position` counts from 1 without gaps; `version` counts the records of one subject;
    `recorded_at` is the ledger's clock, in UTC; `key` made the call that wrote it idempotent.
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
        """When it happened in the association."""
        return self.event.on


def withdrawals(records: Iterable[Record]) -> dict[int, int]:
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


def _position(record: Record) -> int:
    return record.position


def timeline(records: Sequence[Record], zone: ZoneInfo) -> list[tuple[int, Record]]:
    """The records that stand, in the order of valid time, each with its instant.

    The order is (instant from which the event counts, position); a correction keeps the
    position of the record it replaces, for it is the same fact, said better.
    """
    withdrawn = withdrawals(records)
    place = _places(records)
    keyed = [
        (record.event.on.counts_from(zone), place[record.position], record)
        for record in sorted(records, key=_position)
        if record.position not in withdrawn
    ]
    keyed.sort(key=lambda row: row[:2])
    return [(instant, record) for instant, _, record in keyed]


def _places(records: Iterable[Record]) -> dict[int, int]:
    """Where records come among those of one instant: at the first record they correct."""
    places: dict[int, int] = {}
    for record in sorted(records, key=_position):
        corrects = record.event.corrects
        fact = record.position if corrects is None else places.get(corrects, corrects)
        places[record.position] = fact
    return places


@frozen
class Replay:
    """What a replay comes to: the state of every subject, and what was found on the way."""

    states: dict[str, State] = field(factory=dict)
    findings: tuple[Finding, ...] = ()


def replay(records: Sequence[Record], zone: ZoneInfo, until: int | None = None) -> Replay:
    """Fold and judge the records that stand, up to and including the instant `until`."""
    states: dict[str, State] = {}
    findings: list[Finding] = []
    ordered = timeline(records, zone)
    coming = {r.subject for _, r in ordered if isinstance(r.event, MeetingConvened)}
    profile = _opening_profile(ordered)
    for instant, record in ordered:
        if until is not None and instant > until:
            break
        event = record.event
        before = states.get(event.subject)
        case = Case(event, record.position, before, states.get, coming, profile)
        findings += judge(case)
        after = evolve(before, event)
        if after is not None:
            states[event.subject] = after
        if isinstance(event, LedgerProfileChanged):
            profile = profile_named(event.profile)
    return Replay(states, tuple(findings))


def _opening_profile(ordered: Iterable[tuple[int, Record]]) -> Profile:
    """The profile with which the ledger was opened; it holds for all time before, too."""
    for _, record in ordered:
        if isinstance(record.event, LedgerOpened):
            return profile_named(record.event.profile)
    return GENERAL


def profile_at(records: Sequence[Record], zone: ZoneInfo, instant: int) -> Profile:
    """The profile whose rules hold at an instant, from the records about the ledger."""
    ordered = timeline(records, zone)
    profile = _opening_profile(ordered)
    for at, record in ordered:
        if at <= instant and isinstance(record.event, LedgerProfileChanged):
            profile = profile_named(record.event.profile)
    return profile


def breaches_of(
    held: Sequence[Record], added: Sequence[Record], judged: frozenset[str], zone: ZoneInfo
) -> tuple[Breach, ...]:
    """The breaches that adding records would bring, later records made illegal among them.

    `held` are the records on the books that matter: the streams of the subjects that
    `added` is about, of those that name them, and of those that these name. Findings on
    subjects outside `judged` are left out, for their surroundings may be incomplete.
    Breaches that stand already are not held against the new records.
    """
    of_the_book = tuple(_book_breaches(held, added))
    unfit = {breach.position for breach in of_the_book}
    sound = [record for record in added if record.position not in unfit]
    known = Counter((rule_of(b.code), b.position) for b in _breaches(held, judged, zone))
    fresh = []
    for breach in _breaches([*held, *sound], judged, zone):
        rule = rule_of(breach.code), breach.position
        if known[rule]:
            known[rule] -= 1
        else:
            fresh.append(breach)
    return (*of_the_book, *fresh)


def _breaches(
    records: Sequence[Record], judged: frozenset[str], zone: ZoneInfo
) -> Iterable[Breach]:
    for finding in replay(records, zone).findings:
        if isinstance(finding, Breach) and finding.subject in judged:
            yield finding


def _book_breaches(held: Sequence[Record], added: Sequence[Record]) -> Iterable[Breach]:
    every = {record.position: record for record in (*held, *added)}
    streams: dict[str, list[Record]] = {}
    for record in held:
        streams.setdefault(record.subject, []).append(record)
    for record in added:
        yield from judge_book(record.event, record.position)
        stream = streams.setdefault(record.subject, [])
        targets = withdraws(record.event)
        by = withdrawals(stream) if targets else {}
        for target in targets:
            holds = every.get(target) if target < record.position else None
            # A better retraction of the same record is no second one.
            before = by.get(target) if by.get(target) != record.event.corrects else None
            yield from judge_withdrawal(
                record.event,
                record.position,
                target,
                None if holds is None else holds.event,
                None if before is None else (before, every[before].event),
            )
        stream.append(record)
        if targets:
            yield from _second_corrections(record, stream)


def _second_corrections(record: Record, stream: Sequence[Record]) -> Iterable[Breach]:
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
    """The part a record plays in where its subject stands.

    `decides`: it set the present status, where the subject has one. `withdrawn_by`: the
    record that retracted it or, where `corrected`, replaced it, so it counts no more.
    `reason` is that of its retraction. `late`: a fact that comes after it was recorded
    before it.
    """

    record: Record
    decides: bool = False
    withdrawn_by: int | None = None
    corrected: bool = False
    reason: str | None = None
    late: bool = False


def explain(
    records: Sequence[Record], subject: str, zone: ZoneInfo, until: int
) -> tuple[Reason, ...]:
    """The records about a subject up to an instant, each with the part it plays.

    In the order of valid time; those that were withdrawn stand at the end.
    """
    own = [record for record in records if record.subject == subject]
    withdrawn = withdrawals(own)
    ordered = [record for instant, record in timeline(own, zone) if instant <= until]
    deciding, state = 0, None
    for record in ordered:
        before, state = state, evolve(state, record.event)
        if getattr(state, "status", None) != getattr(before, "status", None):
            deciding = record.position
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
