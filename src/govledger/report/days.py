"""Days as numbers, in the time zone of a ledger: a page asks about days, never about instants.

Here: `Days`. Not here: what holds on them.
"""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from govledger.when import When, day_end, day_of

Day = int
"""Days since 1970-01-01."""

_EPOCH = date(1970, 1, 1).toordinal()


def number(day: date) -> Day:
    """The number of a day."""
    return day.toordinal() - _EPOCH


LAST = number(date.max)
"""The last day that there is."""


def iso(day: Day) -> str:
    """A day in ISO 8601."""
    return date.fromordinal(day + _EPOCH).isoformat()


@frozen
class Days:
    """The days of a time zone."""

    zone: ZoneInfo

    def counts(self, time: When) -> Day:
        """The first day as of which an event of this time counts."""
        return self.first(time.counts_from(self.zone))

    def first(self, instant: int) -> Day:
        """The first day at whose end an instant has come.

        That is its own day, but where the clocks skip a day: the end of that is its only instant.
        """
        day = day_of(instant, self.zone)
        if day > date.min and day_end(day - timedelta(days=1), self.zone) >= instant:
            day -= timedelta(days=1)
        return number(day)

    def between(self, time: When) -> tuple[Day | None, Day]:
        """The first and the last day on which it can have been; None where the first is open."""
        earliest = time.earliest(self.zone)
        first = None if earliest is None else number(day_of(earliest, self.zone))
        return first, number(time.day(self.zone))
