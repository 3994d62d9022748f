"""Making the derived tables again, from the log.

Here: going through the log batch by batch, and the note of a time zone's rules. Not here: what
follows from a record (`govledger.spans`), single rows (`derived`), or comparing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from govledger.codec import decode
from govledger.errors import InvalidInput, UnreadableRecord
from govledger.events import LedgerOpened
from govledger.history import Record
from govledger.spans import BATCH, Books, Plan, plan
from govledger.storage.tables import tree
from govledger.storage.tables.books import TableBooks, coming
from govledger.storage.tables.derived import LAST_NUMBER, subjects_of, write
from govledger.storage.tables.log import Log
from govledger.storage.tables.session import Session
from govledger.values import batches
from govledger.vocabulary import Vocabulary
from govledger.when import timezone, zone_rules


def rebuild(log: Log, progress: Callable[[int], None] | None = None) -> int:
    """Make the derived tables again from the log, whatever became of them.

    Raises `StorageError` where the tree that is there tells that a record was altered or cut off:
    nothing may cover that up.
    """
    session = log.session
    if session.has("tree"):
        tree.check_leaves(session, log.columns())
    session.renew_derived()
    zone, done = timezone("UTC"), 0
    for entries in batches(log.everything(), BATCH):
        zone = retell(session, log, [decode(entry, log.vocabulary) for entry in entries], zone)
        (nodes,) = session.gather(tree.questions(session, done))
        tree.append(session, tree.frontier(done, nodes, tree.count(session)), entries)
        done += len(entries)
        if progress is not None:
            progress(done)
    return done


def date(session: Session, zone: ZoneInfo) -> None:
    """Note by which rules of its time zone the instants of a ledger are worked out."""
    session.run(
        "INSERT INTO calendar VALUES (?,?) ON CONFLICT (zone) DO UPDATE SET rules = excluded.rules",
        [(zone.key, zone_rules(zone))],
    )


def calendar_holds(session: Session) -> bool:
    """Whether they were worked out by the rules that hold today; a damaged note says nothing."""
    if not session.has("calendar"):
        return True
    try:
        noted = session.select("SELECT zone, rules FROM calendar")
        known = [(zone, rules) for zone, rules in noted if isinstance(zone, str)]
        return all(rules == zone_rules(timezone(zone)) for zone, rules in known)
    except (session.fault, InvalidInput):
        return True


def retell(session: Session, log: Log, records: Sequence[Record], zone: ZoneInfo) -> ZoneInfo:
    """Write what follows from records of the log, after all before them; gives the zone."""
    first = records[0].event
    if isinstance(first, LedgerOpened):
        zone = timezone(first.timezone)
        date(session, zone)
    asked = coming(record.event for record in records)
    spans, links, ((last,),) = session.gather(*asked.questions(session), [(LAST_NUMBER, ())])
    books = TableBooks(session, log, records[0].position - 1, asked, (spans, links))
    planned = accepted(books, records, zone, log.vocabulary)
    write(session, planned, subjects_of(session, planned, books.numbers, last), last)
    return zone


def accepted(
    books: Books, records: Sequence[Record], zone: ZoneInfo, vocabulary: Vocabulary
) -> Plan:
    """What records do to the books that were accepted when they were made."""
    try:
        return plan(books, records, zone, vocabulary, accepted=True)
    except InvalidInput as error:  # a profile that is not known here
        raise UnreadableRecord(*error.problems) from error
