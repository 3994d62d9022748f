"""Writing the derived tables: subjects, keys, links, spans and findings.

Here: how a plan becomes rows, the numbers of subjects, the positions under a key. Not here:
what follows from a record (`govledger.spans`), or what is read of these tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from govledger.codec import damaged_row, encode_finding, encode_state
from govledger.events import kind_of
from govledger.spans import NEVER, Plan, Span
from govledger.state import Motion
from govledger.storage.tables.session import Session


def subjects_of(
    session: Session, planned: Plan, known: Mapping[str, int | None], last: int
) -> dict[str, int]:
    """The numbers of all subjects that a plan speaks of; new ones get the next ones, in order.

    `known` are those that were looked up (None of a subject that has no number), `last` is the
    highest number that was given.
    """
    others = {judged.finding.subject for judged in (*planned.judged, *planned.healed)}
    others |= {meeting for span in planned.spans if (meeting := _meeting(span)) is not None}
    found = {name: number for name, number in known.items() if number is not None}
    found |= numbers(session, {*planned.mentioned, *others} - known.keys())
    new = [name for name in planned.mentioned if name not in found]
    if last > NEVER - len(new):
        raise damaged_row(new[0], "no number is left for it")
    return {**found, **{name: number for number, name in enumerate(new, start=last + 1)}}


def write(session: Session, planned: Plan, subjects: Mapping[str, int], last: int) -> None:
    """Write what a plan says into the derived tables; arguments as for `subjects_of`."""
    new = [(subjects[name], name, first) for name, first in planned.mentioned.items()]
    _run(
        session,
        "INSERT INTO subjects (id, name, kind, first) VALUES (?,?,?,?)",
        [(number, name, kind_of(name), first) for number, name, first in new if number > last],
    )
    _run(
        session,
        "UPDATE subjects SET earliest = ? WHERE id = ? AND (earliest > ? OR earliest IS NULL)",
        [(earliest, subjects[name], earliest) for name, earliest in planned.begun.items()],
    )
    _run(
        session,
        "INSERT INTO keys VALUES (?,?,?) ON CONFLICT (value) DO UPDATE SET last = excluded.last",
        [(key, first, last) for key, (first, last) in planned.keys.items()],
    )
    _run(
        session,
        "INSERT INTO links VALUES (?,?) ON CONFLICT DO NOTHING",
        [
            (subjects[named], subjects[naming])
            for named, several in planned.links.items()
            for naming in several
        ],
    )
    _run(
        session,
        "UPDATE spans SET known_until = ? WHERE subject = ? AND since = ? AND known_from = ?",
        [(s.known_until, subjects[s.subject], s.since, s.known_from) for s in planned.ended],
    )
    _run(
        session,
        "INSERT INTO spans VALUES (?,?,?,?,?,?,?)",
        [_span_row(subjects, span) for span in planned.spans],
    )
    _run(
        session,
        "UPDATE findings SET known_until = ?"
        " WHERE subject = ? AND position = ? AND known_from = ? AND number = ?",
        [(j.known_until, subjects[j.finding.subject], *j.key) for j in planned.healed],
    )
    _run(
        session,
        "INSERT INTO findings VALUES (?,?,?,?,?,?,?)",
        [
            (
                subjects[judged.finding.subject],
                *judged.key,
                judged.since,
                judged.known_until,
                encode_finding(judged.finding),
            )
            for judged in planned.judged
        ],
    )


def _run(session: Session, statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        session.run(statement, rows)


def _span_row(subjects: Mapping[str, int], span: Span) -> tuple[Any, ...]:
    return (
        subjects[span.subject],
        span.since,
        span.known_from,
        span.known_until,
        getattr(span.state, "status", None),
        None if (meeting := _meeting(span)) is None else subjects[meeting],
        encode_state(span.state),
    )


def _meeting(span: Span) -> str | None:
    return span.state.meeting if isinstance(span.state, Motion) else None


# --- the dictionary of subjects ---------------------------------------------------------


def numbers(session: Session, names: Iterable[str]) -> dict[str, int]:
    """The numbers of those subjects that are in the dictionary."""
    return dict(session.some("SELECT name, id FROM subjects WHERE name {}", names))


LAST_NUMBER = "SELECT coalesce(max(id), 0) FROM subjects"
"""The highest number that a subject was given."""


# --- keys -------------------------------------------------------------------------------


def positions(session: Session, key: str) -> range:
    """The positions of the records that were written under a key."""
    for first, last in session.select("SELECT first, last FROM keys WHERE value = ?", (key,)):
        return range(whole(first, key), whole(last, key) + 1)
    return range(0)


def whole(value: object, about: str) -> int:
    """A number that is one, for a damaged row may hold anything."""
    if not isinstance(value, int):
        raise damaged_row(about, f"{value!r} is no number")
    return value
