"""Verification: whether a ledger agrees with itself, and with what was kept elsewhere.

Here: one pass over stored entries, the nodes of their tree read beside them. Not here: the
checks themselves (the rooms beside this one), reading entries, deriving anything (`Again`), or
repairing it.

Whoever owns the database can rewrite all of it consistently. So the best verdict that a ledger
has by itself is "self-consistent"; only a checkpoint kept elsewhere can make it stronger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from attrs import frozen

from govledger.audit.outside import Outside, size_of, with_outside
from govledger.audit.records import Log
from govledger.audit.report import Check, Outcome, Verification
from govledger.audit.tree import Tree
from govledger.codec import Columns, Entry
from govledger.history import Record
from govledger.integrity.merkle import completed
from govledger.integrity.personal import Account
from govledger.spans import BATCH
from govledger.values import batches
from govledger.vocabulary import STANDARD, Vocabulary


class Again(Protocol):
    """What is derived from the log, derived again beside what there is."""

    def take(self, records: Sequence[Record]) -> None:
        """Derive what follows from the next records of the log."""

    def difference(self) -> str:
        """The first thing that differs from what there is; empty where nothing does."""

    def account(self) -> Account:
        """Whether what is no longer disclosed is accounted for."""


@frozen(kw_only=True)
class Kept:
    """What a store keeps of a log: its entries in log order, and the nodes of their tree.

    `edge` gives the nodes of the right edge of a tree of some size, as far as they are kept, and
    `count` how many nodes there are.
    """

    entries: Callable[[], Iterable[Columns]]
    nodes: Callable[[], Iterable[tuple[int, bytes]]]
    edge: Callable[[int], Sequence[bytes]]
    count: Callable[[], int]


def verify(
    kept: Kept,
    again: Again,
    storage: Iterable[Check],
    outside: Outside | None = None,
    progress: Callable[[int], None] | None = None,
    vocabulary: Vocabulary = STANDARD,
) -> Verification:
    """Check entries, the nodes of their tree, and all that is derived.

    `storage` are checks of the store, `outside` is what was kept elsewhere. `progress` is
    called with the number of records read, now and then. What `vocabulary` does not know, for an
    extension is missing, is not derived again, and the verdict says so. Raises `InvalidInput`
    where a checkpoint is none.
    """
    log = Log(vocabulary)
    outside = outside or Outside()
    tree = Tree(map(size_of, outside.checkpoints), kept.nodes())
    for batch in batches(kept.entries(), BATCH):
        tree.take(batch)
        entries = (Entry(*columns) for columns in batch)
        if records := [r for entry in entries if (r := log.read(entry)) and log.is_sound]:
            again.take(records)
        if progress is not None:
            progress(log.count)
    checks = (*storage, *log.checks(), tree.check(), *_derived(again, log))
    without = f"without {' and '.join(log.missing)}" if log.missing else ""
    return with_outside(checks, tree, outside, without)


def verify_bytes(
    kept: Kept,
    outside: Outside | None = None,
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Check that the entries are those that the tree was made of, without reading what they say.

    Many times as fast as `verify`, and as strong a proof of what a checkpoint covers; what is
    derived, and so every register, is not looked at. Where the root is another, all nodes are
    read to tell which record differs. Arguments and errors as for `verify`.
    """
    outside = outside or Outside()
    tree = Tree(map(size_of, outside.checkpoints))
    _hash_all(tree, kept, progress)
    at_edge = kept.edge(tree.size)
    if tuple(at_edge) != tree.frontier.hashes or kept.count() != completed(tree.size):
        tree = Tree(map(size_of, outside.checkpoints), kept.nodes())
        _hash_all(tree, kept, progress)
    return with_outside((tree.dense(), tree.check(), *_UNREAD), tree, outside, "bytes only")


def _hash_all(tree: Tree, kept: Kept, progress: Callable[[int], None] | None) -> None:
    for batch in batches(kept.entries(), _ALIGNED):
        tree.take(batch)
        if progress is not None:
            progress(tree.size)


_ALIGNED = 1_024
"""How many entries are hashed at a time: a whole subtree."""


_UNREAD = tuple(
    Check(Outcome.SKIP, name, "not looked at: only bytes were hashed")
    for name in ("file", "append-only", "contents", "inner nodes", "personal data", "derived data")
)


def _derived(again: Again, log: Log) -> Iterator[Check]:
    if not log.is_sound:
        for name in ("personal data", "derived data"):
            told = "some records cannot be read"
            if log.missing:
                told = f"it was derived with {' and '.join(log.missing)}, not known here"
            yield Check(Outcome.SKIP, name, f"not compared: {told}")
        return
    account = again.account()
    told = f"{account.sealed} texts sealed, {account.erased} of them erased and accounted for"
    told += f"; {account.withheld} were withheld" if account.withheld else ""
    told += f"; {account.unsealed} stand in the log itself" if account.unsealed else ""
    yield Check(Outcome.OK if account else Outcome.FAIL, "personal data", account.problem or told)
    if wrong := again.difference():
        code = f"; or the code of {' and '.join(log.used)} has changed since" if log.used else ""
        told = f"{wrong}{code}; `verify --rebuild` makes it again"
        yield Check(Outcome.FAIL, "derived data", told)
    else:
        yield Check(Outcome.OK, "derived data", "spans, findings, links and keys equal a replay")
