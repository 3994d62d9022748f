"""The commands that write: demo, init, record, import, retract.

Here: their options, and the words they end with. Not here: what recording means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NoReturn

import attrs
import click

from govledger.cli import demo
from govledger.cli.options import EventType, Subject, Time, settings, shared
from govledger.cli.output import counted, echo_problems, message
from govledger.dataset import Dataset, import_dataset, ledger_options, load
from govledger.errors import InvalidInput, Problem, RuleBreach, StorageError, did_you_mean
from govledger.events import event_type
from govledger.history import Record
from govledger.interchange import jsonl
from govledger.ledger import Ledger
from govledger.rules import PROFILES
from govledger.values import structure
from govledger.when import When

Mode = Literal["refuse", "flag"]

flag_breaches = click.option(
    "--flag-breaches",
    "breaches",
    flag_value="flag",
    default="refuse",
    help="Record what breaks the rules too; each breach stays a finding.",
)


@click.command(name="demo")
@shared
def demo_command() -> None:
    """Watch a real assembly being recorded, replayed to several dates and explained.

    Writes the VNG's extraordinary assembly of 2018 into a fresh ledger, which you can then
    ask anything. Running it again changes nothing.

    \b
    Examples:
      govledger demo
      govledger demo --lang nl
      govledger --ledger balv.db demo
    """
    demo.run(Path(settings().ledger))


@click.command(name="init")
@shared
@click.option("--name", required=True, help="Whose ledger it is.")
@click.option(
    "--profile",
    type=click.Choice([profile.name for profile in PROFILES]),
    default="general@1",
    show_default=True,
    help="Whose rules hold.",
)
@click.option("--timezone", default="UTC", show_default=True, help="Where days begin (IANA name).")
def init_command(name: str, profile: str, timezone: str) -> None:
    """Make a new ledger.

    \b
    Examples:
      govledger init --name "Tennis club"
      govledger -l vng.db init --name vng --profile vng@1 --timezone Europe/Amsterdam
    """
    path = Path(settings().ledger)
    if path.exists() and path.stat().st_size:
        raise StorageError(
            Problem(
                code="already-there",
                message=f"{path}: there is a file of that name already",
                hint="choose another with --ledger; nothing was changed",
            )
        )
    with Ledger.open(path, name=name, timezone=timezone, profile=profile):
        message(f"opened {path}: {name}, {profile}, days begin in {timezone}")


@click.command(name="record")
@shared
@click.argument("type_", metavar="TYPE", type=EventType())
@click.argument("subject", type=Subject())
@click.option("--on", required=True, type=Time(), help="When it happened: 2018-11-30, ../2018-06.")
@click.option(
    "--set",
    "fields",
    multiple=True,
    metavar="FIELD=VALUE",
    help="A field of the event; a dot reaches inside (due.before=2019-06-05), "
    "repeating makes a list.",
)
@click.option("--key", help="Makes the call idempotent: the same key writes once.")
@flag_breaches
def record_command(
    type_: str, subject: str, on: When, fields: tuple[str, ...], key: str | None, breaches: Mode
) -> None:
    """Record one event.

    \b
    Examples:
      govledger record motion.submitted bins --on 2024-03-01 --set title="Bigger bins"
      govledger record motion.adopted bins --on 2024-03-14 \\
          --set tally.in_favour=31 --set tally.against=12
      govledger record mandate.given bins.1 --on 2024-03-14 --set motion=bins \\
          --set task="Order the bins" --set addressee=Board --set due.before=2024-09-01
      govledger record motion.adopted bins --on 2024-03-15 --set corrects=3

    Fields of every event: source.document, source.url, note, corrects, recorded_by.
    """
    cls = event_type(type_)
    event = structure(cls, {"subject": subject, "on": on, **_fields(fields)})
    with _writable() as ledger:
        for record in ledger.record(event, key=key, breaches=breaches):
            _recorded(record)


def _fields(given: tuple[str, ...]) -> dict[str, Any]:
    """FIELD=VALUE pairs as nested fields; what is said twice becomes a list."""
    fields: dict[str, Any] = {}
    for pair in given:
        path, found, value = pair.partition("=")
        if not found or not path:
            raise click.UsageError(f'--set "{pair}" is not FIELD=VALUE')
        *outer, name = path.split(".")
        inner = fields
        for step in outer:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                raise click.UsageError(f'--set "{pair}": "{step}" has a value already')
        if isinstance(inner.get(name), dict):
            raise click.UsageError(f'--set "{pair}": "{name}" has fields already')
        before = inner.get(name)
        inner[name] = value if before is None else [*_listed(before), value]
    return fields


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@click.command(name="import")
@shared
@click.argument(
    "dataset", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="DATASET"
)
@flag_breaches
def import_command(dataset: Path, breaches: Mode) -> None:
    """Record a dataset (.yaml or .jsonl), all or nothing.

    Importing the same file again changes nothing. A ledger that does not exist yet is made
    with the name, profile and time zone that the dataset gives.

    \b
    Examples:
      govledger import minutes-2024.yaml
      govledger import other-ledger.jsonl --flag-breaches
    """
    read = read_dataset(dataset)
    if read.problems:
        _refuse(read.problems)
    try:
        with _writable(read) as ledger:
            _tell_differences(ledger, read)
            before = ledger.head()
            records = import_dataset(ledger, read, breaches=breaches)
    except (InvalidInput, RuleBreach) as error:
        _refuse(error.problems)
    if records and records[0].position <= before:
        message(f"{dataset} was imported before; nothing was changed")
    else:
        message(f"imported {counted(len(records), 'record')} from {dataset}")


def _refuse(problems: Sequence[Problem]) -> NoReturn:
    echo_problems(problems, err=True)
    message(f"\n{counted(len(problems), 'problem')} in 1 file; nothing was imported.")
    raise SystemExit(1)


def read_dataset(path: Path) -> Dataset:
    """Read a dataset in the format that its name tells."""
    readers = {".yaml": load, ".yml": load, ".jsonl": jsonl.load, ".ndjson": jsonl.load}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise click.UsageError(
            f"{path}: no format is known for {path.suffix or 'a file without suffix'}; "
            + did_you_mean(path.suffix, readers)
        )
    return reader(path)


def _tell_differences(ledger: Ledger, dataset: Dataset) -> None:
    """Say where the dataset was written for another time zone or other rules."""
    here = {"timezone": ledger.zone.key, "profile": ledger.profile.name}
    said = attrs.asdict(dataset.head)
    for name, value in here.items():
        if said[name] not in (None, value):
            message(f"note: the dataset says {name} {said[name]}; this ledger keeps {value}")


@click.command(name="retract")
@shared
@click.argument("position", type=int)
@click.option("--reason", required=True, help="Why it counts as never said.")
def retract_command(position: int, reason: str) -> None:
    """Withdraw a record: it stays in the log, and counts as never said from here on.

    \b
    Examples:
      govledger retract 17 --reason "read in the wrong minutes"
    """
    with Ledger.open(settings().ledger, create=False) as ledger:
        _recorded(ledger.retract(position, reason=reason))


@contextmanager
def _writable(dataset: Dataset | None = None) -> Iterator[Ledger]:
    """The ledger, or a new one, of which nothing is left where nothing could be recorded."""
    path = Path(settings().ledger)
    fresh = not path.exists()
    try:
        with Ledger.open(path, **(ledger_options(dataset) if dataset else {})) as ledger:
            yield ledger
    except BaseException:
        if fresh:
            path.unlink(missing_ok=True)
        raise
    if fresh:
        message(f"{path} is a new ledger")


def _recorded(record: Record) -> None:
    click.echo(f"recorded {record.position}: {record.type} {record.subject} on {record.on}")
