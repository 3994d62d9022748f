"""`FixedClock`: a clock that stands still until a test moves it.

Here: that clock. Not here: what asks for the time; a ledger takes any function for a clock.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Self

from govledger.errors import ClockError, Problem
from govledger.when import Precision, When, datetime_of, timezone, view_instant

START = "2024-01-01"
"""When a clock starts that is not told otherwise."""


class FixedClock:
    """A clock for `Ledger.open(..., clock=…)` that moves only where it is told to.

    It begins at `start`: an instant, or where a day begins in its time `zone` (IANA, UTC unless
    given). Calling it gives the present as an aware datetime, in UTC. Raises `InvalidInput` for a
    time that is neither a day nor an instant.

    >>> from govledger.testing import FixedClock
    >>> clock = FixedClock("2018-11-30T14:30+01:00")
    >>> str(clock())
    '2018-11-30 13:30:00+00:00'
    >>> str(clock.advance(days=1, hours=2)())
    '2018-12-01 15:30:00+00:00'
    >>> str(clock.at("2018-12-24")())
    '2018-12-24 00:00:00+00:00'
    """

    def __init__(self, start: When | str | date | datetime = START, *, zone: str = "UTC") -> None:
        """Begin at `start`."""
        self._zone = timezone(zone)
        self._now = self._moment(start)

    def __call__(self) -> datetime:
        """The present, in UTC."""
        return self._now

    def __repr__(self) -> str:
        return f'FixedClock("{self._now.isoformat()}")'

    def at(self, moment: When | str | date | datetime) -> Self:
        """Move on to a `moment`: an instant, or where a day begins. Gives the clock itself.

        Raises `ClockError` for a time that has passed, `InvalidInput` for one that names no
        single moment.
        """
        return self._move(self._moment(moment))

    def advance(
        self,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        microseconds: float = 0,
    ) -> Self:
        """Move on by `days`, `hours`, `minutes`, `seconds` and `microseconds`.

        All together; a day has 24 hours. Gives the clock itself. Raises `ClockError` where that
        would be back.
        """
        step = timedelta(
            days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds
        )
        return self._move(self._now + step)

    def _moment(self, moment: When | str | date | datetime) -> datetime:
        asked = When(moment)
        if asked.precision is Precision.DAY and not asked.upto:
            first = asked.earliest(self._zone)
            assert first is not None  # noqa: S101 - a day has a beginning
            return datetime_of(first)
        return datetime_of(view_instant(asked, self._zone))

    def _move(self, to: datetime) -> Self:
        if to < self._now:
            raise ClockError(
                Problem(
                    code="clock-ran-back",
                    message=f"the clock stands at {self._now.isoformat()}, and was told to go back"
                    f" to {to.isoformat()}",
                    hint="a ledger's clock never runs back: begin earlier, or take a new clock;"
                    " what happened earlier is recorded later, with its own `on`",
                )
            )
        self._now = to
        return self
