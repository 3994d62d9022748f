"""The questions of registers, answered from spans and findings.

Here: the statements that find the subjects and the findings of any date, as known at any
position. Not here: what a register is (`govledger.register`), or how spans come about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from govledger.codec import decode_finding
from govledger.errors import invalid
from govledger.rules import Finding
from govledger.storage import Row, Selection
from govledger.storage.sqlite.derived import numbers
from govledger.storage.sqlite.log import VARIABLES


def view(cursor: Any, as_of: int, known: int, chosen: Selection) -> list[Row]:
    """The subjects that are chosen, as they are at an instant, as known at a position."""
    named = {name for name in (chosen.subject, chosen.after, chosen.meeting) if name is not None}
    known_names = numbers(cursor, named)
    if chosen.after is not None and chosen.after not in known_names:
        raise invalid(
            "unknown-subject",
            f"no record of this ledger speaks of {chosen.after}",
            "a page comes after a subject that a page before it ended with",
        )
    if len(known_names) < len(named):
        return []
    conditions = [f"{_CHOICES[name]} = :{name}" for name in _CHOICES if getattr(chosen, name)]
    if chosen.after is not None:
        conditions.append("subjects.id > :after")
    values = {
        "as_of": as_of,
        "known": known,
        "subject": known_names.get(chosen.subject or ""),
        "kind": chosen.kind,
        "status": chosen.status,
        "meeting": known_names.get(chosen.meeting or ""),
        "after": known_names.get(chosen.after or ""),
        "limit": -1 if chosen.limit is None else chosen.limit,
    }
    among = "".join(f" AND {condition}" for condition in conditions)
    if chosen.subject is None and not _many_begun(cursor, as_of):
        statement = _FROM_SUBJECTS.format("subjects INDEXED BY subjects_by_earliest", among)
    elif chosen.status is None and chosen.meeting is None:
        statement = _FROM_SUBJECTS.format("subjects", among)
    else:
        statement = _FROM_SPANS.format(among)
    cursor.execute(statement, values)
    rows: list[Row] = cursor.fetchall()
    return rows


def _many_begun(cursor: Any, as_of: int) -> bool:
    """Whether so many subjects had begun by then that a page of them is soon full."""
    cursor.execute("SELECT 1 FROM subjects WHERE earliest <= ? LIMIT 1 OFFSET 999", (as_of,))
    return cursor.fetchone() is not None


_CHOICES = {
    "subject": "subjects.id",
    "kind": "subjects.kind",
    "status": "held.status",
    "meeting": "held.meeting",
}
"""The columns that a selection may name."""

# CROSS JOIN keeps the order of tables: SQLite does not know how few spans a subject has.
_FROM_SUBJECTS = """
SELECT name, held.status, held.state FROM {} CROSS JOIN spans AS held ON held.rowid = (
    SELECT rowid FROM spans
    WHERE subject = id AND since <= :as_of AND known_from <= :known AND known_until > :known
    ORDER BY since DESC LIMIT 1
) WHERE id <= (SELECT id FROM subjects WHERE first <= :known ORDER BY first DESC, id DESC LIMIT 1)
AND earliest <= :as_of{} ORDER BY id LIMIT :limit
"""
"""Subject by subject, of those that were mentioned by then, the last span that is known."""

_FROM_SPANS = """
SELECT name, held.status, held.state FROM spans AS held CROSS JOIN subjects ON id = held.subject
WHERE held.since <= :as_of AND held.known_from <= :known AND held.known_until > :known
AND NOT EXISTS (
    SELECT 1 FROM spans AS later WHERE later.subject = held.subject AND later.since > held.since
    AND later.since <= :as_of AND later.known_from <= :known AND later.known_until > :known
){} ORDER BY held.subject LIMIT :limit
"""
"""Span by span, those that are known and that no other follows; for a status or a meeting."""


def findings(cursor: Any, as_of: int, known: int, subjects: Sequence[str] | None) -> list[Finding]:
    """The findings on subjects, or on all, as known at a position, by valid time."""
    wanted = None if subjects is None else numbers(cursor, subjects)
    few = wanted is not None and len(wanted) <= VARIABLES
    among = f" AND subject IN ({','.join(map(str, (wanted or {}).values()))})" if few else ""
    cursor.execute(
        "SELECT name, position, finding FROM findings JOIN subjects ON id = subject"
        f" WHERE since <= ? AND known_from <= ? AND ? < known_until{among}"
        " ORDER BY since, position, number",
        (as_of, known, known),
    )
    return [
        decode_finding(name, position, finding)
        for name, position, finding in cursor.fetchall()
        if wanted is None or name in wanted
    ]
