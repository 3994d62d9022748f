"""The demo: the VNG's extraordinary assembly of 2018, told on one screen.

Here: where the example lies, and the telling. Not here: the facts; they stand in the
dataset `examples/vng_balv_2018`.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import click

from govledger.cli.options import Settings
from govledger.cli.output import Speaker, heading, table
from govledger.dataset import Dataset, import_dataset, import_keys, ledger_options, load
from govledger.errors import Problem, StorageError
from govledger.events import KINDS, kind_of
from govledger.ledger import Ledger
from govledger.rules import Deadline
from govledger.storage.places import place

BEFORE, AFTER, LATER = "2018-11-29", "2018-11-30", "2019-03-01"

NEXT = (
    "govledger show motion/ssa-i --as-of 2018-11-30",
    "govledger list mandates --as-of 2019-03-01",
    "govledger diff 2018-11-06 2018-11-30",
    "govledger log motion/rob-i",
    "govledger report -o register.html --as-of 2018-11-30",
    "govledger verify",
)


def example() -> Path:
    """The dataset of the example, in the installed package or in a source tree."""
    name = Path("vng_balv_2018", "balv-2018.yaml")
    installed = Path(str(files("govledger"))) / "examples" / name
    return installed if installed.exists() else Path(__file__).parents[3] / "examples" / name


def run(path: str) -> None:
    """Record the example in a fresh ledger, and tell it."""
    dataset = load(example())
    with _fresh(path, dataset) as ledger:
        before = ledger.head()
        records = import_dataset(ledger, dataset)
        speaker = Speaker(ledger.profile.labels)
        click.secho(speaker.word("demo_title"), bold=True)
        said = "demo_recorded" if records[0].position > before else "demo_there"
        click.echo(speaker.word(said, count=len(records), file=place(path).name))
        _register(ledger, speaker)
        _why(ledger, speaker)
        _overdue(ledger, speaker)
        heading(speaker.word("demo_next"))
        option = "" if path == Settings().ledger else f" -l {shlex.quote(place(path).name)}"
        for command in NEXT:
            click.echo(f"  {command.replace('govledger', f'govledger{option}', 1)}")


def _fresh(path: str, dataset: Dataset) -> Ledger:
    """The demo's own ledger: a new one, or that of an earlier demo."""
    there = place(path)
    fresh = there.is_free()
    ledger = Ledger.open(path, **ledger_options(dataset))
    second = next(ledger.log(after=1, upto=2), None)
    if fresh or (second is not None and second.key in import_keys(dataset)):
        return ledger
    ledger.close()
    raise StorageError(
        Problem(
            code="already-there",
            message=f"{there.name}: this ledger is somebody else's",
            hint="show the demo in a fresh one: govledger --ledger demo.db demo",
        )
    )


def _register(ledger: Ledger, speaker: Speaker) -> None:
    heading(speaker.word("demo_register"))
    before, after = ledger.as_of(BEFORE), ledger.as_of(AFTER)
    rows = []
    for subject in (name for name in after.subjects() if kind_of(name) in ("motion", "blockade")):
        old, described = before.describe(subject), after.describe(subject) or {}
        now = speaker.value(described.get("status"), "status")
        if described.get("force"):
            now += f", {speaker.word('force')} {speaker.value(described['force'])}"
        rows.append(
            {
                "id": subject,
                BEFORE: speaker.value(old and old["status"], "status"),
                AFTER: now,
            }
        )
    table(rows, ("id", BEFORE, AFTER), speaker)
    found = ledger.diff(BEFORE, AFTER)
    changed = {change.subject for change in found if change.field}
    new = {change.subject for change in found if not change.field}
    click.echo(
        speaker.word("demo_changed", changed=_by_kind(changed, speaker), new=_by_kind(new, speaker))
    )


def _by_kind(subjects: Iterable[str], speaker: Speaker) -> str:
    kinds = Counter(map(kind_of, subjects))
    return ", ".join(
        f"{kinds[kind]} {speaker.word(kind if kinds[kind] == 1 else kind + 's')}".lower()
        for kind in KINDS
        if kinds[kind]
    )


def _why(ledger: Ledger, speaker: Speaker) -> None:
    heading(speaker.word("demo_why"))
    explanation = ledger.why("motion/rob-i", AFTER)
    for reason in explanation.reasons:
        record, cited = reason.record, reason.record.event.source
        where = f"{cited.named}, {speaker.term(cited.assertion)}" if cited else ""
        mark = "▸" if reason.decides else " "
        line = f"{record.position:>3}  {record.on!s:<13}  {speaker.term(record.type):<18}  {where}"
        click.echo(f"  {mark} {line}".rstrip())
    decided = explanation.description or {}
    other = decided.get("in_light_of")
    if other:
        title = (ledger.as_of(AFTER).describe(str(other)) or {}).get("title")
        click.echo(f"    {speaker.word('in_light_of')} {other} ({title})")
    click.echo(f"    {speaker.word('demo_completed')}")


def _overdue(ledger: Ledger, speaker: Speaker) -> None:
    heading(speaker.word("demo_overdue"))
    register = ledger.as_of(LATER)
    for mandate in register.due():
        if register.deadline(mandate) is Deadline.OVERDUE:
            click.echo(f"  {mandate.subject}  {mandate.task}")
            click.echo(f"    {speaker.word('due')} {mandate.due}: {speaker.word('no_completion')}")
