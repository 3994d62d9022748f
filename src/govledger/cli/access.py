"""How commands come to the ledger they work on, and to a subject in it.

Here: opening, finding, and writing where there may be no ledger yet. Not here: what is then
done with it, or datasets (`datasets`): most commands read none, and start sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from govledger.cli.extensions import vocabulary
from govledger.cli.options import settings
from govledger.cli.output import Speaker, message
from govledger.errors import Problem, StorageError, brief, invalid
from govledger.events import slug_of, subject_name
from govledger.ledger import Ledger
from govledger.storage.places import place

_T = TypeVar("_T")


def opened() -> Ledger:
    """The ledger that is asked; it must exist."""
    return open_ledger(settings().ledger, create=False)


def open_ledger(path_or_url: str, **options: Any) -> Ledger:
    """A ledger with the extensions that are installed; options as for `Ledger.open`.

    Says on stderr which extensions it is kept with that are not.
    """
    ledger = Ledger.open(path_or_url, extensions=vocabulary().extensions, **options)
    if missing := ledger.missing:
        names = " and ".join(missing)
        message(
            f"note: this ledger is kept with {names}, not installed here: what that knows of is"
            " shown as it was stored, and nothing can be recorded"
        )
    return ledger


def written(
    write: Callable[[Ledger], _T],
    options: Mapping[str, Any] | None = None,
    attempt: Callable[[Ledger], object] | None = None,
) -> _T:
    """Write to the ledger, or to a new one made with these options.

    Where there is none yet, the writing (or an attempt at a part of it) is tried in memory
    first: what is refused leaves no file behind.
    """
    path, options = settings().ledger, options or {}
    there = place(path)
    if there.is_free():
        with Ledger.in_memory(extensions=vocabulary().extensions, **options) as trial:
            (attempt or write)(trial)
        message(f"{there.name} is a new ledger")
    with open_ledger(path, **options) as ledger:
        return write(ledger)


def speaker_of(ledger: Ledger) -> Speaker:
    """The language of the command with the terms of the ledger's profile."""
    return Speaker(ledger.vocabulary.labels, ledger.profile.labels)


def find(ledger: Ledger, subject: str) -> str:
    """The whole name of a subject of the ledger; its slug will do where only one has it.

    Raises `StorageError` with the nearest name where nothing in the log is about it.
    """
    kind, slash, slug = subject.rpartition("/")
    same = [name for name in ledger.subjects(slug) if not slash or name == f"{kind}/{slug}"]
    if len(same) == 1:
        return same[0]
    if same:
        raise invalid("several-subjects", f'"{subject}" is {" and ".join(same)}', "name the kind")
    if slash:
        subject = subject_name(subject)
    every = ledger.subjects()
    close = get_close_matches(subject, (*every, *map(slug_of, every)), n=1)
    raise StorageError(
        Problem(
            code="unknown-subject",
            message=f"no record of this ledger is about {brief(subject)}",
            hint=f'did you mean "{close[0]}"?' if close else "`govledger log` lists the subjects",
        )
    )
