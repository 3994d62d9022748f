"""Importing files: whatever their format, however large, batch after batch.

Here: the formats by their suffixes, `import_file`, and `import_batches`, which tells how far it
has come. Not here: how a format is read, nor how a batch is written (`govledger.dataset`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from govledger import dataset
from govledger.dataset import (
    Dataset,
    Fact,
    Head,
    Imported,
    Item,
    Mode,
    digest_of,
    file_key,
    import_facts,
)
from govledger.errors import Problem, did_you_mean, invalid
from govledger.interchange import jsonl
from govledger.ledger import Ledger
from govledger.vocabulary import STANDARD, Vocabulary


class Format(Protocol):
    """A format of datasets."""

    def read(
        self,
        path: str | Path,
        progress: Callable[[int], None] | None = None,
        vocabulary: Vocabulary = STANDARD,
    ) -> Iterator[Item]:
        """Read a file item by item."""

    def load(self, path: str | Path, vocabulary: Vocabulary = STANDARD) -> Dataset:
        """Read a file as a whole."""


FORMATS: Mapping[str, Format] = {
    ".yaml": dataset,
    ".yml": dataset,
    ".jsonl": jsonl,
    ".ndjson": jsonl,
}
"""The formats of datasets, by the suffix of their files."""


def format_of(path: str | Path) -> Format:
    """The format that the name of a file tells; `InvalidInput` where it tells none."""
    suffix = Path(path).suffix.lower()
    found = FORMATS.get(suffix)
    if found is None:
        raise invalid(
            "unknown-format",
            f"{path}: no format is known for {suffix or 'a file without suffix'}",
            did_you_mean(suffix, FORMATS),
        )
    return found


def beginning(path: str | Path, vocabulary: Vocabulary = STANDARD) -> tuple[Head, bool]:
    """What a file says of the ledger it is meant for, and whether there is anything to import.

    Reads as far as the first record or problem; raises `InvalidInput` where it cannot.
    """
    head = Head()
    for item in format_of(path).read(path, vocabulary=vocabulary):
        if isinstance(item, Head):
            head = item
        elif isinstance(item, Fact | Problem):
            return head, True
    return head, False


def import_file(
    ledger: Ledger,
    path: str | Path,
    *,
    breaches: Mode = "refuse",
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Record a dataset, however large, in batches of 1,000 records, each all or nothing.

    Gives the account of the whole. Importing a file twice changes nothing; one that stopped
    half-way, or has grown since, goes on from what is on record. `progress` is called with the
    number of bytes read.

    Raises `InvalidInput` with the problems of the file (at most 1,000), `RuleBreach` with each
    breach of a batch at the line of its record, or what `Ledger.record` raises; the batches
    before it stay, and a note of the exception says how far that is.
    """
    account = Imported()
    for account in import_batches(ledger, path, breaches=breaches, progress=progress):  # noqa: B007 - the last is the result
        pass
    return account


def import_batches(
    ledger: Ledger,
    path: str | Path,
    *,
    breaches: Mode = "refuse",
    progress: Callable[[int], None] | None = None,
) -> Iterator[Imported]:
    """As `import_file`, giving an account after each batch."""
    form = format_of(path)
    whole = ledger.recorded_under(file_key(digest_of(path))) if ledger.head() > 1 else range(0)
    if whole:
        yield Imported(read=len(whole), skipped=len(whole))
    else:
        yield from import_facts(
            ledger, form.read(path, progress, ledger.vocabulary), breaches=breaches
        )
