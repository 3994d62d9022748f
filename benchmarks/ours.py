"""govledger, through its public interface alone (but to leave something out).

Here: one function for each thing that is measured. Not here: how it is measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import govledger
from benchmarks.answers import JUDGED, Answer
from govledger import Event, Ledger
from govledger.integrity.merkle import Frontier
from govledger.interchange import import_file, jsonl
from govledger.state import State
from govledger.storage.tables import tree

Line = dict[str, Any]

_EVENTS = {
    cls.type: cls
    for cls in vars(govledger).values()
    if isinstance(cls, type) and issubclass(cls, Event) and hasattr(cls, "type")
}


def connect(path: Path) -> Ledger:
    """The ledger in a file, made where there is none as the histories want it."""
    return Ledger.open(path, name="vereniging", timezone="Europe/Amsterdam", profile="vng@1")


def head(ledger: Ledger) -> int:
    """The position of the last record."""
    return ledger.head()


def load(ledger: Ledger, path: Path) -> None:
    """Import a file of lines, judged by the rules."""
    import_file(ledger, path)


def event(line: Line) -> Event:
    """The event of a line."""
    said = {name: value for name, value in line.items() if name not in ("position", "type", "data")}
    return _EVENTS[line["type"]](**said, **line.get("data", {}))


def record(ledger: Ledger, fact: Event) -> int:
    """Record one fact; gives its position."""
    (written,) = ledger.record(fact)
    return written.position


def record_without_tree(ledger: Ledger, fact: Event) -> int:
    """Record one fact without the nodes of the tree: never do this."""
    kept = tree.questions, tree.frontier, tree.append
    tree.questions, tree.frontier, tree.append = _NO_TREE
    try:
        return record(ledger, fact)
    finally:
        tree.questions, tree.frontier, tree.append = kept


_NO_TREE: Any = (lambda *_: (), lambda *_: Frontier(), lambda *_: None)


def verify(ledger: Ledger) -> bytes:
    """Read and compare everything; gives the root."""
    assert ledger.verify()
    return ledger.checkpoint().root


def verify_bytes(ledger: Ledger) -> bytes:
    """Hash every record, and compare the root; gives it."""
    assert ledger.verify(contents=False)
    return ledger.checkpoint().root


def prove(ledger: Ledger, position: int) -> int:
    """The hashes that show a record to be in the ledger; gives how many."""
    return len(ledger.inclusion(position))


def extends(ledger: Ledger, size: int) -> int:
    """The hashes that show the ledger to extend what it was; gives how many."""
    return len(ledger.consistency(size))


def replay(ledger: Ledger) -> list[State]:
    """All states, folded from the log itself."""
    return list(ledger.replay())


def answer(ledger: Ledger, states: Iterable[State]) -> Answer:
    """What the states say, as all contenders say it."""
    for state in states:
        if state.subject.startswith(JUDGED):
            yield state.subject, str(state.status), state.since.day(ledger.zone).isoformat()


def register(ledger: Ledger, day: str, known: int) -> list[tuple[str, str | None]]:
    """The status of every subject on a date, as known at a position."""
    return list(ledger.as_of(day, known_at=known).statuses.items())


def motion(ledger: Ledger, subject: str, day: str) -> str:
    """The status of one motion on a date."""
    return str(ledger.as_of(day, subject=subject).state(subject).status)


def page(ledger: Ledger, day: str, known: int | None = None) -> list[tuple[str, str]]:
    """The first page of the motions on a date."""
    found = ledger.as_of(day, known_at=known, kind="motion", limit=50).motions
    return [(slug, str(state.status)) for slug, state in found.items()]


def export(ledger: Ledger, path: Path) -> None:
    """Write all records as JSON Lines."""
    with path.open("wb") as stream:
        jsonl.write(ledger.log(), stream)
