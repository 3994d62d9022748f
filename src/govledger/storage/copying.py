"""Copying a ledger to another place, byte for byte, or going on where an earlier copy ended.

Here: some records of one store at a time, read in one snapshot, and written to the other in one
transaction with all that follows from them. Not here: which place is meant (`places`), or how
any store keeps records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from zoneinfo import ZoneInfo

from attrs import frozen

from govledger.codec import Entry, decode, entry_bytes
from govledger.errors import StorageError
from govledger.events import PersonalDataErased
from govledger.history import Record
from govledger.integrity.merkle import completed, hashes_of, join, leaf_hash, root_nodes
from govledger.integrity.personal import (
    Disclosure,
    digests_in,
    disclosure_of,
    from_hex,
    text_in,
)
from govledger.spans import BATCH
from govledger.storage import Reading, Store, Writing
from govledger.storage.faults import fault
from govledger.storage.places import Place
from govledger.storage.tables.rebuild import accepted


@frozen(kw_only=True)
class Copied:
    """What a copy came to: it has `size` records, and their `root` is that of the original.

    `count` of them were copied just now. `erased` texts were erased in the copy, because a record
    says since that they are; where not `purged`, bytes of these remain, and `remains` says for
    how long and what is to be done (see `Erasure`).

    >>> from govledger import Copied, Ledger
    >>> with Ledger.open("club.db") as ledger:
    ...     copied = ledger.copy_to("copy.db")
    >>> isinstance(copied, Copied), copied.count, copied.size, copied.purged
    (True, 1, 1, True)
    """

    count: int
    size: int
    root: bytes
    erased: int = 0
    remains: str = ""

    @property
    def purged(self) -> bool:
        """Whether nothing is left of what was erased, as far as that is in the store's hands."""
        return not self.remains


@frozen
class _Part:
    """The records of a log that come next after `size`, as one snapshot has them.

    `before` and `after` are the roots of the log without them, and with them.
    """

    size: int
    entries: Sequence[Entry]
    records: Sequence[Record]
    disclosures: Sequence[Disclosure]
    before: bytes
    after: bytes


def copy(
    source: Store, there: Place, zone: ZoneInfo, progress: Callable[[int], None] | None = None
) -> Copied:
    """Copy a log whose days begin in a zone: all that there is now, and what comes meanwhile.

    `progress` is called with the number of records that the copy has, now and then. Raises
    `StorageError` where something else is there, and where the source is damaged: what came
    before the damage may have been copied then. `UnreadableRecord` where a record cannot be read.
    """
    if there.is_of(source):
        raise fault(there.name, "same-place", "that is the ledger itself", "name another place")
    erased, count = 0, int(there.is_free())
    with closing(_made(source, there) if count else _found(there)) as target:
        try:
            for part, gone in _written(source, target, zone):
                count += len(part.entries)
                erased += gone
                if progress is not None:
                    progress(part.size + len(part.entries))
        finally:
            remains = target.purge() if erased else ""
    return Copied(count=count, size=part.size, root=part.before, erased=erased, remains=remains)


def _written(source: Store, target: Store, zone: ZoneInfo) -> Iterator[tuple[_Part, int]]:
    """Write what is missing, and give each part with the number of texts that it had erased.

    The last part has no entries: nothing comes after it.
    """
    began = source.head()
    while True:
        # Up to where the log ended each part has a snapshot of its own, so that nobody has to wait.
        # All that came since has one: so it ends, and has the erasures of all that it lacks.
        with source.read() as reading:
            for part, gone in _parts(source, reading, target, zone):
                yield part, gone
                if not part.entries:
                    return
                if part.size + len(part.entries) < began:
                    break


def _parts(
    source: Store, reading: Reading, target: Store, zone: ZoneInfo
) -> Iterator[tuple[_Part, int]]:
    """Write what a snapshot has, until somebody else copied more to this place, too."""
    head = _head(reading)
    while (size := target.head()) <= head:
        part = _next(source, reading, size, head)
        with target.write() as writing:
            is_next = _is_next(part, writing, target)
            gone = _write(writing, part, zone, source) if is_next and part.entries else 0
        if is_next:
            yield part, gone
    if size > (now := source.head()):
        raise _not_a_copy(target, f"it has {size} records, and {source.name} has {now}")


def _made(source: Store, there: Place) -> Store:
    """A new copy, with the first record. Of what cannot be read nothing is made."""
    with source.read() as reading:
        first = _next(source, reading, 0, _head(reading)).entries[0]
    return there.create(first)


def _found(there: Place) -> Store:
    """What is there already; refused where opening it would bring it up to date."""
    there.open(read_only=True).close()
    return there.open()


def _next(source: Store, reading: Reading, size: int, head: int) -> _Part:
    """What comes next after a number of records of a log that has more; no entries after the last.

    Raises `StorageError` where it is damaged.
    """
    if reading.kept().count() > completed(head):
        raise _altered(source, f"the tree knows of records after {head}, which the log has lost")
    upto = min(size + BATCH, head)
    entries = reading.at(range(size + 1, upto + 1))
    _check_leaves(source, reading, entries, size, upto)
    disclosed = reading.disclosed(digests_in(entry.body for entry in entries))
    for digest, array in disclosed.items():
        text_in(array, digest)  # raises where it is not what was sealed
    return _Part(
        size,
        entries,
        [decode(entry, source.vocabulary) for entry in entries],
        [disclosure_of(array) for array in disclosed.values()],
        before=_root(reading, size),
        after=_root(reading, upto),
    )


def _head(reading: Reading) -> int:
    last = reading.last()
    return last.position if last else 0


def _check_leaves(
    source: Store, reading: Reading, entries: Sequence[Entry], size: int, upto: int
) -> None:
    """Refuse entries that are not those that the tree was made of."""
    leaves = reading.nodes([(0, index) for index in range(size, upto)])
    held = {entry.position: entry for entry in entries}
    for position in range(size + 1, upto + 1):
        if position not in held:
            raise _altered(source, f"record {position} is gone")
        if _leaf(held[position]) != leaves.get((0, position - 1)):
            raise _altered(
                source, f"record {position} does not have the bytes that the tree was made of"
            )


def _leaf(entry: Entry) -> bytes:
    """The hash of an entry; of none where a damaged row holds something else."""
    try:
        return leaf_hash(entry_bytes(entry))
    except (TypeError, ValueError):
        return b""


def _root(reading: Reading, size: int) -> bytes:
    """The root of the first records, from the nodes that are kept."""
    wanted = root_nodes(size)
    return join(hashes_of(tuple((node,) for node in wanted), reading.nodes(wanted)))


def _is_next(part: _Part, reading: Reading, target: Store) -> bool:
    """Whether a log ends where a part begins. Raises `StorageError` where it is another log."""
    if _head(reading) != part.size:
        return False
    if _root(reading, part.size) != part.before:
        raise _not_a_copy(target, "its records are not those that the ledger begins with")
    return True


def _write(writing: Writing, part: _Part, zone: ZoneInfo, source: Store) -> int:
    """Write a part at the end of a log; gives how many texts it says are erased that were kept."""
    standing = writing.standing([record.event for record in part.records])
    planned = accepted(standing.books, part.records, zone, source.vocabulary)
    writing.append(part.entries, planned, part.disclosures)
    gone = writing.disclosed(_erased_by(part.records))
    if gone:
        writing.erase(gone)
    if _root(writing, part.size + len(part.entries)) != part.after:
        raise _altered(source, "the nodes of the tree are not those of the records")
    return len(gone)


def _erased_by(records: Iterable[Record]) -> set[str]:
    return {
        from_hex(digits)
        for record in records
        if isinstance(record.event, PersonalDataErased)
        for digits in record.event.digests
    }


def _not_a_copy(target: Store, reason: str) -> StorageError:
    return fault(
        target.name,
        "not-a-copy",
        f"this is no earlier copy of the ledger: {reason}",
        "name another place; a copy that was written to is a ledger of its own",
    )


def _altered(source: Store, message: str) -> StorageError:
    hint = "`govledger verify` tells more; restore the ledger from a backup"
    return fault(source.name, "altered", message, hint)
