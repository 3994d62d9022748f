"""How commands come to what they work on: the ledger, a subject in it, a dataset.

Here: opening, finding, reading, and writing where there may be no ledger yet. Not here:
what is then done with it.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import click

from govledger.cli.options import settings
from govledger.cli.output import Speaker, message
from govledger.dataset import Dataset, ledger_options, load
from govledger.errors import Problem, StorageError, brief, did_you_mean, invalid
from govledger.events import slug_of, subject_name
from govledger.interchange import jsonl
from govledger.ledger import Ledger, is_free

_T = TypeVar("_T")

READERS = {".yaml": load, ".yml": load, ".jsonl": jsonl.load, ".ndjson": jsonl.load}
"""The formats of datasets, by the suffix of their files."""


def opened() -> Ledger:
    """The ledger that is asked; it must exist."""
    return Ledger.open(settings().ledger, create=False)


def written(write: Callable[[Ledger], _T], dataset: Dataset | None = None) -> _T:
    """Write to the ledger, or to a new one made as the dataset says.

    Where there is none yet, the writing is tried in memory first: what is refused leaves no
    file behind.
    """
    path = settings().ledger
    options = ledger_options(dataset) if dataset else {}
    if is_free(Path(path)):
        with Ledger.in_memory(**options) as trial:
            write(trial)
        message(f"{path} is a new ledger")
    with Ledger.open(path, **options) as ledger:
        return write(ledger)


def speaker_of(ledger: Ledger) -> Speaker:
    """The language of the command with the terms of the ledger's profile."""
    return Speaker(ledger.profile.labels)


def find(ledger: Ledger, subject: str) -> str:
    """The whole name of a subject of the ledger; its slug will do where only one has it.

    Raises `StorageError` with the nearest name where nothing in the log is about it.
    """
    every = sorted({record.subject for record in ledger.log()})
    if "/" in subject:
        subject = subject_name(subject)
        same = [name for name in every if name == subject]
    else:
        same = [name for name in every if slug_of(name) == subject]
    if len(same) == 1:
        return same[0]
    if same:
        raise invalid("several-subjects", f'"{subject}" is {" and ".join(same)}', "name the kind")
    close = get_close_matches(subject, (*every, *map(slug_of, every)), n=1)
    raise StorageError(
        Problem(
            code="unknown-subject",
            message=f"no record of this ledger is about {brief(subject)}",
            hint=f'did you mean "{close[0]}"?' if close else "`govledger log` lists the subjects",
        )
    )


def read_dataset(path: Path) -> Dataset:
    """Read a dataset in the format that its name tells."""
    if not path.is_file():
        raise click.UsageError(f"{path} is no file")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise click.UsageError(
            f"{path}: no format is known for {path.suffix or 'a file without suffix'}; "
            + did_you_mean(path.suffix, READERS)
        )
    return reader(path)
