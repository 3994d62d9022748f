"""Files that commands read and write, besides the ledger.

Here: small files whole, and files that are written whole or not at all. Not here: datasets
(`datasets`), which most commands never read, or any format.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import click

from govledger.cli.options import settings
from govledger.errors import Problem, StorageError, invalid
from govledger.integrity.checkpoint import is_signed, open_checkpoint
from govledger.integrity.note import LARGEST_NOTE, Note


def contents(path: Path, most: int) -> bytes:
    """The bytes of a file, one more than `most` where it is larger: whoever reads them says so."""
    with path.open("rb") as file:
        return file.read(most + 1)


def beside_ledger() -> Path:
    """Where the last checkpoint of the ledger is kept unless another file is named."""
    return Path(f"{settings().ledger}.checkpoint")


def signed_checkpoint(path: Path | None) -> Note:
    """The checkpoint in a file; in the one beside the ledger where none is named."""
    path = path or beside_ledger()
    if not path.exists():
        raise click.UsageError(
            f"there is no {path}: name a signed --checkpoint, or make it with"
            " `govledger checkpoint --sign --key FILE`"
        )
    return open_checkpoint(signed_data(contents(path, LARGEST_NOTE)))[1]


def signed_data(data: bytes) -> bytes:
    """A checkpoint file, as it is; raises `InvalidInput` where nobody signed it."""
    if not is_signed(data):
        raise invalid(
            "unsigned-checkpoint",
            "nobody signed this checkpoint",
            "`govledger checkpoint --sign --key FILE` makes a signed one",
        )
    return data


def check_folder(path: Path) -> None:
    """Raise `StorageError` where there is no folder to write a file to."""
    if not path.parent.is_dir():
        raise StorageError(
            Problem(
                code="no-folder",
                message=f"{path}: there is no folder {path.parent}",
                hint="make it first, or name another file",
            )
        )


def _umask() -> int:
    """The rights that new files do not get; it can only be asked by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextmanager
def target(output: str) -> Iterator[IO[bytes]]:
    """Where to write: a file takes its name once all of it is there."""
    path = Path(output)
    if output == "-" or (path.exists() and not path.is_file()):
        with click.open_file(output, "wb") as stream:
            yield stream
        return
    ledger = Path(settings().ledger).resolve()
    if path.resolve() in {ledger.with_name(ledger.name + end) for end in _OF_A_LEDGER}:
        raise click.UsageError(f"{output} is part of the ledger; name another file")
    check_folder(path)
    with NamedTemporaryFile(dir=path.parent, prefix=".govledger-", delete=False) as draft:
        try:
            yield draft
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(0o666 & ~_umask())
            os.replace(draft.name, path)  # noqa: PTH105 - the draft's name is text
        except BaseException:
            os.unlink(draft.name)  # noqa: PTH108 - as above
            raise


_OF_A_LEDGER = ("", "-wal", "-shm", "-journal")
"""How the names of the files of a ledger end, beyond that of the ledger itself."""
