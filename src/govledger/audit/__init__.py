"""The audit of a ledger. The public face of its rooms; defines nothing."""

from govledger.audit.bundle import verify_bundle
from govledger.audit.outside import CLOCKS, Outside, origin_of
from govledger.audit.report import (
    Check,
    Outcome,
    Verdict,
    Verification,
    damaged,
    unreadable,
)
from govledger.audit.verifying import Again, Kept, verify, verify_bytes

__all__ = [
    "CLOCKS",
    "Again",
    "Check",
    "Kept",
    "Outcome",
    "Outside",
    "Verdict",
    "Verification",
    "damaged",
    "origin_of",
    "unreadable",
    "verify",
    "verify_bundle",
    "verify_bytes",
]
