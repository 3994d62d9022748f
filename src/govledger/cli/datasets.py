"""How commands come to datasets: by the names of their files.

Here: finding out the format, and reading a file as a whole. Not here: the formats
(`govledger.dataset`, `govledger.interchange`).
"""

from __future__ import annotations

from pathlib import Path

import click

from govledger.cli.extensions import vocabulary
from govledger.dataset import Dataset
from govledger.errors import InvalidInput
from govledger.interchange.importing import Format, format_of


def format_of_file(path: Path) -> Format:
    """The format of a dataset that is to be read, as its name tells it."""
    if not path.is_file():
        raise click.UsageError(f"{path} is no file")
    try:
        return format_of(path)
    except InvalidInput as error:
        (problem,) = error.problems
        raise click.UsageError(f"{problem.message}; {problem.hint}") from None


def read_dataset(path: Path) -> Dataset:
    """Read a dataset in the format that its name tells."""
    return format_of_file(path).load(path, vocabulary())
