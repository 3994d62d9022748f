"""What a log comes to: which records stand, in which order, under whose rules, and why a
subject is where it is; and what adding a record would break, now or later in time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_books import NaiveBooks

from govledger import (
    LedgerOpened,
    LedgerProfileChanged,
    MandateConditionMet,
    MandateGiven,
    MeetingConvened,
    MotionAdopted,
    MotionAliasNoted,
    MotionCompleted,
    MotionForceExtended,
    MotionHeldOver,
    MotionRejected,
    MotionReopened,
    MotionResumed,
    MotionSubmitted,
    MotionSuperseded,
    MotionVoteDeferred,
    MotionWithdrawn,
    Record,
    RecordRetracted,
)
from govledger.history import (
    Replay,
    explain,
    replay,
    regime,
    timeline,
    withdrawals,
)
from govledger.spans import plan
from govledger.when import instant_of, view_instant

ZONE = ZoneInfo("Europe/Amsterdam")
OPENED = LedgerOpened(name="bins", timezone=ZONE.key, profile="general@1", on="2018-12-01")


def log(*events, after=()):
    """Records of events, one an hour, behind those that came before."""
    records = list(after)
    for event in events:
        position = len(records) + 1
        version = sum(record.subject == event.subject for record in records) + 1
        at = datetime(2018, 12, 1, tzinfo=UTC) + timedelta(hours=position)
        records.append(Record(position=position, version=version, recorded_at=at, event=event))
    return records


def submitted(slug="m", on="2018-01-01", **more):
    return MotionSubmitted(slug, title=slug, on=on, **more)


def adopted(slug="m", on="2018-02-01", **more):
    return MotionAdopted(slug, on=on, **more)


def alias(name, on="2018-03-01", **more):
    return MotionAliasNoted("m", alias=name, on=on, **more)


def retraction(position, slug="m", on="2018-12-01", **more):
    return RecordRetracted(f"motion/{slug}", position=position, reason="Wrong", on=on, **more)


def at(moment):
    return view_instant(moment, ZONE)


def motion(records, until=None, slug="m"):
    """A motion after the replay of records."""
    return replay(records, ZONE, until and at(until)).states.get(f"motion/{slug}")


# --- withdrawals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "withdrawn"),
    [
        ([alias("a"), alias("b")], {}),
        ([alias("a"), retraction(1)], {1: 2}),
        ([alias("a"), alias("b", corrects=1)], {1: 2}),
        # a retraction of a retraction brings the fact back
        ([alias("a"), retraction(1), retraction(2)], {2: 3}),
        ([alias("a"), retraction(1), retraction(2), retraction(3)], {3: 4, 1: 2}),
        # a correction of a correction replaces both
        ([alias("a"), alias("b", corrects=1), alias("c", corrects=2)], {1: 3, 2: 3}),
        # retracting a correction brings back what it corrected
        ([alias("a"), alias("b", corrects=1), retraction(2)], {2: 3}),
        (
            [alias("a"), alias("b", corrects=1), alias("c", corrects=2), retraction(3)],
            {1: 2, 3: 4},
        ),
        (
            [alias("a"), alias("b", corrects=1), retraction(2), alias("c", corrects=1)],
            {1: 4, 2: 3},
        ),
        # and retracting that retraction brings back the correction
        ([alias("a"), alias("b", corrects=1), retraction(2), retraction(3)], {1: 2, 3: 4}),
        # a retraction is corrected by a better one of the same record
        ([alias("a"), retraction(1), retraction(1, corrects=2)], {1: 3, 2: 3}),
        # or by one of the record that was meant, or by another fact
        ([alias("a"), alias("b"), retraction(1), retraction(2, corrects=3)], {2: 4, 3: 4}),
        ([alias("a"), retraction(1), alias("b", corrects=2)], {2: 3}),
        # what lies ahead is not withdrawn
        ([retraction(2), alias("a")], {}),
        ([alias("a", corrects=1)], {}),
    ],
)
def test_withdrawals(events, withdrawn):
    records = log(*events)
    assert withdrawals(records) == withdrawn
    assert withdrawals(reversed(records)) == withdrawn
    stand = [record for _, record in timeline(records, ZONE)]
    assert {record.position for record in stand} == {r.position for r in records} - set(withdrawn)


def test_before_it_was_withdrawn_it_stood():
    records = log(submitted(), adopted(), retraction(2), retraction(3))
    assert [str(motion(records[:known]).status) for known in (1, 2, 3, 4)] == [
        *("submitted", "adopted", "submitted", "adopted")
    ]


@st.composite
def books(draw):
    """Records of one subject that correct and retract each other at random."""
    events = []
    for position in range(1, draw(st.integers(1, 12)) + 1):
        earlier = st.integers(1, position - 1)
        corrects = draw(st.none() | earlier) if position > 1 else None
        retracts = draw(st.none() | earlier) if position > 1 else None
        on = f"2018-03-{draw(st.integers(1, 5)):02}"
        if retracts is None:
            events.append(alias("x", on, corrects=corrects))
        else:
            events.append(retraction(retracts, on=on, corrects=corrects))
    return log(*events)


@settings(max_examples=200, deadline=None)
@given(books())
def test_a_record_stands_unless_one_that_stands_takes_it_back(records):
    events = {record.position: record.event for record in records}

    def targets(position):
        event = events[position]
        if isinstance(event, RecordRetracted):
            yield event.position
        while (corrected := events[position].corrects) is not None:
            yield corrected
            position = corrected

    def stands(position):
        return not any(
            position in targets(later) and stands(later) for later in events if later > position
        )

    withdrawn = withdrawals(records)
    assert set(withdrawn) == {position for position in events if not stands(position)}
    for position, by in withdrawn.items():
        assert stands(by)
        assert position in targets(by)


# --- the order of valid time ------------------------------------------------------------


def order(*events, zone=ZONE):
    """The positions of the records of events that stand, in the order of valid time."""
    return [record.position for _, record in timeline(log(*events), zone)]


def test_a_late_fact_takes_its_place():
    assert order(alias("a", "2018-03-03"), alias("b", "2018-03-01"), alias("c", "2018-03-02")) == [
        *(2, 3, 1)
    ]


def test_facts_of_one_day_keep_the_order_of_recording():
    assert order(*[alias(name, "2018-03-01") for name in "dacb"]) == [1, 2, 3, 4]


def test_instants_come_within_their_day_and_the_day_before_them():
    events = (
        alias("noon", "2018-03-01T12:00+01:00"),
        alias("the day after", "2018-03-02"),
        alias("ten", "2018-03-01T09:00Z"),
        alias("the day", "2018-03-01"),
        alias("midnight", "2018-03-01T00:00+01:00"),
        alias("just before", "2018-02-28T23:59:59.999999+01:00"),
    )
    assert order(*events) == [6, 4, 5, 3, 1, 2]


def test_what_is_known_roughly_counts_from_its_last_day():
    events = (
        alias("year", "2018"),
        alias("month", "2018-03"),
        alias("at the latest", "../2018-03-31"),
        alias("the day", "2018-03-31"),
        alias("the day before", "2018-03-30"),
        alias("the year end", "2018-12-31"),
    )
    assert order(*events) == [5, 2, 3, 4, 1, 6]


def test_a_day_begins_in_the_zone_of_the_ledger():
    events = (alias("a", "2018-03-01"), alias("b", "2018-02-28T23:30Z"))
    assert order(*events, zone=ZONE) == [1, 2]
    assert order(*events, zone=ZoneInfo("UTC")) == [2, 1]


def test_a_correction_keeps_the_place_of_what_it_corrects():
    first, second = alias("a", "2018-03-01"), alias("b", "2018-03-01")
    assert order(first, second, alias("c", "2018-03-01", corrects=1)) == [3, 2]
    assert order(first, second, alias("c", "2018-03-01", corrects=2)) == [1, 3]
    # of a correction too
    again = alias("d", "2018-03-01", corrects=3)
    assert order(first, second, alias("c", "2018-03-01", corrects=1), again) == [4, 2]
    # on another day it moves
    assert order(first, second, alias("c", "2018-03-02", corrects=1)) == [2, 3]
    # and once it is retracted, the first is back in its place
    gone = retraction(3, on="2018-12-01")
    assert order(first, second, alias("c", "2018-03-01", corrects=1), gone) == [1, 2, 4]


@settings(max_examples=200, deadline=None)
@given(books())
def test_the_timeline_is_in_order_whatever_order_the_records_come_in(records):
    rows = timeline(records, ZONE)
    assert rows == timeline(records[::-1], ZONE)
    instants = [instant for instant, _ in rows]
    assert instants == sorted(instants)
    assert instants == [record.on.counts_from(ZONE) for _, record in rows]


def test_a_replay_stops_behind_the_instant_that_is_asked_of():
    records = log(submitted(on="2018-03-01"), adopted(on="2018-03-02T12:00+01:00"))
    assert replay(records, ZONE, at("2018-02-28")) == Replay({}, ())
    assert str(motion(records, "2018-03-02T11:59:59.999999+01:00").status) == "submitted"
    assert str(motion(records, "2018-03-02T12:00+01:00").status) == "adopted"
    assert motion(records) == motion(records, "9999-12-31")


def test_a_replay_keeps_what_it_finds():
    records = log(adopted(), MotionCompleted("m", on="2018-03-01"), adopted("n", "2018-04-01"))
    found = replay(records, ZONE, at("2018-03-31")).findings
    assert [(finding.code, finding.position) for finding in found] == [("not-on-record", 1)]


def test_a_record_says_what_it_is_about():
    (record,) = log(submitted())
    assert (record.subject, record.type, str(record.on)) == (
        *("motion/m", "motion.submitted", "2018-01-01"),
    )


# --- the rules of the day ---------------------------------------------------------------


def profile_changed(profile, on, **more):
    return LedgerProfileChanged(profile=profile, on=on, **more)


def held_over(on):
    return MotionHeldOver("m", on=on)


def profile_on(records, when):
    return regime(tuple(records), ZONE).profile_at(at(when)).name


def codes(records):
    return [(finding.position, finding.code) for finding in replay(records, ZONE).findings]


def test_the_opening_profile_holds_from_the_beginning_of_time():
    opened = attrs.evolve(OPENED, profile="parliament@1")
    records = log(opened, submitted(), adopted(), held_over("2018-03-01"))
    assert codes(records) == [(4, "not-in-profile")]
    assert profile_on(records, "1000-01-01") == "parliament@1"
    assert profile_on([], "2018-01-01") == "general@1"


def test_each_fact_is_judged_by_the_profile_of_its_date():
    records = log(
        *(OPENED, submitted(), adopted()),
        profile_changed("parliament@1", "2018-05-01"),
        profile_changed("vng@1", "2018-07-01T12:00+02:00"),
        held_over("2018-04-30T23:59+02:00"),
        held_over("2018-05-01T00:00+02:00"),
        held_over("2018-07-01T11:59+02:00"),
        held_over("2018-07-01T12:00+02:00"),
    )
    assert codes(records) == [(7, "not-in-profile"), (8, "not-in-profile")]
    names = {
        "2018-04-30": "general@1",
        "2018-05-01": "parliament@1",
        "2018-07-01T11:59:59.999999+02:00": "parliament@1",
        "2018-07-01": "vng@1",
    }
    assert {day: profile_on(records, day) for day in names} == names


def test_the_date_of_recording_does_not_choose_the_profile():
    records = log(
        *(OPENED, submitted(), adopted(), held_over("2018-06-01")),
        profile_changed("vng@1", "2018-07-01"),
        profile_changed("parliament@1", "2018-05-01"),  # heard of last, and came first
    )
    assert codes(records) == [(4, "not-in-profile")]
    assert profile_on(records, "2018-12-31") == "vng@1"


def test_a_change_of_profile_can_be_retracted_and_corrected():
    start = (OPENED, submitted(), adopted(), held_over("2018-06-01"))
    records = log(*start, profile_changed("parliament@1", "2018-05-01"))
    assert codes(records) == [(4, "not-in-profile")]
    gone = RecordRetracted("ledger/self", position=5, reason="No such thing", on="2018-12-01")
    assert codes(log(gone, after=records)) == []
    moved = profile_changed("parliament@1", "2018-06-02", corrects=5)
    assert codes(log(moved, after=records)) == []


# --- what adding would break ------------------------------------------------------------


def broken(held, *events):
    """The code and position of each breach that adding events to records would bring."""
    added = log(*events, after=held)[len(held) :]
    found = plan(NaiveBooks(held, ZONE), added, ZONE).breaches
    return [(breach.code, breach.position) for breach in found]


def test_a_late_fact_that_makes_a_later_record_illegal_names_it():
    held = log(submitted(), adopted(on="2018-03-01"), MotionCompleted("m", on="2018-04-01"))
    assert broken(held, MotionWithdrawn("m", on="2018-02-01")) == [
        ("illegal-transition", 2),
    ]
    assert broken(held, adopted(on="2018-02-15")) == [("illegal-transition", 2)]
    assert broken(held, MotionVoteDeferred("m", on="2018-02-01")) == []


def test_withdrawing_what_later_records_rest_on_names_each_of_them():
    held = log(
        submitted("m"), submitted("n"), adopted("m"), adopted("n", "2018-02-02"),
        MotionSuperseded("m", by="n", on="2018-03-01"),
    )  # fmt: skip
    assert broken(held, retraction(4, "n")) == [("successor-not-adopted", 5)]
    assert broken(held, retraction(3, "m")) == [("not-adopted", 5)]
    assert broken(held, retraction(1, "m")) == [("not-on-record", 3)]
    later = adopted("n", on="2018-03-02", corrects=4)
    assert broken(held, later) == [("successor-not-adopted", 5)]
    assert broken(held, later, retraction(5, "m")) == []


def test_breaches_that_stand_are_not_held_against_new_records():
    held = log(adopted("m"), MotionCompleted("n", on="2018-03-01"))
    assert [finding.code for finding in replay(held, ZONE).findings] == [
        *("not-on-record", "not-on-record")
    ]
    assert broken(held, alias("x")) == []
    # they may go away
    assert broken(held, submitted("m", on="2018-01-15")) == []
    # and what a new record breaks is its own
    assert broken(held, adopted("m", on="2018-04-01")) == [("illegal-transition", 3)]


def test_a_breach_that_stands_is_no_less_known_for_being_nearly_mended():
    held = log(MotionCompleted("m", on="2018-03-01"))
    assert broken(held, submitted(), adopted()) == []
    assert broken(held, submitted()) == []  # it was unlawful, and still is


def test_a_breach_that_a_correction_repeats_is_its_own():
    held = log(MotionRejected("m", on="2018-03-01"))
    better = MotionRejected("m", on="2018-03-02", corrects=1)
    assert broken(held, better) == [("not-on-record", 2)]


def test_another_breach_at_the_same_record_is_new():
    held = log(submitted(), adopted(), MotionCompleted("m", meeting="v", on="2018-03-01"))
    assert [finding.code for finding in replay(held, ZONE).findings] == ["unknown-reference"]
    assert broken(held, retraction(2)) == [("not-adopted", 3)]


def test_events_that_are_added_together_judge_each_other():
    assert broken([], adopted(), submitted()) == []  # by date, not by order of recording
    assert broken([], adopted(on="2018-01-01"), submitted(on="2018-01-01")) == [
        ("not-on-record", 1),
    ]


def test_a_change_of_profile_is_judged_by_what_follows_it():
    held = log(OPENED, submitted(), adopted(), held_over("2018-06-01"))
    assert broken(held, profile_changed("parliament@1", "2018-05-01")) == [("not-in-profile", 4)]
    assert broken(held, profile_changed("parliament@1", "2018-06-02")) == []


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ([retraction(9)], [("unknown-position", 4)]),
        ([retraction(0)], [("unknown-position", 4)]),
        ([retraction(4)], [("unknown-position", 4)]),  # itself
        ([retraction(5), alias("a")], [("unknown-position", 4)]),  # yet to come
        ([alias("a", corrects=9)], [("unknown-position", 4)]),
        ([retraction(2, "n")], [("other-subject", 4)]),
        ([adopted("n", corrects=2)], [("other-subject", 4)]),
        ([RecordRetracted("ledger/self", position=1, reason="x", on="2018")], ["cannot-withdraw"]),
        ([profile_changed("vng@1", "2018", corrects=1)], ["cannot-withdraw"]),
        ([retraction(3), retraction(3)], [("already-withdrawn", 5)]),
        ([alias("a", corrects=3), retraction(3)], [("already-withdrawn", 5)]),
        ([alias("a", corrects=3), alias("b", corrects=3)], [("already-withdrawn", 5)]),
        ([retraction(3), alias("a", corrects=3)], [("already-withdrawn", 5)]),
        ([OPENED], ["already-open"]),
        ([profile_changed("club@1", "2018")], ["unknown-profile"]),
    ],
)
def test_breaches_of_the_book(added, expected):
    held = log(OPENED, submitted(), alias("first"))
    expected = [row if isinstance(row, tuple) else (row, 4) for row in expected]
    assert broken(held, *added) == expected


@pytest.mark.parametrize(
    "added",
    [
        [retraction(3), retraction(4), retraction(5)],
        [retraction(3), retraction(4), retraction(3)],
        [alias("a", corrects=3), alias("b", corrects=4), retraction(5)],
        [alias("a", corrects=3), retraction(4), alias("b", corrects=3)],
        [retraction(3), retraction(3, corrects=4)],  # for a better reason
        [retraction(2), retraction(3, corrects=4)],  # the other one was meant
        [retraction(3), alias("a", corrects=4)],
    ],
)
def test_withdrawals_that_are_fine(added):
    held = log(OPENED, submitted(), alias("first"))
    assert broken(held, *added) == []


def test_an_unfit_record_is_not_judged_as_if_it_were_there():
    held = log(submitted(), adopted())
    found = broken(held, MotionRejected("m", on="2018-01-15", corrects=9))
    assert found == [("unknown-position", 3)]


def test_all_breaches_are_found_at_once():
    held = log(submitted(), adopted())
    assert broken(held, retraction(9), submitted(on="2018-03-01"), adopted("n")) == [
        *(("unknown-position", 3), ("not-on-record", 5), ("already-on-record", 4))
    ]


# --- why --------------------------------------------------------------------------------


def reasons(records, until="2018-12-31", subject="motion/m"):
    return explain(records, subject, ZONE, at(until))


def told(records, until="2018-12-31", subject="motion/m"):
    """Each reason as a position and the marks on it."""
    marks = []
    for reason in reasons(records, until, subject):
        words = [str(reason.record.position)]
        words += ["decides"] * reason.decides + ["late"] * reason.late
        if reason.withdrawn_by is not None:
            words.append(f"withdrawn by {reason.withdrawn_by}")
        marks.append(" ".join(words))
    return marks


def test_the_record_that_set_the_status_decides():
    records = log(
        *(submitted(), alias("x", "2018-01-02"), adopted()),
        *(MotionForceExtended("m", until={"kind": "exact", "when": "2019"}, on="2018-03-01"),),
        *(held_over("2018-04-01"), held_over("2018-05-01"), alias("y", "2018-06-01")),
    )
    assert told(records) == ["1", "2", "3", "4", "5 decides", "6", "7"]
    assert told(records, "2018-03-31") == ["1", "2", "3 decides", "4"]
    assert told(records, "2018-01-31") == ["1 decides", "2"]
    assert told(records, "2017-12-31") == []


def test_a_status_that_comes_back_is_set_anew():
    records = log(
        *(submitted(), adopted(), held_over("2018-03-01"), MotionResumed("m", on="2018-04-01")),
        *(MotionCompleted("m", on="2018-05-01"), MotionReopened("m", on="2018-06-01")),
    )
    assert told(records) == ["1", "2", "3", "4", "5", "6 decides"]
    assert told(records, "2018-04-30")[-1] == "4 decides"


def test_the_record_that_decides_is_the_one_since_which_it_is_so():
    records = log(submitted(), adopted(), held_over("2018-03-01"), held_over("2018-04-01"))
    (decides,) = [reason for reason in reasons(records) if reason.decides]
    assert decides.record.on == motion(records).since


def test_what_was_recorded_after_something_it_comes_before_is_late():
    records = log(
        *(submitted(on="2018-01-01"), adopted(on="2018-03-01")),
        *(alias("x", "2018-02-01"), alias("y", "2018-02-02"), alias("z", "2018-03-02")),
    )
    assert told(records) == ["1", "3 late", "4 late", "2 decides", "5"]
    assert told(records, "2018-02-28") == ["1 decides", "3", "4"]


def test_a_late_record_can_decide():
    records = log(submitted(), held_over("2018-03-01"), adopted(on="2018-02-01"))
    assert told(records) == ["1", "3 late", "2 decides"]
    assert told(records, "2018-02-28") == ["1", "3 decides"]


def test_a_correction_is_not_late_and_what_it_corrects_stands_at_the_end():
    records = log(submitted(), adopted(), held_over("2018-03-01"), adopted(corrects=2))
    assert told(records) == ["1", "4", "3 decides", "2 withdrawn by 4"]


def test_what_was_retracted_stands_at_the_end():
    records = log(submitted(), adopted(), alias("x"), retraction(2), retraction(3))
    assert told(records) == [
        *("1 decides", "4", "5", "2 withdrawn by 4", "3 withdrawn by 5"),
    ]
    back = log(retraction(4), after=records)
    assert told(back) == [
        *("1", "2 decides", "5", "6", "3 withdrawn by 5", "4 withdrawn by 6"),
    ]


def test_what_was_withdrawn_is_told_up_to_the_instant_too():
    records = log(submitted(), adopted(on="2018-06-01"), retraction(2))
    assert told(records, "2018-05-31") == ["1 decides"]


def test_other_subjects_are_left_out():
    records = log(submitted("m"), submitted("n"), adopted("n"), adopted("m"))
    assert told(records) == ["1", "4 decides"]
    assert told(records, subject="motion/n") == ["2", "3 decides"]
    assert told(records, subject="motion/o") == []


def test_a_meeting_has_no_status_to_decide_on():
    records = log(MeetingConvened("v", title="Spring", on="2018-01-01"))
    assert told(records, subject="meeting/v") == ["1"]


def test_a_condition_that_is_met_decides_where_the_mandate_waited():
    given_ = {"motion": "m", "task": "Do", "addressee": "X", "condition": "money"}
    records = log(
        *(submitted(), adopted(), MandateGiven("t", on="2018-02-01", **given_)),
        *(MandateConditionMet("t", on="2018-03-01"), MandateConditionMet("t", on="2018-04-01")),
    )
    assert told(records, subject="mandate/t") == ["3", "4 decides", "5"]


@settings(max_examples=100, deadline=None)
@given(books(), st.sampled_from(["2018-03-02", "2018-03-04", "2018-12-31"]))
def test_every_record_that_stands_is_told_in_the_order_of_the_timeline(records, until):
    standing = [record for instant, record in timeline(records, ZONE) if instant <= at(until)]
    told = [reason.record for reason in reasons(records, until) if reason.withdrawn_by is None]
    assert told == standing
    assert sum(reason.decides for reason in reasons(records, until)) <= 1


def test_an_instant_is_what_it_says():
    assert at("2018-12-31") == instant_of(datetime(2018, 12, 31, 22, 59, 59, 999999, UTC))
