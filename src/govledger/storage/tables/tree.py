"""The nodes of the Merkle tree over the log, in the order in which they are completed.

Here: writing the nodes that entries complete, and reading nodes. Not here: how they are hashed
(`govledger.integrity.merkle`), or whether they are right (`govledger.audit`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from govledger.codec import Columns, Entry, column_bytes, entry_bytes
from govledger.errors import Problem, StorageError
from govledger.integrity.merkle import (
    HASH_SIZE,
    Frontier,
    Node,
    completed,
    hashes_of,
    leaf_hash,
    number_of,
    root_nodes,
)
from govledger.integrity.merkle import append as appended
from govledger.storage.tables.log import PAGE
from govledger.storage.tables.session import Question, Session
from govledger.values import batches


def append(session: Session, frontier: Frontier, entries: Iterable[Entry]) -> None:
    """Write the nodes that entries complete, which come at the end of the log."""
    _, complete = appended(frontier, [leaf_hash(entry_bytes(entry)) for entry in entries])
    rows = enumerate((joined for _, joined in complete), start=completed(frontier.size))
    session.run("INSERT INTO tree VALUES (?,?)", list(rows))


def questions(session: Session, size: int) -> Sequence[Question]:
    """What to ask to know the frontier of a tree."""
    return session.of_many(_NODES, map(number_of, root_nodes(size)))


def frontier(size: int, rows: Iterable[Any], count: int) -> Frontier:
    """The frontier of a tree of so many nodes, from the answers to `questions`.

    Raises `StorageError` where it is not that of a tree of this size.
    """
    if count > completed(size):
        raise _lost(size)
    wanted = root_nodes(size)
    return Frontier(size, hashes_of(tuple((node,) for node in wanted), _found(wanted, rows)))


def nodes(session: Session, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """Those of the wanted nodes that there are."""
    wanted = tuple(wanted)
    return _found(wanted, session.some(_NODES, map(number_of, wanted)))


def _found(wanted: Iterable[Node], rows: Iterable[Any]) -> dict[Node, bytes]:
    numbers = {number_of(node): node for node in wanted}
    return {numbers[number]: kept for number, kept in rows if _is_hash(kept)}


def _is_hash(kept: object) -> bool:
    return isinstance(kept, bytes) and len(kept) == HASH_SIZE


def check_leaves(session: Session, entries: Iterable[Columns]) -> None:
    """Raise `StorageError` where a leaf that is kept is not the one of its entry, or has none."""
    size = 0
    for batch in batches(entries, PAGE):
        leaves = {(0, size + n): leaf_hash(column_bytes(e)) for n, e in enumerate(batch)}
        kept = nodes(session, leaves)
        wrong = next((index for (_, index), leaf in kept.items() if leaf != leaves[0, index]), None)
        if wrong is not None:
            raise _altered(f"record {wrong + 1} does not have the bytes that the tree was made of")
        size += len(batch)
    if count(session) > completed(size):
        raise _lost(size)


def _lost(size: int) -> StorageError:
    return _altered(f"the tree knows of records after {size}, which the log has lost")


def _altered(message: str) -> StorageError:
    return StorageError(
        Problem(
            code="altered",
            message=message,
            hint="`govledger verify` tells more; restore the ledger from a backup",
        )
    )


def edge(session: Session, size: int) -> list[bytes]:
    """Those nodes that there are of the right edge of a tree, from left to right."""
    found = nodes(session, root_nodes(size))
    return [found[node] for node in root_nodes(size) if node in found]


def count(session: Session) -> int:
    """How many nodes there are, by the number of the last."""
    ((found,),) = session.select(COUNT)
    return int(found)


def everything(session: Session) -> Iterator[tuple[int, bytes]]:
    """All nodes there are with their numbers, in order."""
    return session.stream("SELECT number, hash FROM tree ORDER BY number")


_NODES = "SELECT number, hash FROM tree WHERE number {}"
COUNT = "SELECT coalesce(max(number) + 1, 0) FROM tree"
"""How many nodes there are."""
