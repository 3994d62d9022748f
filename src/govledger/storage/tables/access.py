"""All that can be asked and done in one transaction, from the rooms of this package.

Here: `Access`, which honours `govledger.storage.Writing` as far as databases are alike. Not
here: how a transaction begins and ends, or how the log itself is written (`put`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from attrs import astuple, frozen

from govledger.audit import Again, Check, Kept
from govledger.codec import Entry, decode
from govledger.events import LEDGER, Event, LedgerOpened, kind_of
from govledger.integrity.merkle import Frontier, Node
from govledger.integrity.personal import Disclosure
from govledger.rules import Finding
from govledger.spans import Judged, Plan
from govledger.storage import Row, Selection, SpanRow, Standing
from govledger.storage.tables import books, cursors, derived, registers, tree
from govledger.storage.tables import disclosures as sealed
from govledger.storage.tables.log import NEWEST, VERSIONS, Log
from govledger.storage.tables.rebuild import calendar_holds, date, rebuild
from govledger.storage.tables.session import Session
from govledger.vocabulary import Vocabulary
from govledger.when import timezone


@frozen
class _Ready:
    """What was looked up to write at the end of the log."""

    numbers: Mapping[str, int | None]
    last: int
    frontier: Frontier


class Access(Log, ABC):
    """Reads and appends inside one transaction."""

    def __init__(self, session: Session, vocabulary: Vocabulary) -> None:
        super().__init__(session, vocabulary)
        self._ready: _Ready | None = None

    @abstractmethod
    def put(self, entries: Sequence[Entry]) -> None:
        """Write entries at the end of the log itself."""

    @abstractmethod
    def again(self) -> AbstractContextManager[Again]:
        """Derive everything again, beside what there is, to compare."""

    @abstractmethod
    def checks(self) -> Iterator[Check]:
        """What the database can say of its own soundness."""

    def append(
        self, entries: Sequence[Entry], planned: Plan, disclosures: Sequence[Disclosure] = ()
    ) -> None:
        assert self._ready is not None  # noqa: S101 - see `Writing`
        ready, self._ready = self._ready, None
        subjects = derived.subjects_of(self.session, planned, ready.numbers, ready.last)
        with self.session.at_once():
            derived.write(self.session, planned, subjects, ready.last)
            tree.append(self.session, ready.frontier, entries)
            sealed.write(self.session, disclosures)
            self.put(entries)

    # --- what is sealed -------------------------------------------------------------------

    def disclosed(self, digests: Iterable[str]) -> dict[str, str]:
        return sealed.find(self.session, digests)

    def disclosing(self, text: str) -> list[str]:
        return sealed.disclosing(self.session, text)

    def erase(self, digests: Iterable[str]) -> None:
        sealed.erase(self.session, digests)

    # --- what is derived ------------------------------------------------------------------

    def nodes(self, wanted: Iterable[Node]) -> dict[Node, bytes]:
        return tree.nodes(self.session, wanted)

    def kept(self) -> Kept:
        session = self.session
        return Kept(
            entries=self.columns,
            nodes=lambda: tree.everything(session) if session.has("tree") else (),
            edge=lambda size: tree.edge(session, size) if session.has("tree") else (),
            count=lambda: tree.count(session) if session.has("tree") else 0,
        )

    def standing(self, coming: Sequence[Event]) -> Standing:
        session, asked = self.session, books.coming(coming)
        newest, versions, spans, links = session.gather(
            [(NEWEST, ())],
            session.of_many(VERSIONS, (LEDGER, *asked.about)),
            *asked.questions(session),
        )
        last = Entry(*newest[0]) if newest else None
        size = last.position if last else 0
        nodes, ((count, number),) = session.gather(tree.questions(session, size), [(_ENDS, ())])
        held = books.TableBooks(session, self, size, asked, (spans, links))
        self._ready = _Ready(held.numbers, number, tree.frontier(size, nodes, count))
        return Standing(last=last, versions=dict(versions), books=held)

    def positions(self, key: str) -> range:
        return derived.positions(self.session, key)

    def keyed(self, key: str) -> list[Entry]:
        return self.at(self.positions(key))

    def view(self, as_of: int, known: int, chosen: Selection) -> list[Row]:
        return registers.view(self.session, as_of, known, chosen)

    def findings(self, as_of: int, known: int, subjects: Sequence[str] | None) -> list[Finding]:
        return registers.findings(self.session, as_of, known, subjects)

    def mentioned(self, known: int) -> list[str]:
        return registers.mentioned(self.session, known)

    def spans(self, subjects: Sequence[str], known: int) -> list[SpanRow]:
        return registers.spans(self.session, subjects, known)

    def judged(self, known: int) -> list[Judged]:
        return registers.judged(self.session, known)

    def cursors(self) -> dict[str, int]:
        return cursors.cursors(self.session)

    def is_up_to_date(self) -> bool:
        return calendar_holds(self.session)

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        return rebuild(self, progress)


_ENDS = f"SELECT ({tree.COUNT}), ({derived.LAST_NUMBER})"
"""What comes next: the number of a node, and before that of a subject."""


def write_first(session: Session, first: Entry) -> None:
    """Write the entry that opens a ledger into tables that were just made."""
    session.run("INSERT INTO records VALUES (?,?,?,?,?)", [astuple(first)])
    tree.append(session, Frontier(), [first])
    session.run(
        "INSERT INTO subjects VALUES (1,?,?,1,NULL)", [(first.subject, kind_of(first.subject))]
    )
    opened = decode(first).event
    if isinstance(opened, LedgerOpened):
        date(session, timezone(opened.timezone))
