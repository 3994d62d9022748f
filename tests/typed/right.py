"""A program of somebody who embeds govledger: only public names, every answer of the type it says.

tests/test_typing.py has it checked outside the project; it is run there, too."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import assert_type
from zoneinfo import ZoneInfo

import pytest

from govledger import (
    PROFILES,
    Batch,
    Blockade,
    Breach,
    Change,
    Checkpoint,
    Copied,
    Decision,
    Erasure,
    Event,
    Explanation,
    Finding,
    FollowUp,
    InvalidInput,
    Ledger,
    Mandate,
    MandateGiven,
    Meeting,
    MeetingConvened,
    Motion,
    MotionAdopted,
    MotionCompleted,
    MotionSubmitted,
    Pending,
    Problem,
    Profile,
    Proposal,
    Reason,
    Record,
    Register,
    RuleBreach,
    Source,
    Status,
    Tally,
    Verdict,
    Verification,
    When,
)
from govledger.testing import FixedClock, Story, a_motion, an_adopted_motion, given, several


def events() -> list[Event]:
    """Fields take what people write, and hold what it means."""
    adopted = MotionAdopted(
        "bins",
        on=date(2024, 3, 14),
        meeting="agm",
        tally={"in_favour": 31, "against": 12},
        source={"document": "minutes", "assertion": "stated"},
    )
    assert_type(adopted.subject, str)
    assert_type(adopted.on, When)
    assert_type(adopted.tally, Tally | None)
    assert_type(adopted.source, Source | None)
    assert_type(adopted.corrects, int | None)
    return [
        MeetingConvened("agm", title="Annual meeting", on="2024-03-14"),
        MotionSubmitted("bins", title="Bigger bins", on=datetime(2024, 3, 13, 12, tzinfo=UTC)),
        adopted,
        MandateGiven(
            "bins.1",
            on=When("2024-03-14"),
            motion="bins",
            task="Order the bins",
            addressee="Board",
            due={"before": "2024-09-01"},
        ),
    ]


def keep(path: Path) -> None:
    """Open, record, retract."""
    clock = FixedClock("2024-03-15")
    with Ledger.open(path, clock, name="club", timezone="Europe/Amsterdam") as ledger:
        assert_type(ledger, Ledger)
        records = ledger.record(*events(), key="minutes")
        assert_type(records, tuple[Record, ...])
        assert_type(records[0].event, Event)
        assert_type(records[0].recorded_at, datetime)
        clock.advance(days=1).at("2024-04-01")
        assert_type(ledger.retract(5, reason="It was not said"), Record)
        with ledger.batch() as batch:
            assert_type(batch, Batch)
            pending = batch.record(MotionSubmitted("benches", title="Benches", on="2024-04-01"))
            assert_type(pending, Pending)
        assert_type(pending.records, tuple[Record, ...])
        assert_type(ledger.copy_to(path.with_suffix(".copy")), Copied)


def ask(ledger: Ledger) -> None:
    """Every question, on both times."""
    register = ledger.as_of("2024-03-14", known_at=5)
    assert_type(register, Register)
    assert_type(register.motions, Mapping[str, Motion])
    assert_type(register.mandates, Mapping[str, Mandate])
    assert_type(register.blockades, Mapping[str, Blockade])
    assert_type(register.proposals, Mapping[str, Proposal])
    assert_type(register.meetings, Mapping[str, Meeting])
    assert_type(register.findings, tuple[Finding, ...])
    motion = register.motions["bins"]
    assert_type(motion.status, Status | None)
    assert_type(motion.decision, Decision | None)
    assert_type(motion.follow_up, FollowUp | None)
    assert_type(motion.title, str)
    assert_type(ledger.name, str)
    assert_type(ledger.zone, ZoneInfo)
    assert_type(ledger.profile, Profile)
    assert_type(PROFILES, tuple[Profile, ...])
    assert_type(ledger.today(), date)
    assert_type(ledger.head(), int)
    assert_type(ledger.known_at(datetime.now(UTC)), int)
    assert_type(ledger.log(subject="motion/bins"), Iterator[Record])
    assert_type(ledger.follow(cursor="site", timeout=0), Iterator[Record])
    assert_type(ledger.subjects(), tuple[str, ...])
    assert_type(ledger.due(), tuple[Mandate, ...])
    assert_type(ledger.breaches(), tuple[Breach, ...])
    assert_type(ledger.findings(), tuple[Finding, ...])
    assert_type(ledger.diff("2024-03-13", date(2024, 3, 14)), tuple[Change, ...])
    explanation = ledger.why("motion/bins")
    assert_type(explanation, Explanation)
    assert_type(explanation.reasons, tuple[Reason, ...])


def trust(ledger: Ledger) -> None:
    """What is proven, and what is erased."""
    verification = ledger.verify()
    assert_type(verification, Verification)
    assert_type(verification.verdict, Verdict)
    assert verification
    assert_type(ledger.checkpoint(), Checkpoint)
    assert_type(ledger.inclusion(1), tuple[bytes, ...])
    assert_type(ledger.erase(name="Board", basis="Asked for"), Erasure)


def refuse(ledger: Ledger) -> None:
    """Errors carry values."""
    try:
        ledger.record(MotionCompleted("nothing", on="2024-03-14"))
    except RuleBreach as refused:
        assert_type(refused.problems, tuple[Problem, ...])
        assert_type(refused.problems[0].code, str)
    else:
        raise AssertionError("it was recorded")
    try:
        When("some day")
    except InvalidInput as refused:
        assert_type(refused.problems[0].hint, str)


def test_story() -> None:
    """The kit."""
    story = given(an_adopted_motion("bins"), several(a_motion, 2), at="2024-03-15")
    assert_type(story, Story)
    told = story.when(MotionCompleted("bins", on="2024-04-01"), at="2024-04-02")
    assert_type(told.then({"motion/bins": "completed", "motion/x": None}), Story)
    assert_type(told.then_state("motion/bins", title="Bins"), Story)
    assert_type(told.then_found(), Story)
    assert_type(told.ask(lambda ledger: ledger.head()), int)
    assert_type(FixedClock()(), datetime)


@pytest.fixture
def club(ledger: Ledger, ledger_clock: FixedClock) -> Ledger:
    """A fixture over the plugin's."""
    ledger_clock.at("2024-03-15")
    ledger.record(*events())
    return ledger


def test_on_every_store(club: Ledger, tmp_path: Path) -> None:
    """It runs, too."""
    keep(tmp_path / "club.db")
    ask(club)
    refuse(club)
    trust(club)
