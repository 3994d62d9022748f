"""`Ledger`: recording, asking on both axes, explaining, comparing.

Storage and its faults stand in test_storage, the random histories in test_time_machine.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from govledger import (
    InvalidInput,
    Ledger,
    LedgerProfileChanged,
    MandateFulfilled,
    MandateGiven,
    MeetingConvened,
    MotionAdopted,
    MotionCompleted,
    MotionHeldOver,
    MotionRejected,
    MotionSubmitted,
    MotionSuperseded,
    RuleBreach,
    Status,
)


def ticking(start="2024-01-01", step=timedelta(days=1)):
    """A clock that moves a day at every look."""
    moments = (datetime.fromisoformat(start).replace(tzinfo=UTC) + n * step for n in count())
    return lambda: next(moments)


@pytest.fixture
def ledger(new_ledger):
    return new_ledger(clock=ticking(), timezone="Europe/Amsterdam", name="in memory")


def adopted(slug="bins", on="2024-02-01"):
    return MotionSubmitted(slug, title=slug.title(), on=on), MotionAdopted(slug, on=on)


def test_a_new_ledger_opens_itself(ledger):
    (opened,) = ledger.log()
    assert (opened.position, opened.type, opened.subject) == (1, "ledger.opened", "ledger/self")
    assert (opened.event.timezone, opened.event.profile) == ("Europe/Amsterdam", "general@1")
    assert str(opened.on) == "2024-01-01"


def test_records_carry_what_scripts_rely_on(ledger):
    submitted, adopted_ = ledger.record(*adopted())
    assert (submitted.position, adopted_.position) == (2, 3)
    assert submitted.recorded_at == adopted_.recorded_at
    assert (adopted_.subject, adopted_.type, str(adopted_.on)) == (
        "motion/bins",
        "motion.adopted",
        "2024-02-01",
    )
    assert list(ledger.log(after=1)) == [submitted, adopted_]


def test_as_of_takes_days_instants_dates_and_datetimes(ledger):
    ledger.record(MotionSubmitted("bins", title="Bins", on="2024-02-01T10:00+01:00"))
    for before in ("2024-01-31", "2024-02-01T09:59:59+01:00", date(2024, 1, 31)):
        assert "bins" not in ledger.as_of(before).motions
    for after in ("2024-02-01", "2024-02-01T09:00Z", datetime(2024, 2, 1, 9, tzinfo=UTC)):
        assert ledger.as_of(after).motions["bins"].status is Status.SUBMITTED
    with pytest.raises(InvalidInput, match="names no single moment"):
        ledger.as_of("2024-02")
    with pytest.raises(InvalidInput, match="UTC offset"):
        ledger.as_of(datetime(2024, 2, 1))


def test_days_begin_in_the_ledgers_time_zone(ledger):
    ledger.record(MotionSubmitted("bins", title="Bins", on="2024-02-01"))
    assert "bins" in ledger.as_of("2024-01-31T23:00Z").motions
    assert "bins" not in ledger.as_of("2024-01-31T22:59:59Z").motions


def test_known_at_takes_positions_days_and_instants():
    with Ledger.in_memory(clock=ticking()) as ledger:  # opened on 1 January
        ledger.record(MotionSubmitted("bins", title="Bins", on="2023-12-01"))  # 2 January
        ledger.record(MotionAdopted("bins", on="2023-12-02"))  # 3 January
        status = lambda known: str(ledger.as_of("2023-12-31", known).motions["bins"].status)
        assert status(None) == status(3) == status("2024-01-03") == "adopted"
        assert status(2) == status("2024-01-02") == status("2024-01-02T23:59Z") == "submitted"
        assert not ledger.as_of("2023-12-31", 0).motions
        assert ledger.known_at("2023-12-31") == 0
        assert ledger.known_at("2024-01-01") == 1
        assert ledger.known_at() == 3
        for wrong in (4, -1, True):
            with pytest.raises(InvalidInput, match="no record"):
                ledger.known_at(wrong)


def test_record_is_all_or_nothing_and_lists_everything(ledger):
    with pytest.raises(RuleBreach) as refused:
        ledger.record(*adopted(), MotionCompleted("x", on="2024"), MandateFulfilled("y", on="2024"))
    codes = [problem.code for problem in refused.value.problems]
    assert codes == ["not-on-record", "not-on-record", "no-evidence"]
    assert ledger.head() == 1


def test_flagged_breaches_stay_findings(ledger):
    ledger.record(MotionSubmitted("bins", title="Bins", on="2024-01-05"))
    ledger.record(MotionCompleted("bins", on="2024-02-01"), breaches="flag")
    (finding,) = ledger.findings("2024-02-01")
    assert (finding.code, finding.subject, finding.position) == ("not-adopted", "motion/bins", 3)
    assert ledger.findings("2024-01-31") == ()
    assert ledger.as_of("2024-02-01").describe("motion/bins")["findings"] == ["not-adopted"]
    assert ledger.record(
        MotionSubmitted("more", title="More", on="2024-02-02")
    )  # not held against it


def test_a_late_fact_that_makes_a_later_record_illegal_names_it(ledger):
    ledger.record(*adopted(on="2024-02-01"))
    with pytest.raises(RuleBreach) as refused:
        ledger.record(MotionRejected("bins", on="../2024-02-01"))
    assert refused.value.problems[0].code == "illegal-transition"
    with pytest.raises(RuleBreach) as refused:
        ledger.retract(2, reason="never submitted")
    assert [p.position for p in refused.value.problems] == [3]


def test_a_fact_about_one_subject_can_make_a_record_about_another_illegal(ledger):
    ledger.record(*adopted("old"), *adopted("new", "2024-02-02"))
    ledger.record(MotionSuperseded("old", by="new", on="2024-02-03"))
    with pytest.raises(RuleBreach) as refused:
        ledger.retract(5, reason="it was not adopted")
    (breach,) = refused.value.problems
    assert (breach.code, breach.subject, breach.position) == (
        "successor-not-adopted",
        "motion/old",
        6,
    )


def test_retract_says_what_is_wrong(ledger):
    ledger.record(*adopted())
    for position, code in ((99, "unknown-position"), (1, "cannot-withdraw")):
        with pytest.raises(RuleBreach) as refused:
            ledger.retract(position, reason="mistake")
        assert [p.code for p in refused.value.problems] == [code]
    ledger.retract(3, reason="mistake")
    with pytest.raises(RuleBreach) as refused:
        ledger.retract(3, reason="mistake")
    assert [p.code for p in refused.value.problems] == ["already-withdrawn"]
    with pytest.raises(RuleBreach) as refused:
        ledger.record(MotionSubmitted("other", title="Other", on="2024-02-01", corrects=2))
    assert [p.code for p in refused.value.problems] == ["other-subject"]
    assert ledger.head() == 4


def test_the_profile_of_the_day_judges(ledger):
    ledger.record(*adopted(), LedgerProfileChanged(profile="parliament@1", on="2024-03-01"))
    assert ledger.record(MotionHeldOver("bins", on="2024-02-15"))
    with pytest.raises(RuleBreach) as refused:
        ledger.record(MotionHeldOver("bins", on="2024-03-15"))
    assert [p.code for p in refused.value.problems] == ["not-in-profile"]


def test_a_change_of_profile_judges_all_that_follows_it(ledger):
    ledger.record(*adopted(), MotionHeldOver("bins", on="2024-03-15"))
    with pytest.raises(RuleBreach) as refused:
        ledger.record(LedgerProfileChanged(profile="parliament@1", on="2024-03-01"))
    assert [(p.code, p.position) for p in refused.value.problems] == [("not-in-profile", 4)]


def test_why_gives_the_records_and_what_they_name(ledger):
    ledger.record(
        MeetingConvened("agm", title="AGM", on="2024-02-01"), *adopted("bins"), *adopted("more")
    )
    ledger.record(MotionCompleted("bins", in_light_of="more", meeting="agm", on="2024-02-02"))
    explanation = ledger.why("motion/bins", as_of="2024-02-02")
    assert explanation.description["status"] == "completed"
    assert [r.record.type for r in explanation.reasons if r.decides] == ["motion.completed"]
    assert [name for name, _ in explanation.about] == ["meeting/agm", "motion/more"]
    assert ledger.why("motion/bins", as_of="2024-01-01").description is None
    with pytest.raises(InvalidInput, match="does not name a subject"):
        ledger.why("bins")


def test_diff_tells_new_subjects_and_changed_fields(ledger):
    ledger.record(*adopted("bins", "2024-02-01"))
    ledger.record(
        MandateGiven(
            "bins.1", motion="bins", task="Buy", addressee="Board", due="2024-02", on="2024-02-01"
        )
    )
    (motion, mandate) = ledger.diff("2024-01-31", "2024-02-01")
    assert (motion.field, motion.before, motion.after) == ("", None, "adopted")
    changed = {c.field: (c.before, c.after) for c in ledger.diff("2024-02-01", "2024-03-01")}
    assert changed["deadline"] == ("due", "overdue")
    assert ledger.diff("2024-03-01", "2024-03-02") == ()
    (mandate,) = ledger.due("2024-03-01")
    assert mandate.subject == "mandate/bins.1"


def test_unknown_modes_and_empty_calls_are_refused(ledger):
    with pytest.raises(InvalidInput, match="refuse"):
        ledger.record(*adopted(), breaches="ignore")
    with pytest.raises(InvalidInput, match="nothing to record"):
        ledger.record()


@pytest.mark.parametrize(
    ("options", "code"),
    [({"timezone": "Mars/Base"}, "unknown-timezone"), ({"profile": "club@9"}, "unknown-profile")],
)
def test_a_ledger_opens_with_known_rules_and_zone_only(options, code, tmp_path):
    for make in (Ledger.in_memory, lambda **o: Ledger.open(tmp_path / "x.db", **o)):
        with pytest.raises(InvalidInput) as refused:
            make(**options)
        assert refused.value.problems[0].code == code
    assert list(tmp_path.iterdir()) == []
