"""Faults of storage as errors that say what is wrong and what to do.

Here: what all databases have in common. Not here: what each of them reports (`faults` there).
"""

from __future__ import annotations

from govledger.errors import Problem, StorageError

CLOSED = ("closed", "the ledger is closed", "open it again")
BUSY = ("busy", "somebody else is writing", "try again when that is done")
FORKED = ("forked", "this ledger was opened in another process")
OTHER_CALENDAR = (
    "other-calendar",
    "the rules of its time zone have changed since it was written to",
    "`govledger verify` brings it up to date, where it can be written; no record changes",
)


def fault(name: str, code: str, message: str, hint: str) -> StorageError:
    """The error that says of a ledger, or of something like it, what is wrong."""
    return StorageError(Problem(code=code, message=f"{name}: {message}", hint=hint))
