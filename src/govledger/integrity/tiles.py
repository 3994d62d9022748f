"""Tiles (C2SP tlog-tiles): the whole log as files that never change, for anybody to copy.

Here: which tiles a tree has, where each is published, its bytes, and reading them back. Not
here: writing files, the checkpoint beside them (`checkpoint`), checking a tree (`merkle`).

A hash tile holds up to 256 hashes of one level, an entry bundle the entries of 256 leaves.
Level n of tiles is level 8n of the tree, so a tile is made of nodes that a store keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from govledger.errors import InvalidInput, brief, invalid
from govledger.integrity.merkle import (
    HASH_SIZE,
    LARGEST_SIZE,
    Node,
    Parts,
    as_hash,
    leaf_hash,
    node_hash,
    root_nodes,
)

WIDTH = 256
"""The hashes of a full tile."""

HEIGHT = 8
"""The levels of the tree that a tile stands for."""

LARGEST_ENTRY = 2**16 - 1
"""The largest entry of a bundle, in bytes: its length is written in 16 bits."""

LEVELS = 8
"""The levels of hash tiles that a tree can have: 256**8 leaves are more than any has."""

ENTRIES = -1
"""The level of entry bundles: they stand below the leaves."""


@frozen
class Tile:
    """A tile: its level (`ENTRIES` for a bundle), its index at that level, how wide it is.

    Raises `InvalidInput` for one that no tree has.
    """

    level: int
    index: int
    width: int = WIDTH

    def __attrs_post_init__(self) -> None:
        start = self.index << HEIGHT * (max(self.level, 0) + 1) if self.level <= 63 else 0
        if (
            not ENTRIES <= self.level <= 63
            or not 1 <= self.width <= WIDTH
            or not 0 <= start <= LARGEST_SIZE
        ):
            raise _not_a_tile("no tree has one of that level, index and width")

    def __str__(self) -> str:
        """Where the tile is published, below the prefix of the log (tlog-tiles, Merkle tree)."""
        folder = "entries" if self.level == ENTRIES else str(self.level)
        digits = f"{self.index:d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        *above, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return "/".join(["tile", folder, *(f"x{part}" for part in above), last]) + partial


def parse_tile_path(path: str) -> Tile:
    """The tile that is published there; `str(tile)` gives the same path again.

    Raises `InvalidInput` for any other form than tlog-tiles', leading zeros too.
    """
    match = _PATH.fullmatch(path) if len(path) < 100 else None
    if match is None:
        raise _not_a_tile(f"{brief(path)} is not where a tile is published")
    level, index, width = match.groups()
    tile = Tile(
        ENTRIES if level == "entries" else int(level),
        int(index.replace("x", "").replace("/", "")),
        WIDTH if width is None else int(width),
    )
    if str(tile) != path:
        raise _not_a_tile(f"{brief(path)} is written as {tile}")
    return tile


_PATH = re.compile(
    r"tile/(0|[1-9][0-9]?|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


def tiles_of(size: int, before: int = 0) -> Iterator[Tile]:
    """The tiles of a tree, bundles first, then hashes from the leaves up.

    With `before`, only those that the tree of that earlier size did not have: what is new to
    publish. A tile that has grown comes again, wider. Raises `InvalidInput` where `size` is
    that of no tree.
    """
    root_nodes(size)
    for level in (ENTRIES, *range(LEVELS)):
        count, known = (max(n, 0) >> HEIGHT * max(level, 0) for n in (size, before))
        for index in range(min(known, count) // WIDTH, -(-count // WIDTH)):
            width = min(WIDTH, count - index * WIDTH)
            if index * WIDTH + width > known:
                yield Tile(level, index, width)


def nodes_of(tile: Tile) -> Parts:
    """The nodes whose hashes make up a tile, in order; of a bundle, those of its entries."""
    level = max(tile.level, 0) * HEIGHT
    first = tile.index * WIDTH
    return tuple((level, at) for at in range(first, first + tile.width))


def write_hashes(tile: Tile, hashes: Sequence[bytes]) -> bytes:
    """The bytes of a hash tile. Raises `InvalidInput` unless there are as many as it is wide."""
    _check_width(tile, len(hashes))
    return b"".join(map(as_hash, hashes))


def parse_hashes(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """The hashes of a hash tile. Raises `InvalidInput` where it has another size."""
    if len(data) != tile.width * HASH_SIZE:
        raise _not_a_tile(f"{tile} has {len(data)} bytes, not {tile.width * HASH_SIZE}")
    return tuple(data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE))


def write_entries(tile: Tile, entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle (tlog-tiles, log entries): each entry after its length.

    Raises `InvalidInput` unless there are as many as it is wide, none too large.
    """
    _check_width(tile, len(entries))
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise _not_a_tile(f"an entry of {tile} has more than {LARGEST_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_entries(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle. Raises `InvalidInput` where it is cut off, or holds more."""
    entries, at = list[bytes](), 0
    for number in range(tile.width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data):
            raise _not_a_tile(f"{tile} ends within entry {number + 1} of {tile.width}")
        entries.append(data[start:at])
    if at != len(data):
        raise _not_a_tile(f"{tile} goes on after its {tile.width} entries")
    return tuple(entries)


def hashes_of_entries(entries: Sequence[bytes]) -> tuple[bytes, ...]:
    """The leaf hashes of a bundle: they equal those of the tile of level 0 at its index."""
    return tuple(map(leaf_hash, entries))


def tile_with(node: Node, size: int) -> Tile:
    """The smallest tile of a tree from which the hash of a node is made.

    Raises `InvalidInput` for a node that is not complete at that size.
    """
    level, index = node
    if level < 0 or index < 0 or level > 62 or (index + 1) << level > size:
        raise _not_a_tile("the tree has no such complete node")
    tiles, above = divmod(level, HEIGHT)
    at = (index << above) // WIDTH
    return Tile(tiles, at, min(WIDTH, (size >> HEIGHT * tiles) - at * WIDTH))


def hash_in(tile: Tile, hashes: Sequence[bytes], node: Node) -> bytes:
    """The hash of a node, from the hashes of the tile that `tile_with` names.

    Raises `InvalidInput` where the tile does not hold all of it.
    """
    level, index = node
    above = level - tile.level * HEIGHT
    start = (index << max(above, 0)) - tile.index * WIDTH
    if tile.level < 0 or not 0 <= above < HEIGHT or start < 0 or start + (1 << above) > len(hashes):
        raise _not_a_tile(f"{tile} does not hold all of that node")
    row = list(hashes[start : start + (1 << above)])
    while len(row) > 1:
        row = [node_hash(*row[at : at + 2]) for at in range(0, len(row), 2)]
    return row[0]


def _check_width(tile: Tile, count: int) -> None:
    if count != tile.width:
        raise _not_a_tile(f"{tile} is {tile.width} wide, not {count}")


def _not_a_tile(reason: str) -> InvalidInput:
    return invalid(
        "not-a-tile", f"this is not a tile: {reason}", "see c2sp.org/tlog-tiles for its form"
    )
