"""The questions of registers, answered from spans and findings.

Here: the statements that find the subjects and the findings of any date, as known at any
position, and those of all dates. Not here: what a register is (`govledger.register`), or how
spans come about.
"""

from __future__ import annotations

from collections.abc import Sequence

from govledger.codec import decode_finding
from govledger.errors import invalid
from govledger.rules import Finding
from govledger.spans import Judged
from govledger.storage import Row, Selection, SpanRow
from govledger.storage.tables.derived import numbers
from govledger.storage.tables.session import VARIABLES, Session


def view(session: Session, as_of: int, known: int, chosen: Selection) -> list[Row]:
    """The subjects that are chosen, as they are at an instant, as known at a position."""
    named = {name for name in (chosen.subject, chosen.after, chosen.meeting) if name is not None}
    known_names = numbers(session, named)
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
        "limit": chosen.limit,
    }
    among = "".join(f" AND {condition}" for condition in conditions)
    if chosen.subject is None and not _many_begun(session, as_of):
        subjects = session.by_index("subjects", "subjects_by_earliest")
    elif chosen.status is None and chosen.meeting is None:
        subjects = "subjects"
    else:
        subjects = ""
    if subjects:
        statement = _FROM_SUBJECTS.format(subjects, session.last_span("CROSS", _KNOWN), among)
    else:
        statement = _FROM_SPANS.format(among)
    page = "" if chosen.limit is None else " LIMIT :limit"
    return session.select(statement + page, values)


def _many_begun(session: Session, as_of: int) -> bool:
    """Whether so many subjects had begun by then that a page of them is soon full."""
    return bool(
        session.select("SELECT 1 FROM subjects WHERE earliest <= ? LIMIT 1 OFFSET 999", (as_of,))
    )


_CHOICES = {
    "subject": "subjects.id",
    "kind": "subjects.kind",
    "status": "held.status",
    "meeting": "held.meeting",
}
"""The columns that a selection may name."""

_KNOWN = "subject = id AND since <= :as_of AND known_from <= :known AND known_until > :known"

# CROSS JOIN keeps the order of tables: SQLite does not know how few spans a subject has.
_FROM_SUBJECTS = """
SELECT name, held.status, held.state FROM {} {}
WHERE id <= (SELECT id FROM subjects WHERE first <= :known ORDER BY first DESC, id DESC LIMIT 1)
AND earliest <= :as_of{} ORDER BY id"""
"""Subject by subject, of those that were mentioned by then, the last span that is known."""

_FROM_SPANS = """
SELECT name, held.status, held.state FROM spans AS held CROSS JOIN subjects
WHERE id = held.subject AND held.since <= :as_of AND held.known_from <= :known
AND held.known_until > :known AND NOT EXISTS (
    SELECT 1 FROM spans AS later WHERE later.subject = held.subject AND later.since > held.since
    AND later.since <= :as_of AND later.known_from <= :known AND later.known_until > :known
){} ORDER BY held.subject"""
"""Span by span, those that are known and that no other follows; for a status or a meeting."""


def findings(
    session: Session, as_of: int, known: int, subjects: Sequence[str] | None
) -> list[Finding]:
    """The findings on subjects, or on all, as known at a position, by valid time."""
    wanted = None if subjects is None else numbers(session, subjects)
    among, given = "", list[int]()
    if wanted is not None and len(wanted) <= VARIABLES:
        condition, values = session.among(list(wanted.values()))
        among, given = f" AND subject {condition}", list(values)
    rows = session.select(
        "SELECT name, position, finding FROM findings JOIN subjects ON id = subject"
        f" WHERE since <= ? AND known_from <= ? AND ? < known_until{among}"
        " ORDER BY since, position, number",
        (as_of, known, known, *given),
    )
    return [
        decode_finding(name, position, finding)
        for name, position, finding in rows
        if wanted is None or name in wanted
    ]


# --- of all dates -----------------------------------------------------------------------


def mentioned(session: Session, known: int) -> list[str]:
    """The names of the subjects that were mentioned by a position, in that order."""
    asked = "SELECT name FROM subjects WHERE first <= ? ORDER BY id"
    return [name for (name,) in session.select(asked, (known,))]


def spans(session: Session, subjects: Sequence[str], known: int) -> list[SpanRow]:
    """The spans of a few subjects that were known by a position, by subject and `since`."""
    condition, values = session.among(subjects)
    return session.select(
        "SELECT name, since, known_from, known_until, state FROM subjects"
        f" JOIN spans ON subject = id WHERE name {condition} AND known_from <= ?"
        " ORDER BY id, since, known_from",
        (*values, known),
    )


def judged(session: Session, known: int) -> list[Judged]:
    """The findings that were known by a position, those that were healed since among them."""
    rows = session.select(
        "SELECT name, position, known_from, number, since, known_until, finding FROM findings"
        " JOIN subjects ON id = subject WHERE known_from <= ? ORDER BY since, position, number",
        (known,),
    )
    return [
        Judged(decode_finding(name, position, body), since, known_from, number, known_until)
        for name, position, known_from, number, since, known_until, body in rows
    ]
