"""When facts count, and which of them stand: what the contenders of govledger are told of it.

Here: instants, and the order of one subject's facts, as docs/explanation/time.md defines them.
Not here: any storage or state. All contenders use it, so that they give the same answers.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
FOR_EVER = 2**63 - 1
"""Later than every instant and every position."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Fact(NamedTuple):
    """One fact of a subject: when it counts, where it stands, what it withdraws, what it is."""

    valid: int
    position: int
    withdraws: int | None
    retracts: bool
    event: Any


def standing(facts: Sequence[Fact], until: int = FOR_EVER) -> list[Any]:
    """The events of one subject that stand, in the order of valid time.

    A withdrawn record withdraws nothing, but a correction takes over what the record that it
    corrects had replaced; and it keeps the place of that record among facts of one instant.
    """
    by_position = {fact.position: fact for fact in facts}
    place: dict[int, int] = {}
    for fact in facts:  # they come in the order of recording
        target = None if fact.retracts else fact.withdraws
        place[fact.position] = fact.position if target is None else place.get(target, target)
    withdrawn: set[int] = set()
    for fact in reversed(facts):
        if fact.position in withdrawn or fact.withdraws is None:
            continue
        target: int | None = fact.withdraws
        while target is not None:
            withdrawn.add(target)
            before = by_position.get(target)
            target = (
                None if fact.retracts or before is None or before.retracts else before.withdraws
            )
    keyed = [
        (fact.valid, place[fact.position], fact.event)
        for fact in facts
        if fact.position not in withdrawn and not fact.retracts and fact.valid <= until
    ]
    keyed.sort(key=lambda row: row[:2])
    return [event for _, _, event in keyed]


@lru_cache(maxsize=65_536)
def counts_from(on: str) -> int:
    """The instant from which a fact of that time counts, in microseconds since 1970."""
    if "T" in on:
        return (datetime.fromisoformat(on) - _EPOCH) // _MICROSECOND
    return _begin(last_day(on))


def end_of(day: str) -> int:
    """The last instant of a day: what a question about it includes."""
    return _begin(date.fromisoformat(day) + timedelta(days=1)) - 1


@lru_cache(maxsize=65_536)
def last_day(on: str) -> date:
    """The last day on which it can have been."""
    if "T" in on:
        return datetime.fromisoformat(on).astimezone(ZONE).date()
    year, month, day = (*map(int, on.removeprefix("../").split("-")), 0, 0)[:3]
    month = month or 12
    return date(year, month, day or monthrange(year, month)[1])


def _begin(day: date) -> int:
    begin = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return (begin - _EPOCH) // _MICROSECOND
