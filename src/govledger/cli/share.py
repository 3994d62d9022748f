"""The commands that hand on: export, follow.

Here: what is written where. Not here: the formats (`govledger.interchange`).
"""

from __future__ import annotations

import json
import select
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

import click

from govledger.cli.access import opened
from govledger.cli.files import signed_checkpoint, target
from govledger.cli.options import shared
from govledger.cli.output import Advance, counted, ended_by, message, progress
from govledger.history import Record
from govledger.interchange import jsonl, tiles
from govledger.ledger import Ledger
from govledger.vocabulary import missing_extensions


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
        _refuse_half(ledger, disclose=disclose)
        head = ledger.head()
        with progress("exporting", head) as advance:
            records = ledger.log(upto=head, sealed=not disclose)
            number = jsonl.write(_told(records, advance), stream)
    message(f"exported {counted(number, 'record')}")


def _refuse_half(ledger: Ledger, *, disclose: bool) -> None:
    """Refuse to disclose where the names in records of a missing extension would stay sealed."""
    if disclose and (missing := ledger.missing):
        raise missing_extensions(missing)


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


@contextmanager
def _interrupted() -> Iterator[None]:
    """Let Ctrl-C end quietly what has no other end, with the code that shells know."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        raise ended_by(stopped) from None


@click.command(name="follow")
@shared
@click.option(
    "--after",
    type=click.IntRange(min=0),
    metavar="N",
    help="Begin after this position [default: 0].",
)
@click.option(
    "--cursor", metavar="NAME", help="Begin after what was written under this name, and keep that."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="End when nothing new has come for so long; 0: do not wait [default: never].",
)
@click.option(
    "--format",
    type=click.Choice(["jsonl"]),
    expose_value=False,
    help="One record a line: nothing else suits what has no end.",
)
@click.option("--disclose", is_flag=True, help="Write personal texts, too.")
@click.option("--cursors", "which", flag_value="list", help="Only list the cursors.")
@click.option("--move", "which", flag_value="move", help="Only move --cursor to --after.")
@click.option("--forget", "which", flag_value="forget", help="Only forget --cursor.")
def follow_command(
    after: int | None,
    cursor: str | None,
    timeout: float | None,
    disclose: bool,  # noqa: FBT001 - an option
    which: str | None,
) -> None:
    """Write records as they are made, as JSON Lines.

    Lines are those of export. What is on record comes first, then each new record once it is
    committed, by whatever process. Ctrl-C ends it (exit code 130).

    With --cursor, the ledger keeps how far this has come. A line counts once it was handed to
    stdout; so whoever starts again with that name misses no record, and may get one twice: skip
    a position that is not higher than the last.

    \b
    Examples:
      govledger follow | while read -r line; do echo "$line"; done
      govledger follow --cursor web --timeout 0 >> web.jsonl
      govledger follow --cursors
      govledger follow --cursor web --move --after 12
    """
    if which is not None:
        _see_to_cursors(which, cursor, after)
        return
    with _interrupted(), opened() as ledger, click.open_file("-", "wb") as stream:
        _refuse_half(ledger, disclose=disclose)
        _when_nobody_reads(stream, ledger.close)
        for record in ledger.follow(after, cursor=cursor, timeout=timeout, sealed=not disclose):
            jsonl.write([record], stream)
            stream.flush()


def _see_to_cursors(which: str, cursor: str | None, after: int | None) -> None:
    if (cursor is None) != (which == "list") or (after is None) != (which != "move"):
        raise click.UsageError(
            "--cursors stands alone, --forget goes with --cursor, --move with --cursor and --after"
        )
    with opened() as ledger:
        if cursor is None:
            for name, position in ledger.cursors().items():
                click.echo(json.dumps({"cursor": name, "position": position}, ensure_ascii=False))
        else:
            ledger.move_cursor(cursor, after)


def _when_nobody_reads(stream: IO[bytes], end: Callable[[], None]) -> None:
    """Call that once the pipe that a stream leads to was closed: a write may be long in coming."""
    try:
        closed = select.poll()
        closed.register(stream.fileno(), 0)
    except (AttributeError, OSError):  # no such thing here, or no pipe
        return

    def wait() -> None:
        if any(found & (select.POLLERR | select.POLLHUP) for _, found in closed.poll()):
            end()

    Thread(target=wait, daemon=True).start()
