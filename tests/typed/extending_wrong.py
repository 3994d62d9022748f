"""A program that extends govledger with mistakes, each of which a type checker must see: "wrong"."""

from collections.abc import Iterator

from attrs import frozen
from budget import BUDGET, TOTALS, Budget, BudgetApproved, BudgetExceeded, BudgetProposed

from govledger import (
    Case,
    Electorate,
    Extension,
    Finding,
    Ledger,
    Projection,
    Register,
    Subject,
    SubjectState,
    Tally,
    read_profile,
)
from govledger.fields import count, when
from govledger.testing import check_extension, given

BudgetProposed("roof", year=2024, on="2024-01-01")  # wrong: no amount
BudgetProposed("roof", year=2024, amount=1.5, on="2024-01-01")  # wrong
BudgetApproved("roof", on="2024-03-14", amount=3)  # wrong: it has none
BudgetApproved("roof", on=2024)  # wrong
BudgetApproved(3, on="2024-03-14")  # wrong
BudgetApproved("roof", on="2024-03-14").note = "late"  # wrong: frozen


@frozen(kw_only=True, slots=False)
class Grant(SubjectState):
    amount: int = 0


def cut(state: Grant | None, event: BudgetExceeded) -> Budget:
    return Budget(subject=event.subject, since=event.on)


def within(case: Case[BudgetExceeded, Budget]) -> Iterator[Finding]:
    str(case.event.amount)  # wrong: it has spent
    str(case.state.amount)  # wrong: nothing may be on record
    yield case.breach("over-budget", "too much")  # wrong: no hint
    yield "over-budget"  # wrong


def totals(register: Register) -> int:
    return register.of(Budget)["roof"].spend  # wrong


Subject(kind="grant", state=Grant, evolve=cut)  # wrong: that gives a budget
Extension(name="grants@1", events=(Grant,))  # wrong: no event
Extension(name="grants@1", rules={BudgetExceeded: totals("x")})  # wrong
Projection(name="totals", of=totals, kind="budget")  # wrong
count(1.5)  # wrong
when(2024)  # wrong
read_profile(3)  # wrong
Electorate.from_csv(b"member\n")  # wrong
Tally.from_csv("member,choice\n", electorate={"Ede": 12})  # wrong
given(extensions=[TOTALS])  # wrong
check_extension([BUDGET])  # wrong

with Ledger.in_memory(extensions=BUDGET) as ledger:  # wrong: several are asked for
    total: int = ledger.project(TOTALS)  # wrong
    ledger.project(totals)  # wrong
    ledger.as_of().of(BUDGET)  # wrong
