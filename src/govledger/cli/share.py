"""The commands that hand on: export.

Here: what is written where. Not here: the formats (`govledger.interchange`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from govledger.cli.access import opened
from govledger.cli.files import signed_checkpoint, target
from govledger.cli.options import shared
from govledger.cli.output import Advance, counted, message, progress
from govledger.history import Record
from govledger.interchange import jsonl, tiles


@click.command(name="export")
@shared
@click.option(
    "--to",
    "format_",
    type=click.Choice(["jsonl", "tiles"]),
    default="jsonl",
    show_default=True,
    help="The format.",
)
@click.option(
    "--disclose",
    is_flag=True,
    help="Write personal texts, too; in tiles, those that were never sealed.",
)
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With tiles: the signed checkpoint to publish [default: LEDGER.checkpoint].",
)
@click.option(
    "--output", "-o", default="-", metavar="FILE|FOLDER", help="Where to [default: stdout]."
)
def export_command(
    format_: str,
    disclose: bool,  # noqa: FBT001 - an option
    checkpoint: Path | None,
    output: str,
) -> None:
    """Write all records, as JSON Lines or as tiles.

    JSON Lines has one record a line, ready to import elsewhere. Personal texts stay sealed
    unless --disclose is given. A file is written whole, or not at all.

    Tiles (C2SP tlog-tiles) are a folder that anybody can check, to be published as it is: the
    records as they were hashed, the tree over them, and a signed checkpoint. The next time only
    what is new is written. Personal texts are sealed in them, but for those in records of older
    formats (1 and 2): where there are any, nothing is published without --disclose.

    \b
    Examples:
      govledger export --to jsonl -o vng.jsonl
      govledger export | head -n 3
      govledger export --to tiles -o public/ --checkpoint vng.checkpoint
    """
    if format_ == "tiles":
        _publish(output, checkpoint, disclose=disclose)
        return
    if checkpoint is not None:
        raise click.UsageError("--checkpoint goes with --to tiles")
    with opened() as ledger, target(output) as stream:
        head = ledger.head()
        with progress("exporting", head) as advance:
            records = ledger.log(upto=head, sealed=not disclose)
            number = jsonl.write(_told(records, advance), stream)
    message(f"exported {counted(number, 'record')}")


def _publish(output: str, checkpoint: Path | None, *, disclose: bool) -> None:
    if output == "-":
        raise click.UsageError("--output names the folder that the tiles go into")
    note = signed_checkpoint(checkpoint)
    with opened() as ledger, progress("publishing", ledger.head()) as advance:
        number = tiles.publish(ledger, note, Path(output), advance, disclose=disclose)
    message(f"wrote {counted(number, 'tile')} and the checkpoint to {output}")


def _told(records: Iterable[Record], advance: Advance) -> Iterator[Record]:
    for record in records:
        advance(record.position)
        yield record
