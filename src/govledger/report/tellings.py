"""Tellings: how the records about a subject follow each other, as known at every position.

Here: `tellings`, which says for all dates at once what `history.explain` says of one. Not here:
what a record says, or any page.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise

from attrs import frozen

from govledger.events import RecordRetracted
from govledger.history import Record, explain, moving
from govledger.report.days import Day, Days
from govledger.rules import withdraws
from govledger.vocabulary import Vocabulary


@frozen
class Told:
    """A record that stands: from which `day` it counts, and the part it plays.

    `moves`: it sets the status. `late_from`: from this day on it is a fact that was recorded
    after what came later; None where it never is.
    """

    position: int
    day: Day
    moves: bool
    late_from: Day | None


@frozen
class Taken:
    """A record that was taken back, `by` which position, and whether that one `corrects` it."""

    position: int
    day: Day
    by: int
    corrects: bool


@frozen
class Telling:
    """The records of a subject in the order of valid time, as known from a position on."""

    known_from: int
    standing: tuple[Told, ...]
    taken: tuple[Taken, ...]


def tellings(records: Sequence[Record], days: Days, vocabulary: Vocabulary) -> tuple[Telling, ...]:
    """The tellings of the records about one subject, which are in log order.

    One holds until the next, as far as the records in it are known. A history in which nothing
    was taken back and nothing came late has one.
    """
    begins = [*_beginnings(records, days), len(records)]
    return tuple(
        _telling(records[start].position, records[:end], days, vocabulary)
        for start, end in pairwise(begins)
    )


def _beginnings(records: Sequence[Record], days: Days) -> Iterator[int]:
    """The records that do more than go on where the ones before ended."""
    latest = -sys.maxsize
    for number, record in enumerate(records):
        instant = record.on.counts_from(days.zone)
        if number == 0 or instant < latest or withdraws(record.event):
            yield number
        latest = max(latest, instant)


def _telling(
    known_from: int, records: Sequence[Record], days: Days, vocabulary: Vocabulary
) -> Telling:
    reasons = explain(records, records[0].subject, days.zone, sys.maxsize, vocabulary)
    standing = [reason.record for reason in reasons if reason.withdrawn_by is None]
    moves = set(moving(standing, vocabulary))
    told: list[Told] = []
    later: list[Told] = []  # those that some earlier fact may be late for, the nearest last
    for record in reversed(standing):
        position, day = record.position, days.counts(record.on)
        before = next((other for other in reversed(later) if other.position < position), None)
        is_late = before is not None and record.event.corrects is None
        late_from = before.day if before is not None and is_late else None
        told.append(Told(position, day, position in moves, late_from))
        if not isinstance(record.event, RecordRetracted):
            while later and later[-1].position > position:
                later.pop()
            later.append(told[-1])
    told.reverse()
    taken = (
        Taken(r.record.position, days.counts(r.record.on), r.withdrawn_by, r.corrected)
        for r in reasons
        if r.withdrawn_by is not None
    )
    return Telling(known_from, tuple(told), tuple(taken))
