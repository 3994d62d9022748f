"""The tree over the records, beside the nodes that are kept of it: two ordered scans.

Here: hashing entries batch by batch, and telling the first that is not as it was. Not here:
what entries say (`records`), or roots that others kept (`outside`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from govledger.audit.report import Check, Outcome
from govledger.codec import Columns, column_bytes
from govledger.integrity.merkle import Frontier, append, completed, grow, leaf_hash, root_of
from govledger.integrity.note import to_base64


class Tree:
    """The tree over the entries of a log, beside the nodes that are kept of it.

    Without `nodes` only the root is worked out, at twice the pace.
    """

    def __init__(
        self, sizes: Iterable[int], nodes: Iterable[tuple[int, bytes]] | None = None
    ) -> None:
        self.frontier = Frontier()
        self.roots = {0: root_of(self.frontier)}
        self.last: dict[int, Columns] = {}
        self.first: Columns | None = None
        self._nodes = None if nodes is None else iter(nodes)
        self._wanted = sorted(set(sizes), reverse=True)
        self._wrong = ""
        self._sparse = ""

    @property
    def size(self) -> int:
        """How many entries were hashed."""
        return self.frontier.size

    def take(self, entries: Sequence[Columns]) -> None:
        """Hash the next entries, stopping at each size whose root is wanted."""
        self.first = self.first or next(iter(entries), None)
        while self._wanted and self._wanted[-1] <= self.size + len(entries):
            size = self._wanted.pop()
            upto = max(0, size - self.size)
            self._hash(entries[:upto])
            self.roots[size] = root_of(self.frontier)
            if upto:
                self.last[size] = entries[upto - 1]
            entries = entries[upto:]
        self._hash(entries)

    def _hash(self, entries: Sequence[Columns]) -> None:
        size = self.size
        for number, (position, *_) in enumerate(entries, start=size + 1):
            if position != number and not self._sparse:
                self._sparse = f"record {position} stands where record {number} should"
        leaves = _leaves(entries)
        if self._nodes is None:
            self.frontier = grow(self.frontier, leaves)
            return
        self.frontier, complete = append(self.frontier, leaves)
        made = [joined for _, joined in complete]
        kept = list(islice(self._nodes, len(made)))
        if not self._wrong and kept != list(enumerate(made, start=completed(size))):
            self._wrong = _parting(kept, complete, completed(size), entries, size)

    def dense(self) -> Check:
        """Whether the positions of the entries are dense."""
        if self._sparse or not self.size:
            return Check(Outcome.FAIL, "records", self._sparse or "the log is empty")
        return Check(Outcome.OK, "records", f"{self.size} hashed, dense positions")

    def check(self) -> Check:
        """Whether the nodes that are kept are those of the entries."""
        over = None if self._nodes is None else next(self._nodes, None)
        if over is not None and not self._wrong:
            self._wrong = (
                f"it goes on after record {self.size}: records were cut off"
                if over[0] == completed(self.size)
                else f"it has a node {over[0]} that no record completes"
            )
        if self._wrong:
            return Check(Outcome.FAIL, "tree", self._wrong)
        root = to_base64(root_of(self.frontier))
        return Check(Outcome.OK, "tree", f"root recomputed from records: {root}")


def _leaves(entries: Sequence[Columns]) -> list[bytes]:
    """The hashes of entries; a damaged row may hold anything."""
    try:
        return [leaf_hash(column_bytes(entry)) for entry in entries]
    except (TypeError, ValueError):
        return [_leaf(entry) for entry in entries]


def _leaf(entry: Columns) -> bytes:
    try:
        return leaf_hash(column_bytes(entry))
    except (TypeError, ValueError):
        return leaf_hash(b"")


def _parting(
    kept: Sequence[tuple[int, bytes]],
    complete: Sequence[tuple[tuple[int, int], bytes]],
    first: int,
    entries: Sequence[Columns],
    size: int,
) -> str:
    """Where the nodes that are kept part from those that the entries complete."""
    made = list(enumerate((joined for _, joined in complete), start=first))
    at = next((n for n, pair in enumerate(kept) if pair != made[n]), len(kept))
    (level, index), _ = complete[at]
    position, subject, *_ = entries[((index + 1) << level) - 1 - size]
    told = f"record {position} ({subject})"
    if at == len(kept) or kept[at][0] != made[at][0]:
        return f"a node is missing that {told} completes; `verify --rebuild` makes it again"
    if level:
        return f"the node of level {level} that {told} completes is altered"
    return f"{told} does not have the bytes that the tree was made of"
