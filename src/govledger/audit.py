"""Verification: whether a ledger agrees with itself, and how strong that verdict is.

Here: pure checks over stored entries, one pass, in log order, and the report that names its
own strength. Not here: reading entries, deriving anything (`Again`), or repairing it.

Whoever owns the database can rewrite all of it consistently. So the best verdict this
module gives is "self-consistent"; only a checkpoint kept elsewhere can make it stronger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from govledger.codec import Entry, decode, encode
from govledger.errors import InvalidInput, UnreadableRecord
from govledger.events import LedgerOpened, LedgerProfileChanged
from govledger.history import Record
from govledger.rules import profile_named, withdraws
from govledger.spans import BATCH
from govledger.values import batches


class Outcome(StrEnum):
    """How a check came out."""

    OK = "OK"
    FAIL = "FAIL"
    SKIP = "SKIP"


@frozen
class Check:
    """One line of the report."""

    outcome: Outcome
    name: str
    detail: str


class Verdict(StrEnum):
    """How much a verification shows, weakest first."""

    ALTERED = "altered"
    UNREADABLE = "not verified: some records cannot be read by this version"
    SELF_CONSISTENT = "self-consistent"


@frozen
class Verification:
    """The report of a verification: true where nothing failed, and it explains itself."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """What the checks come to; never stronger than they are."""
        failed = {check.name for check in self.checks if check.outcome is Outcome.FAIL}
        if failed == {"types"}:
            return Verdict.UNREADABLE
        return Verdict.ALTERED if failed else Verdict.SELF_CONSISTENT

    def __bool__(self) -> bool:
        return all(check.outcome is not Outcome.FAIL for check in self.checks)

    def __str__(self) -> str:
        lines = (f"{check.outcome:<4}  {check.name:<12}  {check.detail}" for check in self.checks)
        return "\n".join((*lines, f"verdict: {self.verdict}"))


class Again(Protocol):
    """What is derived from the log, derived again beside what there is."""

    def take(self, records: Sequence[Record]) -> None:
        """Derive what follows from the next records of the log."""

    def difference(self) -> str:
        """The first thing that differs from what there is; empty where nothing does."""


def verify(
    entries: Iterable[Entry],
    again: Again,
    storage: Iterable[Check],
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Check entries, in log order, and what is derived; `storage` are checks of the store.

    `progress` is called with the position of every record read.
    """
    log = _Log()
    for batch in batches(log.readable(entries, progress), BATCH):
        again.take(batch)
    checks = (*storage, *log.checks(), _derived(again, log), _CHECKPOINT)
    return Verification(checks)


def damaged(message: str) -> Verification:
    """The report on a file that the database itself cannot read to the end."""
    return Verification((Check(Outcome.FAIL, "file", message),))


def unreadable(message: str) -> Verification:
    """The report on a ledger that holds what this version cannot read."""
    return Verification((Check(Outcome.FAIL, "types", message),))


_CHECKPOINT = Check(
    Outcome.SKIP, "checkpoint", "none given: this shows the ledger agrees with itself, no more"
)


def _derived(again: Again, log: _Log) -> Check:
    if log.wrong or log.unreadable:
        return Check(Outcome.SKIP, "derived data", "not compared: some records cannot be read")
    wrong = again.difference()
    if wrong:
        return Check(Outcome.FAIL, "derived data", f"{wrong}; `verify --rebuild` makes it again")
    return Check(Outcome.OK, "derived data", "spans, findings, links and keys equal a replay")


def _is_canonical(entry: Entry, record: Record) -> bool:
    try:
        return encode(record) == entry
    except InvalidInput:  # larger than any record may be
        return False


class _Log:
    """What has been seen of the log so far, and the first thing wrong with it."""

    def __init__(self) -> None:
        self.count = 0
        self.wrong = ""
        self.unreadable = ""
        self.last: Record | None = None
        self.versions: Counter[str] = Counter()

    def readable(
        self, entries: Iterable[Entry], progress: Callable[[int], None] | None
    ) -> Iterator[Record]:
        """The records of entries, as long as nothing is wrong."""
        for entry in entries:
            record = self.read(entry)
            if progress is not None:
                progress(entry.position)
            if record is not None and not (self.wrong or self.unreadable):
                yield record

    def read(self, entry: Entry) -> Record | None:
        self.count += 1
        self.versions[entry.subject] += 1
        try:
            record = decode(entry)
        except UnreadableRecord as error:
            problem = error.problems[0]
            if problem.code == "unknown-record-type":
                self.unreadable = self.unreadable or problem.message
            else:
                self.wrong = self.wrong or problem.message
            return None
        self._know(record)
        self.wrong = self.wrong or self._fault(entry, record)
        self.last = record
        return record

    def _know(self, record: Record) -> None:
        """Note a profile whose rules are not known here: nothing can be judged by them."""
        if isinstance(record.event, LedgerOpened | LedgerProfileChanged):
            try:
                profile_named(record.event.profile)
            except InvalidInput as error:
                message = f"record {record.position}: {error.problems[0].message}"
                self.unreadable = self.unreadable or message

    def _fault(self, entry: Entry, record: Record) -> str:
        at = f"record {entry.position} ({entry.subject})"
        last = self.last
        if entry.position != self.count:
            return f"{at} stands where record {self.count} should: positions are not dense"
        if record.position != entry.position:
            return f"{at} says inside that it is record {record.position}"
        if (self.count == 1) != isinstance(record.event, LedgerOpened):
            return f"{at} is a {record.type}: record 1, and only it, opens the ledger"
        if entry.version != self.versions[entry.subject]:
            return (
                f"{at} is number {entry.version} of its subject, not {self.versions[entry.subject]}"
            )
        if last is not None and record.recorded_at < last.recorded_at:
            return f"{at} was recorded before record {last.position}: the clock never runs back"
        if any(not 0 < target < entry.position for target in withdraws(record.event)):
            return f"{at} withdraws a record that does not come before it"
        if not _is_canonical(entry, record):
            return f"{at} does not hold the canonical bytes of what it says"
        return ""

    def checks(self) -> Iterator[Check]:
        if self.wrong or not self.count:
            yield Check(Outcome.FAIL, "records", self.wrong or "the log is empty")
        else:
            yield Check(
                Outcome.OK, "records", f"{self.count} read, canonical bytes, dense positions"
            )
        if self.unreadable:
            yield Check(Outcome.FAIL, "types", self.unreadable)
        else:
            yield Check(Outcome.OK, "types", "every record can be read")
