"""What the records of a log say, one after the other, and the first thing wrong with it.

Here: reading entries in log order. Not here: their hashes (`tree`), or what follows from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from govledger.audit.report import TYPES, Check, Outcome
from govledger.codec import Entry, decode_any, is_canonical
from govledger.errors import InvalidInput, UnreadableRecord, brief
from govledger.events import LedgerExtended, LedgerOpened, LedgerProfileChanged, UnknownEvent
from govledger.history import Record
from govledger.profiles import resolved
from govledger.rules import withdraws
from govledger.vocabulary import STANDARD, Vocabulary


class Log:
    """What has been seen of the log so far, and the first thing wrong with it."""

    def __init__(self, vocabulary: Vocabulary = STANDARD) -> None:
        self.count = 0
        self.wrong = ""
        self.unreadable = ""
        self.used: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()
        self._vocabulary = vocabulary
        self._unread = 0
        self.last: Record | None = None
        self.versions: Counter[str] = Counter()

    @property
    def is_sound(self) -> bool:
        """Whether nothing was wrong so far, and all that follows from it can be told."""
        return not (self.wrong or self.unreadable or self.missing)

    def read(self, entry: Entry) -> Record | None:
        """The record of the next entry; None where it cannot be read."""
        self.count += 1
        self.versions[entry.subject] += 1
        try:
            record = decode_any(entry, self._vocabulary)
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
        """Note what is not known here: profiles, types, extensions. Nothing can be judged by it."""
        event = record.event
        if isinstance(event, LedgerExtended):
            self.used = (*self.used, event.extension)
            missing = self._vocabulary.missing([event.extension])
            self.missing = tuple(dict.fromkeys((*self.missing, *missing)))
        if isinstance(event, UnknownEvent):
            self._unread += 1
            if not self.missing:
                self.unreadable = self.unreadable or (
                    f"record {record.position} ({record.subject}) cannot be read: its type"
                    f" {brief(event.stored)} is not known here"
                )
        if isinstance(record.event, LedgerOpened | LedgerProfileChanged):
            try:
                resolved(record.event.profile)
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
        if not is_canonical(entry, record):
            return f"{at} does not hold the canonical bytes of what it says"
        return ""

    def checks(self) -> Iterator[Check]:
        """How the records, and what could be read of them, came out."""
        if self.wrong or not self.count:
            yield Check(Outcome.FAIL, "records", self.wrong or "the log is empty")
        else:
            yield Check(
                Outcome.OK, "records", f"{self.count} read, canonical bytes, dense positions"
            )
        if self.unreadable:
            yield Check(Outcome.FAIL, TYPES, self.unreadable)
        elif self.missing:
            told = f"{self._unread} are of {' and '.join(self.missing)}, not known here"
            yield Check(Outcome.SKIP, TYPES, f"{told}: what these say was not looked at")
        else:
            yield Check(Outcome.OK, TYPES, "every record can be read")
