"""The commands that write: demo, init, record, import, retract, erase.

Here: their options, and the words they end with. Not here: what recording means.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import attrs
import click

from govledger.cli import demo
from govledger.cli.access import find, open_ledger, opened, written
from govledger.cli.datasets import format_of_file
from govledger.cli.extensions import vocabulary
from govledger.cli.files import sheet
from govledger.cli.options import EventType, Moment, Rules, Subject, Time, settings, shared
from govledger.cli.output import counted, echo_problems, ended_by, interruptible, message, progress
from govledger.dataset import GOES_ON, Head, Imported, Mode, ledger_options
from govledger.errors import GovledgerError, InvalidInput, Problem, RuleBreach, StorageError
from govledger.events import Event, LedgerProfileChanged, own_fields
from govledger.history import Record
from govledger.interchange.importing import beginning, import_batches
from govledger.ledger import Ledger
from govledger.profiles import Named, name_of, resolved
from govledger.storage.places import place
from govledger.votes import Electorate, Tally
from govledger.when import When

flag_breaches = click.option(
    "--flag-breaches",
    "breaches",
    flag_value="flag",
    default="refuse",
    help="Record what breaks the rules too; each breach stays a finding.",
)

_SHEET = click.Path(exists=True, dir_okay=False, path_type=Path)

key_option = click.option("--key", help="Makes the call idempotent: the same key writes once.")


@click.command(name="demo")
@shared
def demo_command() -> None:
    """Watch a real assembly being recorded and explained.

    Writes the VNG's extraordinary assembly of 2018 into a fresh ledger, replays it to several
    dates, and leaves you to ask it anything. Running it again changes nothing.

    \b
    Examples:
      govledger demo
      govledger demo --lang nl
      govledger --ledger balv.db demo
    """
    demo.run(settings().ledger)


@click.command(name="init")
@shared
@click.option("--name", required=True, help="Whose ledger it is.")
@click.option(
    "--profile",
    type=Rules(),
    default="general@1",
    show_default=True,
    help="Whose rules hold: general@1, vng@1, parliament@1 (where 'aangehouden' postpones the "
    "vote, as in many a municipal council), or a .yaml file with your own.",
)
@click.option("--timezone", default="UTC", show_default=True, help="Where days begin (IANA name).")
@click.option("--origin", help="The name of its log in checkpoints, such as example.org/ledger.")
def init_command(name: str, profile: Named, timezone: str, origin: str | None) -> None:
    """Make a new ledger.

    \b
    Examples:
      govledger init --name "Tennis club"
      govledger -l vng.db init --name vng --profile vng@1 --timezone Europe/Amsterdam
      govledger -l sport.db init --name "Sports association" --profile rules.yaml
    """
    path = settings().ledger
    there = place(path)
    if not there.is_free():
        raise StorageError(
            Problem(
                code="already-there",
                message=f"{there.name}: there is something of that name already",
                hint="choose another with --ledger; nothing was changed",
            )
        )
    with open_ledger(path, name=name, timezone=timezone, profile=profile, origin=origin):
        message(f"opened {there.name}: {name}, {name_of(profile)}, days begin in {timezone}")


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
@click.option(
    "--tally",
    type=_SHEET,
    help="Count the votes in this CSV: member, choice, and perhaps weight. What is announced "
    "otherwise is told with --set tally.in_favour=31.",
)
@click.option(
    "--electorate",
    type=_SHEET,
    help="The register of members, for --tally: member, weight, and perhaps from and until.",
)
@click.option("--count-only", is_flag=True, help="Of --tally, keep the count and no roll call.")
@key_option
@flag_breaches
def record_command(
    type_: str,
    subject: str,
    on: When,
    fields: tuple[str, ...],
    tally: Path | None,
    electorate: Path | None,
    count_only: bool,  # noqa: FBT001 - click gives it
    key: str | None,
    breaches: Mode,
) -> None:
    """Record one event.

    \b
    Examples:
      govledger record motion.submitted bins --on 2024-03-01 --set title="Bigger bins"
      govledger record motion.adopted bins --on 2024-03-14 \\
          --set tally.in_favour=31 --set tally.against=12 --set tally.unit=members
      govledger record mandate.given bins.1 --on 2024-03-14 --set motion=bins \\
          --set task="Order the bins" --set addressee=Board --set due.before=2024-09-01
      govledger record motion.adopted bins --on 2024-03-15 --set corrects=3 \\
          --set tally.in_favour=31 --set tally.against=12 --set tally.unit=members
      govledger record motion.adopted bins --on 2024-03-14 --set corrects=5 \\
          --tally votes.csv --electorate members.csv
      govledger record ledger.profile-changed self --on 2025-01-01 --set profile=rules.yaml

    docs/reference/events.md lists the fields of each type. Every event may have note, corrects,
    recorded_by, source.document, source.assertion (stated, inferred or external) and
    source.url. A correction states the whole fact anew, not only what was wrong.
    """
    known = vocabulary()
    cls, given = known.event_type(type_), _fields(fields)
    if issubclass(cls, LedgerProfileChanged) and "profile" in given:
        given["profile"] = Rules().convert(given["profile"], None, None)
    if tally is not None:
        counted = _tally(tally, electorate, on, names=not count_only)
        given["tally"] = attrs.asdict(counted, recurse=False) | given.get("tally", {})
    elif electorate is not None or count_only:
        raise click.UsageError("--electorate and --count-only go with --tally")
    event = known.event(cls, {"subject": subject, "on": on, **given})

    def write(ledger: Ledger) -> tuple[Sequence[Record], Event | None]:
        corrected = _held(ledger, event.corrects)
        return ledger.record(event, key=key, breaches=breaches), corrected

    records, corrected = written(write)
    for record in records:
        _recorded(record)
        _tell_left_out(corrected, record.event)


def _tally(votes: Path, register: Path | None, on: When, *, names: bool) -> Tally:
    """The tally of a list of votes, on the day of the vote."""
    problems: list[Problem] = []
    electorate = counted = None
    try:
        if register is not None:
            electorate = Electorate.from_csv(sheet(register), on=on, name=str(register))
    except InvalidInput as error:
        problems += error.problems
    try:
        counted = Tally.from_csv(
            sheet(votes), electorate=electorate, roll_call=names, name=str(votes)
        )
    except InvalidInput as error:
        problems += error.problems
    if counted is None or problems:
        raise InvalidInput(*problems)
    return counted


def _fields(given: tuple[str, ...]) -> dict[str, Any]:
    """FIELD=VALUE pairs as nested fields; what is said twice becomes a list."""
    fields: dict[str, Any] = {}
    for pair in given:
        path, found, value = pair.partition("=")
        if not found or not path:
            raise click.UsageError(f'--set "{pair}" is not FIELD=VALUE')
        if path in ("subject", "on"):
            raise click.UsageError(f'--set "{pair}": the {path} is given once, outside --set')
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


def _held(ledger: Ledger, position: int | None) -> Event | None:
    if position is None:
        return None
    return next((r.event for r in ledger.log(after=position - 1, upto=position)), None)


def _tell_left_out(before: Event | None, after: Event) -> None:
    """Say which fields of a corrected record its correction does not state."""
    if type(before) is not type(after):
        return
    names = [field.name for field in own_fields(type(after))]
    left_out = [name for name in names if getattr(before, name) and not getattr(after, name)]
    if left_out:
        message(f"note: unlike the record it corrects, it says nothing of {', '.join(left_out)}")


@click.command(name="import")
@shared
@click.argument(
    "dataset", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="DATASET"
)
@flag_breaches
def import_command(dataset: Path, breaches: Mode) -> None:
    """Record a dataset.

    Reads .yaml and .jsonl. Up to 1,000 records are recorded all or nothing, more of them
    thousand by thousand. Importing the same file again changes nothing; an import that stopped
    goes on where it was. A ledger that does not exist yet is made with the name, profile and
    time zone that the dataset gives. Expectations are judged by `govledger check`.

    \b
    Examples:
      govledger import minutes-2024.yaml
      govledger import other-ledger.jsonl --flag-breaches
    """
    format_of_file(dataset)
    run = _Import(dataset, breaches)
    try:
        records = run.run()
    except (InvalidInput, RuleBreach) as error:
        _refuse(error.problems, run.account)
    except KeyboardInterrupt as stopped:
        _stop(stopped, run.account)
    except GovledgerError:
        message(run.account.note())
        raise
    if not records:
        message(f"{dataset} holds no records; nothing was imported")
    elif not run.account.written:
        message(f"{dataset} was imported before; nothing was changed")
    else:
        skipped = run.account.skipped
        before = f"; {skipped:,} were on record before" if skipped else ""
        message(f"imported {counted(run.account.written, 'record')} from {dataset}{before}")


class _Import:
    """An import of a file, with its progress; `account` says how far it has come."""

    def __init__(self, path: Path, breaches: Mode) -> None:
        self.account = Imported()
        self._path = path
        self._breaches = breaches

    def run(self) -> bool:
        """Import it; false where it holds no records."""
        size = self._path.stat().st_size
        with interruptible() as pause, progress("importing", size) as advance:

            def told(done: int) -> None:
                pause()
                advance(done, self.account.read)

            self._batches = partial(
                import_batches, path=self._path, breaches=self._breaches, progress=told
            )
            self._head, records = beginning(self._path, vocabulary())
            if records:
                written(self._write, ledger_options(self._head), self._attempt)
            return records

    def _attempt(self, trial: Ledger) -> None:
        """Import the first batch: it shows whether anything will be recorded."""
        for account in self._batches(trial):
            if not account.problems:
                return
            self.account = account

    def _write(self, ledger: Ledger) -> None:
        for account in self._batches(ledger):
            self.account = account
        _tell_differences(ledger, self._head)


def _refuse(problems: Sequence[Problem], account: Imported) -> NoReturn:
    echo_problems(problems, err=True)
    number = max(account.problems, len(problems))
    if number > len(problems):
        message(f"… and {counted(number - len(problems), 'problem')} more")
    message(f"\n{counted(number, 'problem')} in 1 file; {account}.")
    if account.last:
        message(f"{GOES_ON.capitalize()}.")
    if any(getattr(problem, "binding", True) is False for problem in problems):
        message("What really happened against the rules can be recorded with --flag-breaches.")
    raise SystemExit(1)


def _stop(stopped: KeyboardInterrupt, account: Imported) -> NoReturn:
    message(f"\ninterrupted; {account}.")
    if account.last:
        message("Import the file again: it goes on from there.")
    raise ended_by(stopped) from stopped


def _tell_differences(ledger: Ledger, head: Head) -> None:
    """Say where the dataset was written for another ledger, time zone or rules."""
    held, given = ledger.profile, head.profile and resolved(head.profile)
    here = {"name": ledger.name, "timezone": ledger.zone.key, "profile": held.name}
    said = attrs.asdict(head, recurse=False) | {"profile": given and given.name}
    for name, value in here.items():
        if said[name] not in (None, value):
            message(f"note: the dataset says {name} {said[name]}; this ledger keeps {value}")
    if given and given.name == held.name and given != held:
        message(f"note: the dataset says other rules under {held.name} than this ledger keeps")


@click.command(name="retract")
@shared
@click.argument("position", type=int)
@click.option("--reason", required=True, help="Why it counts as never said.")
@key_option
@flag_breaches
def retract_command(position: int, reason: str, key: str | None, breaches: Mode) -> None:
    """Withdraw a record; it stays in the log.

    From here on it counts as never said. A retraction is a record too: retracting it brings
    the old one back.

    \b
    Examples:
      govledger retract 17 --reason "read in the wrong minutes"
    """
    with opened() as ledger:
        record = ledger.retract(position, reason=reason, key=key, breaches=breaches)
    _recorded(record)


@click.command(name="erase")
@shared
@click.argument("subject", type=Subject(), required=False)
@click.option("--name", help="Erase this text only, as a whole; without SUBJECT wherever it is.")
@click.option("--basis", required=True, help="The legal basis.")
@click.option("--on", type=Moment(), help="The day it was asked for [default: today].")
def erase_command(subject: str | None, name: str | None, basis: str, on: When | None) -> None:
    """Erase personal data, on record.

    Personal fields (movers, addressees, who voted, who recorded) are kept apart from the log,
    which holds digests that tell nothing. What is erased is gone from the file; the log says
    that it was, how much, and on what basis, and every proof stays as it was. Copies and backups
    keep what they have, and so do titles, tasks and notes: put no names in them.

    \b
    Examples:
      govledger erase motion/bins --basis "GDPR art. 17(1)(a)"
      govledger erase --name "J. Jansen" --basis "GDPR art. 17(1)(b)"
    """
    with opened() as ledger:
        about = None if subject is None else find(ledger, subject)
        erased = ledger.erase(about, name=name, basis=basis, on=on)
    for record in erased.records:
        _recorded(record)
    message(f"erased {counted(erased.count, 'text')}")
    if erased.in_the_log:
        where = ", ".join(map(str, erased.in_the_log[:10]))
        more = ", …" if len(erased.in_the_log) > 10 else ""
        message(f"not erased: records {where}{more} hold it in the log itself, where nothing can")
        message("be erased: they were written before personal texts were sealed (format 1 or 2).")
    if not erased.purged:
        message(f"not purged: {erased.remains}")
    if erased.in_the_log or not erased.purged:
        raise SystemExit(1)


def _recorded(record: Record) -> None:
    click.echo(f"recorded {record.position}: {record.type} {record.subject} on {record.on}")
