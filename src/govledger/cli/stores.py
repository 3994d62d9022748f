"""The commands about where ledgers are: copy and ledgers.

Here: which end is opened how, and rows. Not here: how a ledger is copied or found
(`govledger.storage`).
"""

from __future__ import annotations

import click

from govledger.cli.access import open_ledger
from govledger.cli.options import formats, settings, shared
from govledger.cli.output import (
    Row,
    Speaker,
    counted,
    emit,
    ended_by,
    interruptible,
    message,
    progress,
)
from govledger.codec import timestamp
from govledger.errors import StorageError
from govledger.integrity.note import to_base64
from govledger.ledger import Ledger
from govledger.storage import Listed
from govledger.storage.copying import Copied
from govledger.storage.places import ledgers, place


@click.command(name="copy")
@shared
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy_command(source: str, target: str) -> None:
    """Copy a ledger elsewhere, or bring a copy up to date.

    FROM and TO are files or URLs of ledgers in PostgreSQL. The records are copied byte for byte,
    so checkpoints and proofs hold for the copy, too; it is compared by its root. FROM is not
    written, but for a file of an older format, which is brought up to date as by any command.

    Where TO is a copy that was made earlier, or was interrupted, only what is missing is
    copied; anything else that is there is refused. A copy that is written to is a ledger of its
    own from then on.

    Personal names are copied, too. When they are erased later, they stay in the copy until it
    is brought up to date: run this again then, as you would for a backup.

    \b
    Examples:
      govledger copy vng.db backup/vng.db
      govledger copy vng.db "postgresql://keeper@db.example.org/club?ledger=vng"
    """
    try:
        with (
            _readable(source) as ledger,
            interruptible() as pause,
            progress("copying", ledger.head()) as advance,
        ):

            def told(done: int) -> None:
                pause()
                advance(done)

            copied = ledger.copy_to(target, told)
    except KeyboardInterrupt as stopped:
        message("\ninterrupted. The same command goes on from there.")
        raise ended_by(stopped) from stopped
    _say(copied, place(target).name)


def _readable(path_or_url: str) -> Ledger:
    """The ledger, to be read only; for writing where it must be brought up to date first."""
    try:
        return open_ledger(path_or_url, read_only=True)
    except StorageError as error:
        if error.problems[0].code not in ("older-format", "other-calendar"):
            raise
    return open_ledger(path_or_url, create=False)


def _say(copied: Copied, name: str) -> None:
    done = f"copied {counted(copied.count, 'record')}" if copied.count else "nothing was missing"
    click.echo(f"{done}: {name} has {counted(copied.size, 'record')}")
    click.echo(f"root of both: {to_base64(copied.root)}")
    if copied.erased:
        click.echo(f"erased there, too: {counted(copied.erased, 'text')}")
    if not copied.purged:
        message(f"not purged there: {copied.remains}")
        raise SystemExit(1)


@click.command(name="ledgers")
@shared
@formats
@click.argument("url", required=False)
def ledgers_command(url: str | None) -> None:
    """The ledgers of a database.

    Those in the PostgreSQL database of URL (that of --ledger unless given), by the name that
    ?ledger= gives them: whose they are, how many records they have, and when the last was made.
    One that the user of URL may not read is listed, too. Which one URL names does not matter.

    \b
    Examples:
      govledger ledgers "postgresql://clerk@db.example.org/club"
      govledger ledgers --format jsonl
    """
    rows = map(_row, ledgers(url or settings().ledger))
    if settings().format == "jsonl":
        for row in rows:  # each as soon as it is known
            emit([row], (), Speaker())
        return
    every = list(rows)
    columns = ["ledger", "name", "size", "last_recorded_at"]
    if any(row["message"] for row in every):
        columns.append("message")
    emit(every, columns, Speaker(), nothing="no_ledgers")


def _row(listed: Listed) -> Row:
    problem = listed.problem
    return {
        "ledger": listed.ledger,
        "name": listed.name,
        "size": listed.size,
        "last_recorded_at": listed.recorded_at and timestamp(listed.recorded_at),
        "code": problem and problem.code,
        "message": problem and problem.message,
    }
