"""Writing the derived tables: subjects, keys, links, spans and findings.

Here: how a plan becomes rows, the numbers of subjects, the positions under a key. Not here:
what follows from a record (`govledger.spans`), or what is read of these tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from govledger.codec import damaged_row, encode_finding, encode_state
from govledger.events import kind_of
from govledger.spans import Plan, Span
from govledger.storage.sqlite.log import slices
from govledger.storage.sqlite.recorder import marks


def write(cursor: Any, planned: Plan, known: Mapping[str, int]) -> None:
    """Write what a plan says into the derived tables; `known` are the numbers of subjects."""
    others = {judged.finding.subject for judged in (*planned.judged, *planned.healed)}
    others |= {meeting for span in planned.spans if (meeting := _meeting(span)) is not None}
    subjects = {**known, **numbers(cursor, {*planned.mentioned, *others} - known.keys())}
    _number(cursor, subjects, planned.mentioned)
    _run(
        cursor,
        "UPDATE subjects SET earliest = min(ifnull(earliest, ?1), ?1) WHERE id = ?2",
        [(earliest, subjects[name]) for name, earliest in planned.begun.items()],
    )
    _run(
        cursor,
        "INSERT INTO keys VALUES (?,?,?) ON CONFLICT DO UPDATE SET last = excluded.last",
        [(key, first, last) for key, (first, last) in planned.keys.items()],
    )
    _run(
        cursor,
        "INSERT OR IGNORE INTO links VALUES (?,?)",
        [
            (subjects[named], subjects[naming])
            for named, several in planned.links.items()
            for naming in several
        ],
    )
    _run(
        cursor,
        "UPDATE spans SET known_until = ? WHERE subject = ? AND since = ? AND known_from = ?",
        [(s.known_until, subjects[s.subject], s.since, s.known_from) for s in planned.ended],
    )
    _run(
        cursor,
        "INSERT INTO spans VALUES (?,?,?,?,?,?,?)",
        [_span_row(subjects, span) for span in planned.spans],
    )
    _run(
        cursor,
        "UPDATE findings SET known_until = ?"
        " WHERE subject = ? AND position = ? AND known_from = ? AND number = ?",
        [(j.known_until, subjects[j.finding.subject], *j.key) for j in planned.healed],
    )
    _run(
        cursor,
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


def _run(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        cursor.executemany(statement, rows)


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
    return getattr(span.state, "meeting", None)


# --- the dictionary of subjects ---------------------------------------------------------


def numbers(cursor: Any, names: Iterable[str]) -> dict[str, int]:
    """The numbers of those subjects that are in the dictionary."""
    found: dict[str, int] = {}
    for some in slices(names):
        cursor.execute(f"SELECT name, id FROM subjects WHERE name IN ({marks(some)})", some)
        found.update(map(tuple, cursor.fetchall()))
    return found


def _number(cursor: Any, known: dict[str, int], mentioned: Mapping[str, int]) -> None:
    """Give the next numbers to subjects that have none yet, in their order."""
    for name, first in mentioned.items():
        if name not in known:
            cursor.execute(
                "INSERT INTO subjects (name, kind, first) VALUES (?,?,?) RETURNING id",
                (name, kind_of(name), first),
            )
            (known[name],) = cursor.fetchone()


# --- keys -------------------------------------------------------------------------------


def positions(cursor: Any, key: str) -> range:
    """The positions of the records that were written under a key."""
    cursor.execute("SELECT first, last FROM keys WHERE value = ?", (key,))
    found = cursor.fetchone()
    return range(whole(found[0], key), whole(found[1], key) + 1) if found else range(0)


def whole(value: object, about: str) -> int:
    """A number that is one, for a damaged row may hold anything."""
    if not isinstance(value, int):
        raise damaged_row(about, f"{value!r} is no number")
    return value
