"""Publishing a ledger as tiles (C2SP tlog-tiles): a folder that anybody can copy and check.

Here: `publish`, which writes what is new since the last time, the checkpoint last. Not here:
the form of tiles (`govledger.integrity.tiles`), or serving them.

Tiles hold entries as they are hashed, with personal texts sealed. What was published
never changes; a folder that holds another log, or a checkpoint that this one does not extend, is
left as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from govledger.erasing import refuse_open_texts
from govledger.errors import Inconsistent, InvalidInput, Problem, StorageError
from govledger.files import replacing
from govledger.integrity.checkpoint import open_checkpoint
from govledger.integrity.note import LARGEST_NOTE, Note
from govledger.integrity.tiles import (
    ENTRIES,
    WIDTH,
    Tile,
    hashes_of_entries,
    parse_entries,
    tiles_of,
    write_hashes,
)
from govledger.ledger import Ledger

CHECKPOINT = "checkpoint"
"""The file of the checkpoint, beside the folder of the tiles."""


def publish(
    ledger: Ledger,
    checkpoint: Note,
    folder: Path,
    progress: Callable[[int], None] | None = None,
    *,
    disclose: bool = False,
) -> int:
    """Write the tiles of a signed checkpoint's tree into a folder; gives how many were written.

    Where the folder holds an earlier checkpoint of this ledger, only what is new is written.
    `progress` is called with the number of records written, now and then. Raises `InvalidInput`
    where the checkpoint is not of this ledger as it is, and where records of an older format
    hold personal texts that are not sealed, unless it shall `disclose` them; `Inconsistent`
    where the folder holds what this ledger does not extend, `StorageError` where files cannot be
    read or written, or the records are not those of the tree.
    """
    size = ledger.check_checkpoint(checkpoint)
    try:
        before = _published(ledger, folder, size)
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_DRAFT}*"):  # by somebody who was killed
            left.unlink()
        written, new = 0, frozenset(tiles_of(size, before))
        for tile in tiles_of(size):
            if tile not in new and (folder / str(tile)).exists():
                continue
            data = ledger.tile(tile)
            if tile.level == ENTRIES:
                _check_hashed(ledger, tile, data)
                if not disclose:
                    first = tile.index * WIDTH
                    refuse_open_texts(ledger.entries(first, first + tile.width), ledger.vocabulary)
                if progress is not None:
                    progress(tile.index * WIDTH + tile.width)
            _write(folder, str(tile), data)
            written += 1
        _write(folder, CHECKPOINT, bytes(checkpoint))
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(
            Problem(
                code="not-published",
                message=f"{folder}: {error.strerror or error}",
                hint="check the path, its rights and the room there; then publish again",
            )
        ) from error
    return written


_DRAFT = ".govledger-tile-"
"""How the names of files begin that are not written to the end yet."""


def _published(ledger: Ledger, folder: Path, size: int) -> int:
    """The size of the tree that a folder holds already; 0 where it holds none."""
    path = folder / CHECKPOINT
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_NOTE + 1)
    except FileNotFoundError:
        return 0
    try:
        kept, _ = open_checkpoint(data)
    except InvalidInput as error:
        raise _foreign(path, "it holds something else") from error
    if kept.size > size:
        raise _foreign(path, f"it holds {kept.size} records already, and this tree {size}")
    if kept != ledger.checkpoint(kept.size):
        raise _foreign(path, "it holds the tree of another log")
    return kept.size


def _foreign(path: Path, reason: str) -> Inconsistent:
    return Inconsistent(
        Problem(
            code="published-otherwise",
            message=f"{path}: {reason}",
            hint="name another folder; what was published is never replaced",
        )
    )


def _check_hashed(ledger: Ledger, tile: Tile, data: bytes) -> None:
    """Refuse entries that are not those that the tree was made of."""
    hashes = hashes_of_entries(parse_entries(tile, data))
    leaves = Tile(0, tile.index, tile.width)
    if write_hashes(leaves, hashes) != ledger.tile(leaves):
        raise StorageError(
            Problem(
                code="altered",
                message=f"the records of {tile} are not those that the tree was made of",
                hint="`govledger verify` names the first of them; nothing of it was published",
            )
        )


def _write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    last = name == CHECKPOINT  # it vouches for the rest
    if last and hasattr(os, "sync"):
        os.sync()
    elif path.exists() and path.read_bytes() != data:
        raise _foreign(path, "it holds something else")
    with replacing(path, draft=folder / f"{_DRAFT}{uuid4().hex}", durable=last) as draft:
        draft.write(data)
