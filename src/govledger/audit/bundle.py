"""What a proof bundle shows of one record, to somebody who has no ledger.

Here: the checks of a bundle as a report. Not here: its form and its proof (`integrity.proof`).
"""

from __future__ import annotations

from govledger.audit.outside import vouched
from govledger.audit.report import POLICY, Check, Outcome, Verdict, Verification
from govledger.codec import decode_any, entry_of, is_canonical, timestamp
from govledger.errors import GovledgerError
from govledger.integrity.checkpoint import NONE, Policy
from govledger.integrity.proof import Proof, verify_proof


def verify_bundle(proof: Proof, policy: Policy | None = None) -> Verification:
    """Check that the entry of a bundle is in the tree of its checkpoint, and who vouches for it.

    Without a policy no signature is looked at, and the report says so.
    """
    shown = verify_proof(proof, policy or Policy())
    checkpoint = proof.checkpoint
    told = f"record {proof.index + 1} of the first {checkpoint.size} of {checkpoint.origin}"
    included = (
        Check(Outcome.OK, "inclusion", told)
        if shown.included
        else Check(Outcome.FAIL, "inclusion", f"it is not {told}")
    )
    checks = (_entry(shown.entry, proof.index), included)
    if policy is None:
        untold = "none given: signatures and witnesses were not looked at"
        check = Check(Outcome.SKIP, POLICY, untold)
        return Verification((*checks, check), Verdict.INCLUDED, Verdict.NOT_PROVEN)
    witnessed = shown.evaluation and policy.quorum != NONE
    strongest = Verdict.INCLUDED_WITNESSED if witnessed else Verdict.INCLUDED_SIGNED
    return Verification(
        (*checks, vouched(shown.evaluation)),
        strongest if shown.evaluation else Verdict.INCLUDED,
        Verdict.NOT_PROVEN,
    )


def _entry(data: bytes | None, index: int) -> Check:
    """What the entry says; a reader should see what is proven."""
    if data is None:
        return Check(Outcome.FAIL, "record", "the bundle holds no entry")
    try:
        entry = entry_of(data)
        record = decode_any(entry)
    except GovledgerError as error:
        return Check(Outcome.SKIP, "record", error.problems[0].message)
    if entry.position != index + 1:
        wrong = f"it says that it is record {entry.position}, and it is number {index + 1}"
        return Check(Outcome.FAIL, "record", wrong)
    if not is_canonical(entry, record):
        wrong = "its bytes are not the canonical ones of what it says: others may read it otherwise"
        return Check(Outcome.FAIL, "record", wrong)
    recorded = timestamp(record.recorded_at)[:19]
    told = f"{record.type} {record.subject} on {record.on}, recorded {recorded}Z"
    return Check(Outcome.OK, "record", told)
