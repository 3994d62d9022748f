"""The Merkle tree of RFC 9162 (as in RFC 6962), over SHA-256: roots, and proofs of them.

Here: hashing, appending in O(log n), which stored hashes a root or a proof is made of, and
verification. Not here: where hashes are stored, what an entry says, who signed a root.

A node is a complete subtree: `(level, index)` covers the leaves from `index * 2**level` up to
the next node of its level. Complete subtrees never change, so a store keeps exactly
them. Where the size is no power of two, the right edge has subtrees that are not complete;
they are hashed anew from complete ones. So every hash of a proof is the `join` of one node
or a few, and a plan lists them: `plan_inclusion`, `plan_consistency`, `root_nodes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from attrs import frozen

from govledger.errors import Problem, StorageError, invalid

HASH_SIZE = 32
"""The bytes of a hash: SHA-256."""

LARGEST_SIZE = 2**63 - 1
"""The largest tree: what databases and C2SP formats count."""

LONGEST_PROOF = 63
"""The most hashes in a proof: no path in a tree of fewer than 2^63 leaves is longer.

A consistency proof is one hash longer than a path at most; that takes a tree of more than
2^62 leaves, which none of ours will be.
"""

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162, section 2.1.1)."""


Node = tuple[int, int]
"""A complete subtree: its level above the leaves, and its index among those of its level."""

Parts = tuple[Node, ...]
"""Complete subtrees, from left to right and from large to small, whose `join` is one hash."""

Plan = tuple[Parts, ...]
"""The hashes of a proof, in its order."""


def completed(size: int) -> int:
    """How many complete subtrees the trees up to a size have, leaves among them."""
    return 2 * size - size.bit_count()


def number_of(node: Node) -> int:
    """The place of a node in the order in which nodes are completed, from 0 (see `append`).

    A store that keeps nodes under this number writes only at its end.
    """
    level, index = node
    return completed(((index + 1) << level) - 1) + level


@frozen
class Frontier:
    """The right edge of a tree: all that is needed to append to it.

    `hashes` are the complete subtrees that the leaves fall into, from left to right: those of
    `root_nodes(size)`. There is one for every bit that is set in `size`.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __attrs_post_init__(self) -> None:
        _check_size(self.size)
        if len(self.hashes) != self.size.bit_count():
            raise invalid(
                "not-a-frontier",
                f"a tree of {self.size} has {self.size.bit_count()} complete subtrees at its "
                f"right edge, not {len(self.hashes)}",
                "read those that `root_nodes` names",
            )


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side (RFC 9162, section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def join(hashes: Sequence[bytes]) -> bytes:
    """The hash over subtrees side by side, from large to small; `EMPTY_ROOT` of none."""
    if not hashes:
        return EMPTY_ROOT
    *rest, joined = hashes
    for left in reversed(rest):
        joined = node_hash(left, joined)
    return joined


def append(
    frontier: Frontier, leaves: Iterable[bytes]
) -> tuple[Frontier, list[tuple[Node, bytes]]]:
    """Append leaf hashes: the new frontier, and every subtree that is now complete, to store.

    They come in the order in which they are completed, each leaf (level 0) first; a million
    leaves complete a million leaves and a million less one subtrees above them. Raises
    `InvalidInput` where the tree would grow beyond `LARGEST_SIZE`.
    """
    size, edge = frontier.size, list(frontier.hashes)
    complete: list[tuple[Node, bytes]] = []
    for leaf in leaves:
        level, index, joined = 0, size, leaf
        complete.append(((level, index), joined))
        while index & 1:  # the subtree to the left is complete, and now both are one
            level, index, joined = level + 1, index >> 1, node_hash(edge.pop(), joined)
            complete.append(((level, index), joined))
        edge.append(joined)
        size += 1
    return Frontier(size, tuple(edge)), complete


def grow(frontier: Frontier, leaves: Sequence[bytes]) -> Frontier:
    """The frontier after appending leaf hashes, as `append` has it, for who needs no nodes.

    Twice as fast: whole subtrees are hashed row by row. Raises `InvalidInput` as `append` does.
    """
    size, edge, at = frontier.size, list(frontier.hashes), 0
    while at < len(leaves):
        room = 1 << (len(leaves) - at).bit_length() - 1
        width = min(room, size & -size) if size else room
        row = list(leaves[at : at + width])
        while len(row) > 1:
            row = [
                sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=True)
            ]
        (joined,), index = row, size // width
        while index & 1:
            index, joined = index >> 1, node_hash(edge.pop(), joined)
        edge.append(joined)
        size, at = size + width, at + width
    return Frontier(size, tuple(edge))


def root_of(frontier: Frontier) -> bytes:
    """The root of a tree (RFC 9162, section 2.1.1)."""
    return join(frontier.hashes)


def root_over(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in memory of O(log n): for an audit that reads every entry."""
    edge = list[bytes]()
    for index, joined in enumerate(leaves):
        while index & 1:
            index, joined = index >> 1, node_hash(edge.pop(), joined)
        edge.append(joined)
    return join(edge)


# --- which nodes --------------------------------------------------------------------------


def root_nodes(size: int) -> Parts:
    """The nodes whose join is the root of the first `size` leaves; a frontier holds the same.

    At most 63. Raises `InvalidInput` for a size that no tree has.
    """
    return _cover(0, _check_size(size))


def plan_inclusion(index: int, size: int) -> Plan:
    """What proves that leaf `index`, from 0, is in the tree of `size` (RFC 9162, 2.1.3.1).

    The hashes run from the sibling of the leaf up to a child of the root. All but one are
    nodes; that one, at the right edge, may join several. Raises `InvalidInput` for a leaf
    that the tree does not hold.
    """
    if not 0 <= index < _check_size(size):
        raise invalid(
            "not-in-the-tree",
            f"there is no leaf {index} in a tree of {size}",
            "leaves count from 0; a proof at a size covers what came before it",
        )
    start, end, parts = 0, size, list[Parts]()
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            parts.append(_cover(middle, end))
            end = middle
        else:
            parts.append(_cover(start, middle))
            start = middle
    return tuple(reversed(parts))


def plan_consistency(old: int, new: int) -> Plan:
    """What proves that the tree of `new` extends that of `old` (RFC 9162, section 2.1.4.1).

    Nothing where the sizes are equal, and nothing for an old tree without leaves, which every
    tree extends. Raises `InvalidInput` where the old tree is the larger.
    """
    if not 0 <= old <= _check_size(new):
        raise invalid(
            "not-an-extension",
            f"a tree of {new} cannot extend one of {old}",
            "name the earlier size first",
        )
    if old == 0:
        return ()
    start, end, parts = 0, new, list[Parts]()
    while old != end:
        middle = _middle(start, end)
        if old <= middle:
            parts.append(_cover(middle, end))
            end = middle
        else:
            parts.append(_cover(start, middle))
            start = middle
    if start:  # the old tree is not one node, so its last subtree is told
        parts.append(_cover(start, end))
    return tuple(reversed(parts))


def hashes_of(plan: Plan, stored: Mapping[Node, bytes]) -> tuple[bytes, ...]:
    """The hashes of a proof, from those of its nodes.

    Raises `StorageError` where a node is missing.
    """
    try:
        return tuple(join([stored[node] for node in parts]) for parts in plan)
    except KeyError as missing:
        level, index = missing.args[0]
        raise StorageError(
            Problem(
                code="missing-node",
                message=f"the tree lacks node {index} of level {level}",
                hint="`govledger verify --rebuild` makes it again from the records",
            )
        ) from missing


def _middle(start: int, end: int) -> int:
    """Where the left subtree of [start, end) ends: it is as large as a power of two can be."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _cover(start: int, end: int) -> Parts:
    """The nodes of a subtree of [start, end), complete or at the right edge."""
    nodes, at = [], start
    while at < end:
        level = (end - at).bit_length() - 1
        nodes.append((level, at >> level))
        at += 1 << level
    return tuple(nodes)


def _check_size(size: int) -> int:
    if not 0 <= size <= LARGEST_SIZE:
        raise invalid(
            "not-a-tree-size",
            f"{size if abs(size) < 2**70 else 'that'} is not the size of a tree",
            f"sizes run from 0 to {LARGEST_SIZE} (2^63 - 1)",
        )
    return size


# --- verification -------------------------------------------------------------------------


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof leads from a leaf hash to the root (RFC 9162, section 2.1.3.2).

    False for anything that does not, whatever it is: a proof of another length, hashes that
    are none, a leaf outside the tree, sizes beyond `LARGEST_SIZE`. At most 63 hashes are read.
    """
    if not 0 <= index < size <= LARGEST_SIZE or len(proof) > LONGEST_PROOF:
        return False
    if not _are_hashes(leaf, root, *proof):
        return False
    here, last, joined = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False  # the root is reached, and hashes are left
        if here & 1 or here == last:
            joined = node_hash(sibling, joined)
            here, last = _skip_lone(here, last)
        else:
            joined = node_hash(joined, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and joined == root


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that one tree extends another (RFC 9162, section 2.1.4.2).

    Trees of one size are consistent where their roots are equal; a tree without leaves, whose
    root is `EMPTY_ROOT`, is extended by any. Both take no hashes. False for anything else that
    does not hold, as in `verify_inclusion`; what the root of a size has to be is not asked here.
    """
    if not 0 <= old <= new <= LARGEST_SIZE or len(proof) > LONGEST_PROOF:
        return False
    if old == new:
        return not proof and old_root == new_root
    if not _are_hashes(old_root, new_root, *proof):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    # Where the old tree is one node, its root is where the path begins.
    path = proof if old & (old - 1) else (old_root, *proof)
    return bool(proof) and _both_roots(old, new, path) == (old_root, new_root)


def _both_roots(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of both trees to which a path leads; None where it is too long or too short."""
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if here & 1 or here == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            here, last = _skip_lone(here, last)
        else:
            after = node_hash(after, sibling)
        here, last = here >> 1, last >> 1
    return (before, after) if last == 0 else None


def _skip_lone(here: int, last: int) -> tuple[int, int]:
    """Up to where a subtree at the right edge has a sibling: until then it stands for itself."""
    while here and not here & 1:
        here, last = here >> 1, last >> 1
    return here, last


def _are_hashes(*values: bytes) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_SIZE for value in values)


def as_hash(value: bytes) -> bytes:
    """A hash from outside; raises `InvalidInput` where it has not 32 bytes."""
    if not _are_hashes(value):
        raise invalid("not-a-hash", f"a hash has 32 bytes, not {len(value)}", "it is SHA-256")
    return value
