"""What is wrong with a dataset: breaches, unmet expectations, citations that do not hold.

Here: trying it in memory, and comparing. Not here: reading it, or writing it anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs

from govledger.dataset.content import LARGEST_FILE, Dataset, Expectation, as_known, by_place
from govledger.dataset.importing import Writer, new_ledger
from govledger.errors import (
    InvalidInput,
    Problem,
    RuleBreach,
)
from govledger.ledger import Ledger
from govledger.register import Register
from govledger.rules import Breach
from govledger.source import Source, quoted
from govledger.spans import BATCH
from govledger.values import batches


def judge_dataset(dataset: Dataset) -> tuple[Problem, ...]:
    """Everything that is wrong with a dataset: problems, breaches, unmet expectations.

    It is recorded in a ledger in memory for that; nothing else is written.
    """
    if dataset.problems:
        return dataset.problems
    with new_ledger(dataset) as ledger:
        found: list[Problem] = []
        writer = Writer(ledger)
        for facts in batches(dataset.entries, BATCH):
            try:
                writer.write(facts, "refuse")
            except RuleBreach as error:
                found += error.problems
                if any(isinstance(breach, Breach) and breach.binding for breach in found):
                    return tuple(sorted(found, key=by_place))
                writer.write(facts, "flag")
        found += unmet(ledger, dataset.expectations)
        return tuple(sorted(found, key=by_place))


def unmet(ledger: Ledger, expectations: Iterable[Expectation]) -> Iterator[Problem]:
    """The expectations with which a ledger disagrees, one problem for every field."""
    registers: dict[tuple[str, str | None], Register] = {}
    for expected in expectations:
        asked = expected.as_of, expected.known_at
        try:
            if asked not in registers:
                known = None if expected.known_at is None else as_known(expected.known_at)
                registers[asked] = ledger.as_of(expected.as_of, known)
        except InvalidInput as error:
            yield from (attrs.evolve(p, path=(), place=expected.place) for p in error.problems)
            continue
        described = registers[asked].describe(expected.subject)
        for name, (wanted, place) in expected.fields.items():
            actual = None if described is None else described[name]
            absent = described is None and name != "status"
            if absent or not _agrees(wanted, actual):
                said = "not on record" if described is None else _shown(actual)
                yield Problem(
                    code="expectation-failed",
                    message=f"{expected.subject} on {expected.as_of}: {name} is {said},"
                    f" not {_shown(wanted)}",
                    hint=f"look at the records about {expected.subject}: they or the expectation"
                    " are wrong",
                    place=place,
                )


def _agrees(wanted: Any, actual: Any) -> bool:
    if isinstance(wanted, list) and isinstance(actual, list):
        return len(wanted) == len(actual) and all(map(_agrees, wanted, actual))
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return all(_agrees(value, actual.get(key)) for key, value in wanted.items())
    if wanted is None or actual is None:
        return wanted is actual
    return str(wanted) == _shown(actual)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def judge_citations(dataset: Dataset, directory: Path) -> Iterator[Problem]:
    """The citations that do not hold against the documents in a directory.

    Documents are found by the digest of their bytes, whatever their files are called.
    """
    texts = dict(_texts(dataset, directory))
    for entry in dataset.entries:
        cited = entry.event.source
        if cited is None or cited.span is None or cited.document_sha256 is None:
            continue
        problem = _citation(cited, texts, directory)
        if problem is not None:
            names = ("source.document",) if problem.code == "document-missing" else ("source.span",)
            yield attrs.evolve(problem, place=entry.place_of(*names, "source"))


def _texts(dataset: Dataset, directory: Path) -> Iterator[tuple[str, str]]:
    sources = (entry.event.source for entry in dataset.entries)
    wanted = {source.document_sha256 for source in sources if source is not None}
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.stat().st_size <= LARGEST_FILE:
            try:
                raw = path.read_bytes()
            except OSError:  # not ours to read, so not a document of ours
                continue
            found = sha256(raw).hexdigest()
            if found in wanted:
                yield found, raw.decode("utf-8", errors="replace")


def _citation(cited: Source, texts: Mapping[str, str], directory: Path) -> Problem | None:
    assert cited.span is not None  # noqa: S101 - the caller looked
    text = texts.get(cited.document_sha256 or "")
    start, end = cited.span
    if text is None:
        return Problem(
            code="document-missing",
            message=f'no file in {directory} is "{cited.document}" (SHA-256'
            f" {str(cited.document_sha256)[:16]}…)",
            hint="put the document there as it was published; one changed byte changes the digest",
        )
    found = quoted(text, cited.span)
    if found is None:
        return Problem(
            code="span-outside",
            message=f'"{cited.document}" has {len(text)} characters, and the span is'
            f" {start} to {end}",
            hint="count in characters of the UTF-8 text, from 0",
        )
    if found != cited.sha256:
        return Problem(
            code="span-differs",
            message=f'characters {start} to {end} of "{cited.document}" do not have the digest'
            " that is cited",
            hint=f"their digest is {found}",
        )
    return None
