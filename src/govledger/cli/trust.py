"""The commands that judge: check, verify.

Here: what is judged, and the exit codes 3 and 4. Not here: any judgement.
"""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import click

from govledger.cli.ask import opened
from govledger.cli.keep import read_dataset
from govledger.cli.options import formats, settings, shared
from govledger.cli.output import counted, echo_problems, progress
from govledger.dataset import by_place, judge_citations, judge_dataset
from govledger.errors import Problem
from govledger.rules import Breach


@click.command(name="check")
@shared
@formats
@click.argument(
    "dataset",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=False,
    metavar="[DATASET]",
)
@click.option(
    "--documents",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Check every cited span against the documents in this directory.",
)
def check_command(dataset: Path | None, documents: Path | None) -> None:
    """Judge a dataset, or the findings of this ledger. Writes nothing.

    A dataset is read, recorded in memory, and compared with its own expectations. Exit code
    3 where anything is wrong. Notices (no decision on record, overdue) are no faults.

    \b
    Examples:
      govledger check
      govledger check minutes-2024.yaml
      govledger check minutes-2024.yaml --documents archive/
    """
    if dataset is None:
        if documents is not None:
            raise click.UsageError("--documents checks the citations of a DATASET; name one")
        _check_ledger()
        return
    read = read_dataset(dataset)
    problems = list(judge_dataset(read))
    if documents is not None:
        problems = sorted((*problems, *judge_citations(read, documents)), key=by_place)
    cited = sum(entry.event.source is not None for entry in read.entries)
    summary = (
        f"{dataset}: {counted(len(read.entries), 'record')}, {cited} with a source;"
        f" {counted(len(read.expectations), 'expectation')}"
    )
    _report(problems, summary)


def _check_ledger() -> None:
    with opened() as ledger:
        findings = ledger.findings()
        breaches = [finding for finding in findings if isinstance(finding, Breach)]
        notices = [finding for finding in findings if not isinstance(finding, Breach)]
        if settings().format == "table":
            for notice in notices:
                click.echo(f"notice[{notice.code}]: {notice.message}")
        held = f"{counted(ledger.head(), 'record')}, {counted(len(notices), 'notice')}"
        _report(breaches, f"{settings().ledger}: {held}")


def _report(problems: list[Problem] | list[Breach], summary: str) -> None:
    if settings().format == "table":
        echo_problems(problems, err=False)
        outcome = counted(len(problems), "problem") if problems else "no problems"
        click.echo(f"{summary}; {outcome}.")
    else:
        said = [attrs.asdict(problem) for problem in problems]
        indent = 2 if settings().format == "json" else None
        click.echo(json.dumps(said, ensure_ascii=False, indent=indent))
    if problems:
        raise SystemExit(3)


@click.command(name="verify")
@shared
def verify_command() -> None:
    """Prove that the ledger agrees with itself: every record, and all that is derived.

    The verdict says how strong it is. "self-consistent" is the best that a ledger alone can
    show: whoever owns the file can rewrite all of it. Exit code 4 where anything fails.

    \b
    Examples:
      govledger verify
      govledger --ledger archive.db verify && echo sound
    """
    with opened() as ledger, progress("verifying", ledger.head()) as advance:
        report = ledger.verify(advance)
    click.echo(str(report))
    if not report:
        raise SystemExit(4)
