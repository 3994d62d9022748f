"""`When`: a day, an instant, a month, a year, or "on or before" one of these.

Here: reading such times, and placing them on the line of instants. An instant is an
integer, microseconds since 1970-01-01T00:00Z. Not here: the clock, or any event.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from attrs import field, frozen

from govledger.errors import InvalidInput, brief, invalid
from govledger.values import line

MICROSECONDS_A_DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)

_FORM = re.compile(
    r"(?P<upto>\.\./)?(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?P<time>T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?P<offset>Z|[+-]\d\d:(?P<offset_minute>\d\d))?)?)?)?",
    re.ASCII,
)
_FORMS = (
    "write a day (2018-11-30), an instant with its offset (2018-11-30T14:30+01:00), "
    "a month (2018-06), a year (2018), or on or before one (../2018-06-27)"
)


class Precision(StrEnum):
    """How finely a time is known."""

    INSTANT = "instant"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


def _text(value: When | str | date | datetime) -> str:
    if isinstance(value, When):
        return value.text
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise invalid(
                "naive-datetime",
                f"{value.isoformat()} has no UTC offset",
                "give it a time zone: datetime(…, tzinfo=ZoneInfo(…))",
            )
        try:
            return _instant_form(value if _whole_minutes(value) else value.astimezone(UTC))
        except OverflowError:
            raise invalid("impossible-date", f"{value} is beyond all dates", _FORMS) from None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip()
    raise invalid("not-a-time", f"{brief(value)} is not a time", _FORMS)


def _whole_minutes(moment: datetime) -> bool:
    """Whether the UTC offset can be written as hours and minutes; before 1972 not all can."""
    return not (moment.utcoffset() or timedelta()) % timedelta(minutes=1)


def _instant_form(moment: datetime) -> str:
    precision = "microseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    written = moment.isoformat(timespec=precision)
    return written[:-6] + "Z" if written.endswith("+00:00") else written


@frozen
class When:
    """A time as far as it is known, in a useful subset of EDTF (ISO 8601-2).

    Takes `text`, a `date` or an aware `datetime`; raises `InvalidInput` for anything else,
    a naive datetime and an impossible date among them. Years run from 1000 to 9999.

    >>> from govledger import When
    >>> When("2018-11-30").precision
    <Precision.DAY: 'day'>
    >>> str(When("../2018-06-27"))
    '../2018-06-27'

    Days begin in a time zone; instants are microseconds since 1970-01-01T00:00Z.

    >>> from zoneinfo import ZoneInfo
    >>> month, zone = When("1970-01"), ZoneInfo("UTC")
    >>> month.earliest(zone), month.latest(zone), month.counts_from(zone)
    (0, 2678399999999, 2592000000000)
    >>> month.day(zone)
    datetime.date(1970, 1, 31)
    """

    text: str = field(converter=_text)
    precision: Precision = field(init=False, eq=False, repr=False)
    upto: bool = field(init=False, eq=False, repr=False)
    first: date = field(init=False, eq=False, repr=False)
    last: date = field(init=False, eq=False, repr=False)
    instant: int | None = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        text, *parts = _read(self.text)
        object.__setattr__(self, "text", text)
        for name, value in zip(_PARTS, parts, strict=True):
            object.__setattr__(self, name, value)

    def __str__(self) -> str:
        return self.text

    def earliest(self, zone: ZoneInfo) -> int | None:
        """The first instant it can have been, in `zone`; None where it is open ("on or before")."""
        if self.upto:
            return None
        return day_start(self.first, zone) if self.instant is None else self.instant

    def latest(self, zone: ZoneInfo) -> int:
        """The last instant it can have been, in `zone`."""
        return day_end(self.last, zone) if self.instant is None else self.instant

    def counts_from(self, zone: ZoneInfo) -> int:
        """The instant from which an event of this time counts, in `zone`.

        That is the first instant of the last day on which it can have happened; an
        instant counts from itself. Inclusion and order both use it.
        """
        return day_start(self.last, zone) if self.instant is None else self.instant

    def day(self, zone: ZoneInfo) -> date:
        """The last day, in `zone`, on which it can have been."""
        return self.last if self.instant is None else day_of(self.instant, zone)


_PARTS = ("precision", "upto", "first", "last", "instant")


@lru_cache(maxsize=4_096)
def _read(text: str) -> tuple[str, Precision, bool, date, date, int | None]:
    match = _FORM.fullmatch(text)
    if match is None:
        raise invalid("not-a-time", f"{brief(text)} is not a time", _FORMS)
    upto, year, month, day = (
        match["upto"] is not None,
        match["year"],
        match["month"],
        match["day"],
    )
    if year < "1000":
        raise invalid("impossible-date", f'"{text}" is before the year 1000', "check the year")
    try:
        if match["time"]:
            return _read_instant(text, match)
        if day:
            first = last = date(int(year), int(month), int(day))
            precision = Precision.DAY
        elif month:
            first = date(int(year), int(month), 1)
            last = first.replace(day=monthrange(first.year, first.month)[1])
            precision = Precision.MONTH
        else:
            first, last = date(int(year), 1, 1), date(int(year), 12, 31)
            precision = Precision.YEAR
    except InvalidInput:
        raise
    except ValueError:
        raise invalid(
            "impossible-date",
            f'"{text}" does not exist',
            "check day and month; hours run to 23:59:59, offsets to 23:59",
        ) from None
    return text, precision, upto, first, last, None


def _read_instant(text: str, match: re.Match[str]) -> tuple[str, Precision, bool, date, date, int]:
    if match["offset"] is None:
        raise invalid(
            "naive-datetime",
            f'"{text}" has no UTC offset',
            "add one: +01:00 in the Dutch winter, +02:00 in summer, Z for UTC",
        )
    if match["upto"]:
        raise invalid("not-a-time", f'"{text}" is not a time: ../ takes a date', _FORMS)
    if match["hour"] > "23" or (match["offset_minute"] and match["offset_minute"] > "59"):
        raise ValueError  # some Pythons read 24:00 and +01:60 all the same
    moment = datetime.fromisoformat(text)  # ValueError here becomes impossible-date
    return (
        _instant_form(moment),
        Precision.INSTANT,
        False,
        moment.date(),
        moment.date(),
        instant_of(moment),
    )


def when(value: When | str | date | datetime) -> When:
    """The `When` of a `value`: text, a `date` or an aware `datetime`. Errors as for `When`.

    The converter of every field that holds one.

    >>> from govledger.fields import when
    >>> when("2024-03-14")
    When(text='2024-03-14')
    """
    if isinstance(value, str):
        return _when(value)
    return value if isinstance(value, When) else When(value)


@lru_cache(maxsize=16_384)
def _when(text: str) -> When:
    return When(text)


@lru_cache(maxsize=64)
def timezone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; `InvalidInput` where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise invalid(
            "unknown-timezone",
            f"{brief(name)} is not an IANA time zone",
            _nearest_zone(name),
        ) from None


def _nearest_zone(name: str) -> str:
    close = get_close_matches(name[:60], available_timezones(), n=1)
    return f'did you mean "{close[0]}"?' if close else "use a name such as Europe/Amsterdam or UTC"


def zone_name(value: str) -> str:
    """`value`, if it names an IANA time zone; a converter."""
    return timezone(line(value)).key


@lru_cache(maxsize=64)
def zone_rules(zone: ZoneInfo) -> str:
    """A digest of when the clocks of a zone change, from 1970 to 2037, to the minute.

    Instants that were worked out by other rules are other instants: governments change the
    clock, and the time zone database follows. What it says of the time before 1970 depends on
    who packaged it, and is left out.
    """
    changes = []
    before, week = _FIRST, timedelta(weeks=1)
    while before < _LAST_CHANGE:
        after = before + week
        if zone.utcoffset(before) != zone.utcoffset(after):
            at = _change(zone, before, after)
            changes.append(f"{at} {zone.utcoffset(at)}")
        before = after
    changes.append(str(zone.utcoffset(before)))
    return sha256("\n".join(changes).encode()).hexdigest()[:16]


_FIRST = datetime(1970, 1, 1)  # noqa: DTZ001 - what clocks on the wall show
_LAST_CHANGE = datetime(2037, 12, 31)  # noqa: DTZ001


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first minute on the clock that has the offset of `after`."""
    offset = zone.utcoffset(after)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if zone.utcoffset(middle) == offset:
            after = middle
        else:
            before = middle
    return after


@lru_cache(maxsize=16_384)
def day_start(day: date, zone: ZoneInfo) -> int:
    """The first instant of `day` in `zone`, also where the clock skips midnight.

    Where it skips from before midnight to after it (known once, Toronto 1919), the day is
    taken to begin at the midnight that was skipped.
    """
    # fold=0 takes the offset before a gap, which yields the instant of the gap itself.
    offset = zone.utcoffset(datetime(day.year, day.month, day.day))  # noqa: DTZ001
    assert offset is not None  # noqa: S101 - ZoneInfo always knows
    return (day.toordinal() - _EPOCH_DAY) * MICROSECONDS_A_DAY - offset // _MICROSECOND


def day_end(day: date, zone: ZoneInfo) -> int:
    """The last instant (microsecond) of `day` in `zone`; its first where it was skipped."""
    first = day_start(day, zone)
    if day == date.max:
        return first + MICROSECONDS_A_DAY - 1
    return max(first, day_start(day + timedelta(days=1), zone) - 1)


def instant_of(moment: datetime) -> int:
    """An aware datetime as an instant: microseconds since 1970-01-01T00:00Z."""
    return (moment - _EPOCH) // _MICROSECOND


def datetime_of(instant: int) -> datetime:
    """An instant as a datetime in UTC; at most the start of the last day that there is."""
    return _EPOCH + min(instant, _LAST) * _MICROSECOND


_LAST = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def day_of(instant: int, zone: ZoneInfo) -> date:
    """The day of an instant in `zone`."""
    offset = datetime_of(instant).astimezone(zone).utcoffset() or timedelta()
    ordinal = (instant + offset // _MICROSECOND) // MICROSECONDS_A_DAY + _EPOCH_DAY
    return date.fromordinal(min(ordinal, date.max.toordinal()))


def view_instant(value: When | str | date | datetime, zone: ZoneInfo) -> int:
    """The last instant of the day, or the instant, that a question names.

    "As of 30 November" means at the end of that day. Raises `InvalidInput` for a month, a
    year or "on or before": they name no single moment.
    """
    asked = when(value)
    if asked.upto or asked.precision not in (Precision.DAY, Precision.INSTANT):
        raise invalid(
            "not-a-moment",
            f'"{asked}" names no single moment',
            "ask about a day (2018-11-30) or an instant (2018-11-30T14:30+01:00)",
        )
    return asked.latest(zone)
