"""The commands that hand on: export.

Here: where to write. Not here: the formats (`govledger.interchange`).
"""

from __future__ import annotations

from typing import BinaryIO

import click

from govledger.cli.ask import opened
from govledger.cli.options import shared
from govledger.cli.output import counted, message
from govledger.interchange import jsonl


@click.command(name="export")
@shared
@click.option("--to", "target", type=click.Choice(["jsonl"]), required=True, help="The format.")
@click.option(
    "--output",
    "-o",
    type=click.File("wb", lazy=True),
    default="-",
    help="A file [default: stdout].",
)
def export_command(target: str, output: BinaryIO) -> None:  # noqa: ARG001 - one format so far
    """Write all records as JSON Lines, one a line, ready to import elsewhere.

    \b
    Examples:
      govledger export --to jsonl -o vng.jsonl
      govledger export --to jsonl | head -n 3
    """
    with opened() as ledger:
        number = jsonl.write(ledger.log(), output)
    message(f"exported {counted(number, 'record')}")
