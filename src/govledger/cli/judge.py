"""The command that judges: check.

Here: what is judged, and exit code 3. Not here: any judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from govledger.cli.access import opened, speaker_of
from govledger.cli.datasets import read_dataset
from govledger.cli.options import formats, settings, shared
from govledger.cli.output import Speaker, counted, echo_problems, emit
from govledger.dataset import Dataset, by_place, is_profile, judge_citations, judge_dataset
from govledger.errors import InvalidInput, Problem, visible
from govledger.profiles import name_of, usable
from govledger.rulebook import read_profile
from govledger.rules import Breach, pointed


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
    """Judge a dataset, or this ledger's own findings.

    Writes nothing. A dataset is recorded in memory, on its own, and compared with its own
    expectations; a file that defines a profile is read. Exit code 3 where anything is wrong.
    Notices (no decision on record, overdue) are no faults.

    \b
    Examples:
      govledger check
      govledger check minutes-2024.yaml
      govledger check minutes-2024.yaml --documents archive/
      govledger check rules.yaml
    """
    if dataset is not None and is_profile(dataset):
        _check_profile(dataset)
    elif dataset is not None:
        _check_dataset(dataset, documents)
    elif documents is not None:
        raise click.UsageError("--documents checks the citations of a DATASET; name one")
    else:
        _check_ledger()


def _check_dataset(path: Path, documents: Path | None) -> None:
    read = read_dataset(path)
    problems: Sequence[Problem] = judge_dataset(read)
    if documents is not None:
        problems = sorted((*problems, *judge_citations(read, documents)), key=by_place)
    summary = str(path) if read.problems else f"{path}: {_summary(read, documents)}"
    _report(problems, summary, Speaker())


def _check_profile(path: Path) -> None:
    problems: Sequence[Problem] = ()
    summary = str(path)
    try:
        summary = f"{path}: {name_of(usable(read_profile(path)))}"
    except InvalidInput as error:
        problems = error.problems
    _report(problems, summary, Speaker())


def _summary(read: Dataset, documents: Path | None) -> str:
    sources = [entry.event.source for entry in read.entries if entry.event.source]
    spans = sum(source.span is not None for source in sources)
    return "; ".join(
        (
            f"{counted(len(read.entries), 'record')}, {len(sources)} with a source",
            counted(len(read.expectations), "expectation"),
            counted(spans, "cited span") + ("" if documents else ", not checked"),
        )
    )


def _check_ledger() -> None:
    with opened() as ledger:
        speaker = speaker_of(ledger)
        findings = ledger.findings()
        head = ledger.head()
        breaches = [pointed(finding, head) for finding in findings if isinstance(finding, Breach)]
        notices = [finding for finding in findings if not isinstance(finding, Breach)]
        if settings().format == "table":
            for notice in notices:
                click.echo(f"{speaker.word('notice')}[{notice.code}]: {notice.message}")
        held = f"{counted(head, 'record')}, {counted(len(notices), 'notice')}"
        _report(breaches, f"{settings().ledger}: {held}", speaker, notices)


def _report(
    problems: Sequence[Problem], summary: str, speaker: Speaker, notices: Sequence[Problem] = ()
) -> None:
    if settings().format == "table":
        echo_problems(problems, err=False)
        outcome = counted(len(problems), "problem") if problems else "no problems"
        click.echo(visible(f"{summary}; {outcome}."))
    else:
        rows = [*(_row(p, "problem") for p in problems), *(_row(n, "notice") for n in notices)]
        emit(rows, ("kind", "code", "message"), speaker)
    if problems:
        raise SystemExit(3)


def _row(problem: Problem, kind: str) -> dict[str, Any]:
    at = problem.place
    return {
        "kind": kind,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "file": at and at.file,
        "line": at and at.line,
        "column": at and at.column,
        "subject": problem.subject,
        "position": problem.position,
    }
