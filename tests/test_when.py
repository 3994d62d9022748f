"""`When`: the forms it takes and refuses, and where each falls on the line of instants,
in zones whose clocks skip midnight, come past it twice, or skip a whole day."""

from datetime import UTC, date, datetime, timedelta
from datetime import timezone as fixed
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from govledger.errors import InvalidInput
from govledger.when import (
    Precision,
    When,
    datetime_of,
    day_end,
    day_of,
    day_start,
    instant_of,
    timezone,
    view_instant,
    when,
    zone_name,
)

MICROSECOND = timedelta(microseconds=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
APIA = ZoneInfo("Pacific/Apia")

ZONES = tuple(
    map(
        ZoneInfo,
        (
            "UTC",
            "Europe/Amsterdam",
            "America/Sao_Paulo",  # its summer began at midnight
            "Africa/Cairo",  # so does its
            "America/Havana",  # its summer ends at 01:00: midnight comes twice
            "Asia/Kathmandu",
            "Australia/Lord_Howe",  # its summer is half an hour
            "Pacific/Kiritimati",
            "Pacific/Apia",  # it had no 30 December 2011
            "Etc/GMT+12",
        ),
    )
)


def at(text):
    """The instant of an ISO 8601 text."""
    return instant_of(datetime.fromisoformat(text))


# --- forms ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "precision", "upto", "first", "last"),
    [
        ("2018-11-30", "day", False, "2018-11-30", "2018-11-30"),
        ("2020-02-29", "day", False, "2020-02-29", "2020-02-29"),
        ("2018-02", "month", False, "2018-02-01", "2018-02-28"),
        ("2020-02", "month", False, "2020-02-01", "2020-02-29"),
        ("2018-12", "month", False, "2018-12-01", "2018-12-31"),
        ("2018", "year", False, "2018-01-01", "2018-12-31"),
        ("../2018-06-27", "day", True, "2018-06-27", "2018-06-27"),
        ("../2018-06", "month", True, "2018-06-01", "2018-06-30"),
        ("../2018", "year", True, "2018-01-01", "2018-12-31"),
        ("1000", "year", False, "1000-01-01", "1000-12-31"),
        ("9999-12-31", "day", False, "9999-12-31", "9999-12-31"),
        ("9999-12", "month", False, "9999-12-01", "9999-12-31"),
        ("2018-11-30T14:30+01:00", "instant", False, "2018-11-30", "2018-11-30"),
    ],
)
def test_forms(text, precision, upto, first, last):
    time = When(text)
    assert (str(time), time.precision, time.upto) == (text, precision, upto)
    assert (time.first, time.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert (time.instant is None) == (time.precision is not Precision.INSTANT)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("2018-11-30T14:30:00+01:00", "2018-11-30T14:30+01:00"),
        ("2018-11-30T14:30:00.000+01:00", "2018-11-30T14:30+01:00"),
        ("2018-11-30T14:30:05Z", "2018-11-30T14:30:05Z"),
        ("2018-11-30T14:30:00.5Z", "2018-11-30T14:30:00.500000Z"),
        ("2018-11-30T14:30+00:00", "2018-11-30T14:30Z"),
        ("2018-11-30T14:30-00:00", "2018-11-30T14:30Z"),
        ("2018-11-30T14:30-09:30", "2018-11-30T14:30-09:30"),
        (date(2018, 11, 30), "2018-11-30"),
        (datetime(2018, 11, 30, 14, 30, tzinfo=UTC), "2018-11-30T14:30Z"),
        (datetime(2018, 11, 30, 14, 30, 5, tzinfo=AMSTERDAM), "2018-11-30T14:30:05+01:00"),
        (datetime(2018, 6, 30, 14, 30, 0, 1, AMSTERDAM), "2018-06-30T14:30:00.000001+02:00"),
        (When("../2018"), "../2018"),
    ],
)
def test_one_way_to_write_each(given, text):
    assert str(When(given)) == text
    assert When(given) == When(text)


def test_an_aware_datetime_of_local_mean_time_is_taken():
    noon = datetime(1950, 5, 1, 12, tzinfo=ZoneInfo("Africa/Monrovia"))  # 44 min 30 s behind
    assert When(noon).instant == instant_of(noon)


def test_the_offset_is_part_of_what_is_said():
    here, there = When("2018-11-30T14:30+01:00"), When("2018-11-30T13:30Z")
    assert here != there
    assert here.instant == there.instant


def test_when_gives_back_what_is_one_already():
    time = When("2018")
    assert when(time) is time
    assert when("2018") == time


@pytest.mark.parametrize(
    ("given", "code"),
    [
        # no offset
        (datetime(2018, 11, 30, 14, 30), "naive-datetime"),
        ("2018-11-30T14:30", "naive-datetime"),
        ("2018-11-30T14:30:00.5", "naive-datetime"),
        # no such time
        ("2018-11-31", "impossible-date"),
        ("2019-02-29", "impossible-date"),
        ("1900-02-29", "impossible-date"),
        ("2018-13", "impossible-date"),
        ("2018-00", "impossible-date"),
        ("2018-00-10", "impossible-date"),
        ("2018-01-00", "impossible-date"),
        ("../2018-02-30", "impossible-date"),
        ("2018-02-30T12:00Z", "impossible-date"),
        ("2018-11-30T24:00Z", "impossible-date"),
        ("2018-11-30T14:60Z", "impossible-date"),
        ("2016-12-31T23:59:60Z", "impossible-date"),
        ("2018-11-30T14:30+24:00", "impossible-date"),
        ("2018-11-30T14:30+01:60", "impossible-date"),
        ("0999", "impossible-date"),
        ("0999-12-31", "impossible-date"),
        ("0000", "impossible-date"),
        (date(999, 12, 31), "impossible-date"),
        # other standards, other forms
        ("2018-W48-5", "not-a-time"),
        ("2018-334", "not-a-time"),
        ("20181130", "not-a-time"),
        ("2018-11-30T1430Z", "not-a-time"),
        ("2018-11-30T14Z", "not-a-time"),
        ("2018-11-30T14:30+01", "not-a-time"),
        ("2018-11-30T14:30+0100", "not-a-time"),
        ("2018-11-30T14:30+01:00:30", "not-a-time"),
        ("2018-11-30t14:30Z", "not-a-time"),
        ("2018-11-30T14:30z", "not-a-time"),
        ("2018-11-30T14:30:05,5Z", "not-a-time"),
        ("2018-11-30T14:30:05.0000001Z", "not-a-time"),
        ("2018-11-30 14:30Z", "not-a-time"),
        ("2018-11-30T14:30 +01:00", "not-a-time"),
        ("2018 -11", "not-a-time"),
        (".. /2018", "not-a-time"),
        ("../2018-11-30T14:30Z", "not-a-time"),
        ("2018/..", "not-a-time"),
        ("2018-11-30/2018-12-01", "not-a-time"),
        ("2018~", "not-a-time"),
        ("30-11-2018", "not-a-time"),
        ("2018-6", "not-a-time"),
        ("-2018", "not-a-time"),
        ("+2018", "not-a-time"),
        ("12018-11-30", "not-a-time"),
        ("２０１８-11-30", "not-a-time"),
        ("٢٠١٨", "not-a-time"),
        ("2018\u201111\u201130", "not-a-time"),
        ("", "not-a-time"),
        ("..", "not-a-time"),
        ("yesterday", "not-a-time"),
        (None, "not-a-time"),
        (2018, "not-a-time"),
        (b"2018", "not-a-time"),
        (["2018"], "not-a-time"),
    ],
)
def test_refused(given, code):
    with pytest.raises(InvalidInput) as error:
        When(given)
    (problem,) = error.value.problems
    assert problem.code == code
    assert problem.hint
    assert "error[" not in problem.message  # one reason, not one inside another


# --- on the line of instants ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "earliest", "counts_from", "latest", "day"),
    [
        (
            *("2018-11-30", "Europe/Amsterdam"),
            *("2018-11-29T23:00Z", "2018-11-29T23:00Z", "2018-11-30T22:59:59.999999Z"),
            "2018-11-30",
        ),
        (  # a day of 25 hours
            *("2018-10-28", "Europe/Amsterdam"),
            *("2018-10-27T22:00Z", "2018-10-27T22:00Z", "2018-10-28T22:59:59.999999Z"),
            "2018-10-28",
        ),
        (
            *("2018-06", "Europe/Amsterdam"),
            *("2018-05-31T22:00Z", "2018-06-29T22:00Z", "2018-06-30T21:59:59.999999Z"),
            "2018-06-30",
        ),
        (
            *("2018", "Europe/Amsterdam"),
            *("2017-12-31T23:00Z", "2018-12-30T23:00Z", "2018-12-31T22:59:59.999999Z"),
            "2018-12-31",
        ),
        (
            *("../2018-06-27", "Europe/Amsterdam"),
            *(None, "2018-06-26T22:00Z", "2018-06-27T21:59:59.999999Z"),
            "2018-06-27",
        ),
        (
            *("../2018", "UTC"),
            *(None, "2018-12-31T00:00Z", "2018-12-31T23:59:59.999999Z"),
            "2018-12-31",
        ),
        (  # the clock goes from 23:59:59 to 01:00
            *("2018-11-04", "America/Sao_Paulo"),
            *("2018-11-04T03:00Z", "2018-11-04T03:00Z", "2018-11-05T01:59:59.999999Z"),
            "2018-11-04",
        ),
        (
            *("2018-11-03", "America/Sao_Paulo"),
            *("2018-11-03T03:00Z", "2018-11-03T03:00Z", "2018-11-04T02:59:59.999999Z"),
            "2018-11-03",
        ),
        (  # from 23:59:59 back to 23:00
            *("2018-02-17", "America/Sao_Paulo"),
            *("2018-02-17T02:00Z", "2018-02-17T02:00Z", "2018-02-18T02:59:59.999999Z"),
            "2018-02-17",
        ),
        (  # 00:00 to 01:00 comes twice, both on this day
            *("2018-11-04", "America/Havana"),
            *("2018-11-04T04:00Z", "2018-11-04T04:00Z", "2018-11-05T04:59:59.999999Z"),
            "2018-11-04",
        ),
        (  # the last day before the date line moved
            *("2011-12-29", "Pacific/Apia"),
            *("2011-12-29T10:00Z", "2011-12-29T10:00Z", "2011-12-30T09:59:59.999999Z"),
            "2011-12-29",
        ),
        (
            *("2011-12-31", "Pacific/Apia"),
            *("2011-12-30T10:00Z", "2011-12-30T10:00Z", "2011-12-31T09:59:59.999999Z"),
            "2011-12-31",
        ),
        (
            *("2018-11-30T23:30-05:00", "Europe/Amsterdam"),
            *("2018-12-01T04:30Z", "2018-12-01T04:30Z", "2018-12-01T04:30Z"),
            "2018-12-01",
        ),
        (
            *("2018-11-30T23:30Z", "America/Sao_Paulo"),
            *("2018-11-30T23:30Z", "2018-11-30T23:30Z", "2018-11-30T23:30Z"),
            "2018-11-30",
        ),
        (
            *("1000", "UTC"),
            *("1000-01-01T00:00Z", "1000-12-31T00:00Z", "1000-12-31T23:59:59.999999Z"),
            "1000-12-31",
        ),
        (
            *("9999-12-31", "UTC"),
            *("9999-12-31T00:00Z", "9999-12-31T00:00Z", "9999-12-31T23:59:59.999999Z"),
            "9999-12-31",
        ),
    ],
)
def test_places(text, zone, earliest, counts_from, latest, day):
    time, zone = When(text), ZoneInfo(zone)
    assert time.earliest(zone) == (earliest and at(earliest))
    assert time.counts_from(zone) == at(counts_from)
    assert time.latest(zone) == at(latest)
    assert time.day(zone) == date.fromisoformat(day)


def test_a_day_that_a_zone_skipped_begins_with_the_next():
    assert day_start(date(2011, 12, 30), APIA) == day_start(date(2011, 12, 31), APIA)


def test_a_fact_of_a_day_that_a_zone_skipped_is_in_the_register_of_that_day():
    time = When("2011-12-30")
    assert time.counts_from(APIA) <= view_instant(time, APIA)


def _forms(day):
    month, year = f"{day:%Y-%m}".zfill(7), f"{day.year:04}"
    return st.sampled_from([str(day), month, year, f"../{day}", f"../{month}", f"../{year}"])


days = st.dates(min_value=date(1000, 1, 2), max_value=date(9999, 12, 30))
modern_days = st.dates(min_value=date(1970, 1, 2), max_value=date(2037, 12, 30))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: fixed(timedelta(minutes=m)))
moments = st.datetimes(
    min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30), timezones=offsets
)
modern_moments = st.datetimes(
    min_value=datetime(1970, 1, 2), max_value=datetime(2037, 12, 30), timezones=offsets
)
whens = st.one_of(days.flatmap(_forms), days, moments).map(When)
zones = st.sampled_from(ZONES)


@settings(max_examples=400, deadline=None)
@given(whens, zones)
@example(When("9999-12-31"), ZoneInfo("Etc/GMT+12"))
@example(When("1000"), ZoneInfo("Pacific/Kiritimati"))
@example(When("2018-11-04"), ZoneInfo("America/Sao_Paulo"))
def test_it_counts_from_between_the_earliest_and_the_latest(time, zone):
    earliest, counts_from, latest = time.earliest(zone), time.counts_from(zone), time.latest(zone)
    assert counts_from <= latest
    if earliest is None:
        assert time.upto
    else:
        assert earliest <= counts_from
    if time.instant is None:
        assert counts_from == day_start(time.day(zone), zone)
    else:
        assert earliest == counts_from == latest == time.instant


@settings(max_examples=300, deadline=None)
@given(whens)
def test_text_round_trip(time):
    again = When(str(time))
    assert again == time
    assert hash(again) == hash(time)
    for part in ("text", "precision", "upto", "first", "last", "instant"):
        assert getattr(again, part) == getattr(time, part)


@settings(max_examples=300, deadline=None)
@given(moments)
def test_an_aware_datetime_keeps_its_instant(moment):
    assert datetime_of(When(moment).instant) == moment
    assert When(moment.isoformat()) == When(moment)


@settings(max_examples=500, deadline=None)
@given(modern_days, zones)
@example(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
@example(date(2018, 11, 4), ZoneInfo("America/Havana"))
@example(date(2011, 12, 31), APIA)
def test_a_day_runs_from_its_first_instant_to_its_last(day, zone):
    assume((day, zone) != (date(2011, 12, 30), APIA))
    first = datetime_of(day_start(day, zone))
    last = datetime_of(day_end(day, zone))
    assert first.astimezone(zone).date() == day
    assert (first - MICROSECOND).astimezone(zone).date() < day
    assert last.astimezone(zone).date() == day
    assert (last + MICROSECOND).astimezone(zone).date() > day
    assert last + MICROSECOND == datetime_of(day_start(day + timedelta(days=1), zone))


@settings(max_examples=300, deadline=None)
@given(modern_moments, zones)
def test_an_instant_lies_within_its_day(moment, zone):
    instant = instant_of(moment)
    day = day_of(instant, zone)
    assert day == moment.astimezone(zone).date()
    assert day_start(day, zone) <= instant <= day_end(day, zone)


# --- the ends of time -------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("text", ["1000", "1000-01-01", "9999-12-31", "9999", "../9999"])
def test_the_first_year_and_the_last_have_a_place_in_every_zone(text, zone):
    time = When(text)
    assert time.counts_from(zone) <= time.latest(zone)
    assert time.day(zone) == time.last


def test_the_last_day_lasts_a_day():
    for zone in ZONES:
        length = day_end(date.max, zone) + 1 - day_start(date.max, zone)
        assert length == timedelta(days=1) // MICROSECOND


def test_an_instant_late_on_the_last_day_has_that_day():
    assert When("9999-12-31T23:59-05:00").day(ZoneInfo("America/New_York")) == date.max


@pytest.mark.parametrize("text", ["1000-01-01T00:00+14:00", "9999-12-31T23:59-12:00"])
def test_what_is_accepted_has_a_day_in_every_zone(text):
    try:
        time = When(text)
    except InvalidInput:
        return
    assert all(time.day(zone) for zone in ZONES)


# --- what a question names --------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "instant"),
    [
        ("2018-11-30", "2018-11-30T22:59:59.999999Z"),
        (date(2018, 11, 30), "2018-11-30T22:59:59.999999Z"),
        (When("2018-11-30"), "2018-11-30T22:59:59.999999Z"),
        ("2018-11-30T14:30+01:00", "2018-11-30T13:30Z"),
        (datetime(2018, 11, 30, 14, 30, tzinfo=AMSTERDAM), "2018-11-30T13:30Z"),
    ],
)
def test_a_view_is_of_the_end_of_a_day_or_of_an_instant(asked, instant):
    assert view_instant(asked, AMSTERDAM) == at(instant)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("2018-06", "not-a-moment"),
        ("2018", "not-a-moment"),
        ("../2018-06-27", "not-a-moment"),
        ("../2018", "not-a-moment"),
        (datetime(2018, 11, 30), "naive-datetime"),
        ("2018-02-30", "impossible-date"),
        ("today", "not-a-time"),
        (20181130, "not-a-time"),
    ],
)
def test_a_view_of_no_single_moment_is_refused(asked, code):
    with pytest.raises(InvalidInput) as error:
        view_instant(asked, AMSTERDAM)
    assert [problem.code for problem in error.value.problems] == [code]


@settings(max_examples=200, deadline=None)
@given(modern_days, zones)
def test_a_fact_of_a_day_is_in_the_view_of_that_day_and_not_of_the_day_before(day, zone):
    assume((day, zone) != (date(2011, 12, 30), APIA))
    counts_from = When(day).counts_from(zone)
    assert view_instant(day - timedelta(days=1), zone) < counts_from <= view_instant(day, zone)


# --- time zones -------------------------------------------------------------------------


def test_time_zones():
    assert timezone("Europe/Amsterdam") == AMSTERDAM
    assert zone_name("UTC") == "UTC"


@pytest.mark.parametrize(
    "name",
    [
        *("Mars/Base", "CET+1", "Europe", "", " ", "a\0b", "x" * 5_000),
        *("../../etc/passwd", "/etc/localtime", "Europe/../UTC"),
    ],
    ids=lambda name: repr(name[:20]),
)
def test_unknown_time_zones(name):
    with pytest.raises(InvalidInput) as error:
        timezone(name)
    (problem,) = error.value.problems
    assert problem.code == "unknown-timezone"
    assert problem.hint


def test_an_unknown_time_zone_gets_the_nearest():
    with pytest.raises(InvalidInput, match='did you mean "Europe/Amsterdam"'):
        timezone("Europe/Amsterdm")


@pytest.mark.parametrize("name", [None, 1, [], {}, "", "Mars/Base"], ids=repr)
def test_what_is_no_name_is_refused_as_a_field(name):
    with pytest.raises(InvalidInput):
        zone_name(name)
