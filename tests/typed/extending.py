"""A program of somebody who extends govledger: the budgets that docs/how-to/extend.md shows, used,
and an extension of its own.

tests/test_typing.py puts budget.py beside it, checks both outside the project, and runs it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import assert_type

import pytest
from attrs import evolve, field, frozen
from budget import (
    BUDGET,
    TOTALS,
    Budget,
    BudgetApproved,
    BudgetExceeded,
    BudgetProposed,
    Status,
)

from govledger import (
    Axis,
    Breach,
    Case,
    Electorate,
    Event,
    Extension,
    Finding,
    Ledger,
    Motion,
    MotionAdopted,
    MotionSubmitted,
    Notice,
    Profile,
    Projection,
    Register,
    Subject,
    SubjectState,
    Tally,
    Transition,
    UnknownState,
    When,
    read_profile,
)
from govledger.fields import REFERENCE, count, line, motion, subject_name, when
from govledger.testing import OldBody, Story, check_extension, given


def amounts(ledger: Ledger) -> None:
    """Budgets are what their module says."""
    proposed = BudgetProposed("roof", year=2024, amount="40000", on="2024-01-01")
    assert_type(proposed.amount, int)
    assert_type(proposed.subject, str)
    assert_type(proposed.on, When)
    ledger.record(proposed, BudgetApproved("roof", on=date(2024, 3, 14)))
    register = ledger.as_of("2024-12-31")
    assert_type(register.of(Budget), Mapping[str, Budget])
    assert_type(register.of(Budget)["roof"].amount, int)
    assert_type(register.of(Budget)["roof"].status, Status | None)
    assert_type(register.of(Motion), Mapping[str, Motion])
    assert_type(register.unknown, Mapping[str, UnknownState])
    assert_type(TOTALS, Projection[list[dict[str, int]]])
    assert_type(ledger.project(TOTALS), list[dict[str, int]])
    assert_type(ledger.missing, tuple[str, ...])
    assert_type(BUDGET, Extension)


@frozen(kw_only=True, slots=False)
class Grant(SubjectState):
    """What is known of a grant."""

    status: Status | None = None
    motion: str = ""
    until: When | None = None


def grant(name: str) -> str:
    """The name of a grant."""
    return subject_name(name, "grant")


@frozen(kw_only=True, slots=False)
class GrantProposed(Event):
    """Its fields have converters of govledger's."""

    type = "grant.proposed"
    kind = "grant"
    subject: str = field(converter=grant, kw_only=False)
    motion: str = field(converter=motion, metadata=REFERENCE)
    purpose: str = field(converter=line)
    until: When = field(converter=when)
    amount: int = field(default=0, converter=count)


def after(state: Grant | None, event: GrantProposed) -> Grant:
    """One event type, one step."""
    now = state or Grant(subject=event.subject, since=event.on)
    assert_type(now.since, When)
    return evolve(now, status=Status.proposed, motion=event.motion, until=event.until)


def rests(case: Case[GrantProposed, Grant]) -> Iterator[Finding]:
    """A rule, and what it sees."""
    assert_type(case.event, GrantProposed)
    assert_type(case.event.amount, int)
    assert_type(case.state, Grant | None)
    assert_type(case.position, int)
    assert_type(case.profile, Profile)
    found = case.world(case.event.motion)
    if isinstance(found, Motion) and found.decision is None:
        breach = case.breach("undecided", "nothing is decided", "wait", "motion")
        assert_type(breach, Breach)
        yield breach
    notice = case.notice("seen", "it was looked at")
    assert_type(notice, Notice)
    yield notice


def costly(case: Case[MotionAdopted, Motion]) -> Iterable[Finding]:
    """A rule on an event type of govledger's."""
    assert_type(case.event.tally, Tally | None)
    assert_type(case.state, Motion | None)
    return ()


def holders(register: Register) -> int:
    """A projection."""
    return len(register.of(Grant))


HOLDERS = Projection(name="grant-holders", of=holders, kinds=("grant",))
GRANTS = Extension(
    name="grants@1",
    events=(GrantProposed,),
    subjects=(Subject(kind="grant", state=Grant, evolve=after),),
    transitions=(Transition(GrantProposed, Axis.STATUS, (None,), Status.proposed),),
    rules={GrantProposed: rests, MotionAdopted: costly},
    projections=(HOLDERS,),
    labels={"nl": {"proposed": "voorgesteld"}},
)
PROPOSED = GrantProposed("park", motion="bins", purpose="Trees", until="2025-06", on="2024-01-01")
CLUB = read_profile("club.yaml", text="govledger_profile: 1\nname: club@1\ntitle: a club\n")
assert_type(CLUB, Profile)
assert_type(Profile.from_definition(CLUB.definition()), Profile)


def votes() -> Tally:
    """A count, by the electorate of the day."""
    electorate = Electorate.from_csv("member,weight\nEde,12\nGoes,4\n", on=date(2024, 3, 14))
    assert_type(electorate, Electorate)
    assert_type(electorate.members, Mapping[str, int])
    tally = Tally.from_csv("member,choice\nEde,for\nGoes,against\n", electorate=electorate)
    assert_type(tally, Tally)
    return tally


@pytest.fixture
def ledger_extensions() -> list[Extension]:
    """The plugin's ledgers know both."""
    return [BUDGET, GRANTS]


def test_ledger(ledger: Ledger) -> None:
    """It runs, too."""
    amounts(ledger)
    adopted = MotionAdopted("bins", tally=votes(), on="2024-03-14")
    ledger.record(MotionSubmitted("bins", title="Bins", on="2024-01-01"), adopted, PROPOSED)
    assert_type(ledger.project(HOLDERS), int)


def test_story() -> None:
    """And the kit takes them."""
    story = given(BudgetProposed("roof", year=2024, amount=9, on="2024-02-01"), extensions=[BUDGET])
    flagged = story.when(BudgetExceeded("roof", spent=10, on="2024-03-01"), breaches="flag")
    assert_type(flagged.then_found("illegal-transition", "over-budget"), Story)
    old = OldBody(
        type="grant.proposed@1",
        said={
            "on": "2024-01-01",
            "data": {"motion": "motion/bins", "purpose": "Trees", "until": "2025-06"},
        },
        reads_as=PROPOSED,
    )
    check_extension(GRANTS, examples=[PROPOSED], old=[old], histories=1)
    with Ledger.in_memory(profile=CLUB, extensions=[GRANTS]) as ledger:
        assert ledger.profile == CLUB
