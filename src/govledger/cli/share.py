"""The commands that hand on: export.

Here: where to write. Not here: the formats (`govledger.interchange`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import click

from govledger.cli.access import opened
from govledger.cli.options import settings, shared
from govledger.cli.output import Advance, counted, message, progress
from govledger.history import Record
from govledger.interchange import jsonl


@click.command(name="export")
@shared
@click.option(
    "--to",
    type=click.Choice(["jsonl"]),
    default="jsonl",
    show_default=True,
    expose_value=False,
    help="The format.",
)
@click.option("--output", "-o", default="-", metavar="FILE", help="Where to [default: stdout].")
def export_command(output: str) -> None:
    """Write all records as JSON Lines.

    One record a line, ready to import elsewhere. A file is written whole, or not at all.

    \b
    Examples:
      govledger export --to jsonl -o vng.jsonl
      govledger export | head -n 3
    """
    with opened() as ledger, _target(output) as stream:
        head = ledger.head()
        with progress("exporting", head) as advance:
            number = jsonl.write(_told(ledger.log(upto=head), advance), stream)
    message(f"exported {counted(number, 'record')}")


def _told(records: Iterable[Record], advance: Advance) -> Iterator[Record]:
    for record in records:
        advance(record.position)
        yield record


@contextmanager
def _target(output: str) -> Iterator[IO[bytes]]:
    """Where to write: a file takes its name once all of it is there."""
    path = Path(output)
    if output == "-" or (path.exists() and not path.is_file()):
        with click.open_file(output, "wb") as stream:
            yield stream
        return
    ledger = Path(settings().ledger).resolve()
    if path.resolve() in {ledger.with_name(ledger.name + end) for end in _OF_A_LEDGER}:
        raise click.UsageError(f"{output} is part of the ledger; name another file")
    with NamedTemporaryFile(dir=path.parent, prefix=".govledger-", delete=False) as draft:
        try:
            yield draft
            draft.flush()
            os.fsync(draft.fileno())
            os.replace(draft.name, path)  # noqa: PTH105 - the draft's name is text
        except BaseException:
            os.unlink(draft.name)  # noqa: PTH108 - as above
            raise


_OF_A_LEDGER = ("", "-wal", "-shm", "-journal")
"""How the names of the files of a ledger end, beyond that of the ledger itself."""
