"""The report of a verification, which names its own strength.

Here: checks, verdicts and how they print. Not here: how a check comes out.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from govledger.errors import visible


class Outcome(StrEnum):
    """How a check came out."""

    OK = "OK"
    FAIL = "FAIL"
    SKIP = "SKIP"


LONGEST_DETAIL = 500
"""The longest detail, in characters: what is reported may be hostile."""


def _told(detail: str) -> str:
    """One line that can be printed, whatever a record says."""
    cut = detail if len(detail) <= LONGEST_DETAIL else f"{detail[:LONGEST_DETAIL]}…"
    return visible(cut)


@frozen
class Check:
    """One line of the report: what was checked (`name`), its `outcome` and a `detail` for people.

    `outcome` is "OK", "FAIL" or "SKIP".

    >>> from govledger import Check, Ledger
    >>> with Ledger.in_memory() as ledger:
    ...     check = ledger.verify().checks[2]
    >>> isinstance(check, Check), str(check.outcome), check.name
    (True, 'OK', 'records')
    """

    outcome: Outcome
    name: str
    detail: str = field(converter=_told)


class Verdict(StrEnum):
    """How much a verification shows, weakest first.

    >>> from govledger import Ledger, Verdict
    >>> with Ledger.in_memory() as ledger:
    ...     ledger.verify().verdict is Verdict.SELF_CONSISTENT
    True
    """

    ALTERED = "altered"
    UNREADABLE = "not verified: some records cannot be read by this version"
    SELF_CONSISTENT = "self-consistent"
    EXTENDS = "extends your checkpoint"
    WITNESSED = "witnessed"

    # Of a proof bundle:
    NOT_PROVEN = "not proven"
    INCLUDED = "included in that checkpoint, for which nobody vouches"
    INCLUDED_SIGNED = "included and signed"
    INCLUDED_WITNESSED = "included and witnessed"


@frozen
class Verification:
    """The report of a verification: true where nothing failed, and it explains itself.

    `checks` are its lines. `strongest` is the most that they allow to say where all is as it was,
    `weakest` what is said where it is not. `limits` says of the strongest how far it goes.

    >>> from govledger import Ledger, Verification
    >>> with Ledger.in_memory() as ledger:
    ...     report = ledger.verify()
    >>> isinstance(report, Verification), bool(report), str(report.verdict), report.remark
    (True, True, 'self-consistent', '')
    """

    checks: tuple[Check, ...]
    strongest: Verdict = Verdict.SELF_CONSISTENT
    weakest: Verdict = Verdict.ALTERED
    limits: str = ""

    @property
    def verdict(self) -> Verdict:
        """What the checks come to; never stronger than they are."""
        failed = {check.name for check in self.checks if check.outcome is Outcome.FAIL}
        if failed - {TYPES, POLICY}:
            return self.weakest
        return Verdict.UNREADABLE if TYPES in failed else self.strongest

    @property
    def remark(self) -> str:
        """What must be said beside the verdict, so that it does not sound stronger than it is."""
        return self.limits if self.verdict is self.strongest else ""

    def __bool__(self) -> bool:
        return all(check.outcome is not Outcome.FAIL for check in self.checks)

    def __str__(self) -> str:
        lines = (f"{check.outcome:<4}  {check.name:<13}  {check.detail}" for check in self.checks)
        verdict = ", ".join(filter(None, (self.verdict, self.remark)))
        return "\n".join((*lines, f"verdict: {verdict}"))


TYPES = "types"
"""The check whether every record can be read; where it fails, nothing was altered."""

POLICY = "policy"
"""The check whose word stands behind a checkpoint; where it fails, nothing was altered."""


def damaged(message: str, check: str = "file") -> Verification:
    """The report on a file that cannot be read to the end, or not be made right again."""
    return Verification((Check(Outcome.FAIL, check, message),))


def unreadable(message: str) -> Verification:
    """The report on a ledger that holds what this version cannot read."""
    return Verification((Check(Outcome.FAIL, TYPES, message),))
