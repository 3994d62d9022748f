"""Files that commands read and write, besides the ledger.

Here: small files whole, signed checkpoints, and where output goes. Not here: datasets
(`datasets`), which most commands never read, or any format.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from govledger.cli.options import settings
from govledger.errors import Problem, StorageError, invalid
from govledger.files import replacing
from govledger.integrity.checkpoint import is_signed, open_checkpoint
from govledger.integrity.note import LARGEST_NOTE, SECRET, Note
from govledger.sheets import LARGEST_SHEET
from govledger.storage.places import place


def contents(path: Path, most: int) -> bytes:
    """The bytes of a file, one more than `most` where it is larger: whoever reads them says so."""
    with path.open("rb") as file:
        return file.read(most + 1)


def sheet(path: Path) -> str:
    """The text of a table in CSV; raises `InvalidInput` where it is not UTF-8."""
    try:
        return contents(path, _LARGEST_SHEET).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid(
            "not-utf8",
            f"{path}: byte {error.start} is not UTF-8",
            'save it as "CSV UTF-8", as spreadsheets call it',
        ) from None


_LARGEST_SHEET = 4 * LARGEST_SHEET  # a character has up to four bytes


def beside_ledger() -> Path:
    """Where the last checkpoint of the ledger is kept unless another file is named."""
    there = settings().ledger
    return Path(f"{place(there).title if '://' in there else there}.checkpoint")


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


@contextmanager
def target(output: str) -> Iterator[IO[bytes]]:
    """Where to write: a file takes its name once all of it is there."""
    path = Path(output)
    if path.is_dir():
        raise click.UsageError(f"{output} is a folder; name a file")
    if output == "-" or (path.exists() and not path.is_file()):
        with click.open_file(output, "wb") as stream:
            yield stream
        return
    ledger = Path(settings().ledger).resolve()
    if path.resolve() in {ledger.with_name(ledger.name + end) for end in _OF_A_LEDGER}:
        raise click.UsageError(f"{output} is part of the ledger; name another file")
    if path.exists() and contents(path, len(SECRET)).startswith(SECRET):
        raise click.UsageError(f"{output} is a private key; name another file")
    check_folder(path)
    with replacing(path) as stream:
        yield stream


_OF_A_LEDGER = ("", "-wal", "-shm", "-journal")
"""How the names of the files of a ledger end, beyond that of the ledger itself."""
