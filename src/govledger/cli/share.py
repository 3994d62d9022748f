"""The commands that hand on: export.

Here: where to write. Not here: the formats (`govledger.interchange`).
"""

from __future__ import annotations

from pathlib import Path

import click

from govledger.cli.access import opened
from govledger.cli.options import settings, shared
from govledger.cli.output import counted, message
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
    target = Path(output)
    if output != "-" and target.exists() and target.samefile(settings().ledger):
        raise click.UsageError("that is the ledger itself; name another file")
    with opened() as ledger, click.open_file(output, "wb", atomic=output != "-") as stream:
        number = jsonl.write(ledger.log(), stream)
    message(f"exported {counted(number, 'record')}")
