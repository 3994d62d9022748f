"""The derived tables: keys, links, spans and findings.

Here: what a plan needs of them, how it is written, and the questions of registers. Not
here: what follows from a record (`govledger.spans`), or the log itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from govledger.codec import (
    damaged_row,
    decode,
    decode_finding,
    decode_state,
    encode_finding,
    encode_state,
)
from govledger.errors import invalid
from govledger.events import kind_of, references
from govledger.history import Record
from govledger.rules import Finding
from govledger.spans import NEVER, Judged, Plan, Span
from govledger.storage import Row, Selection
from govledger.storage.sqlite.log import VARIABLES, Log, slices
from govledger.storage.sqlite.recorder import marks


class TableBooks:
    """The books (`govledger.spans.Books`) of a ledger up to a position, from its tables.

    What the `coming` records will need is fetched at once.
    """

    def __init__(self, cursor: Any, log: Log, upto: int, coming: Sequence[Record]) -> None:
        self._cursor = cursor
        self._log = log
        self._upto = upto
        about = {record.subject for record in coming}
        named = {name for record in coming for _, name in references(record.event)}
        self.numbers: dict[str, int] = {}
        self._lasts: dict[str, tuple[int, int, bytes] | None] = {}
        self._streams: dict[str, list[Record]] = {}
        self._naming: dict[str, list[str]] = {name: [] for name in about}
        self._look_up(about | named)
        self._latest: dict[str, int | None] = {}
        for name, naming, latest in self._select(_NAMING, about & self.numbers.keys()):
            self._naming[name].append(naming)
            self._latest[naming] = None if latest is None else _whole(latest, naming)

    def last(self, subject: str) -> Span | None:
        if subject not in self._lasts:
            self._look_up([subject])
        last = self._lasts[subject]
        if last is None:
            return None
        since, known_from, state = last
        return Span(subject, since, known_from, decode_state(subject, state))

    def latest(self, subject: str) -> int | None:
        if subject not in self._latest:
            last = self.last(subject)
            self._latest[subject] = None if last is None else last.since
        return self._latest[subject]

    def spans(self, subject: str) -> Iterable[Span]:
        for since, known_from, state in self._select(_BELIEVED, [subject]):
            yield Span(subject, since, known_from, decode_state(subject, state))

    def naming(self, subject: str) -> Iterable[str]:
        if subject not in self._naming:
            self._naming[subject] = [naming for _, naming, _ in self._select(_NAMING, [subject])]
        return self._naming[subject]

    def streams(self, subjects: Collection[str]) -> list[Record]:
        missing = [subject for subject in subjects if subject not in self._streams]
        if missing:
            self._streams.update((subject, []) for subject in missing)
            for entry in self._log.about(missing):
                if entry.position <= self._upto:
                    self._streams[entry.subject].append(decode(entry))
        return [record for subject in subjects for record in self._streams[subject]]

    def at(self, position: int) -> Record | None:
        found = self._log.at([position]) if position <= self._upto else ()
        return decode(found[0]) if found else None

    def judged(self, subject: str) -> Iterable[Judged]:
        for position, known_from, number, since, body in self._select(_JUDGED, [subject]):
            finding = decode_finding(subject, position, body)
            yield Judged(finding, since, known_from, number)

    def after(self, instant: int) -> Iterable[str]:
        self._cursor.execute(
            "SELECT DISTINCT name FROM spans JOIN subjects ON id = subject"
            f" WHERE known_until = {NEVER} AND since >= ?",
            (instant,),
        )
        return [name for (name,) in self._cursor.fetchall()]

    def _look_up(self, subjects: Iterable[str]) -> None:
        """Find out the numbers of subjects, and which of their spans come last."""
        subjects = list(subjects)
        self._lasts.update(dict.fromkeys(subjects))
        for name, number, since, known_from, state in self._select(_LAST, subjects):
            self.numbers[name] = number
            if state is not None:
                self._lasts[name] = _whole(since, name), known_from, state

    def _select(self, statement: str, subjects: Iterable[str]) -> Iterator[Any]:
        for some in slices(subjects):
            self._cursor.execute(statement.format(marks(some)), some)
            yield from self._cursor.fetchall()


def _whole(value: object, about: str) -> int:
    """A number that is one, for a damaged row may hold anything."""
    if not isinstance(value, int):
        raise damaged_row(about, f"{value!r} is no number")
    return value


_LAST = f"""
SELECT name, id, since, known_from, state FROM subjects LEFT JOIN spans ON spans.rowid = (
    SELECT rowid FROM spans WHERE subject = id AND known_until = {NEVER}
    ORDER BY since DESC LIMIT 1
) WHERE name IN ({{}})
"""

_BELIEVED = f"""
SELECT since, known_from, state FROM spans
WHERE known_until = {NEVER} AND subject = (SELECT id FROM subjects WHERE name IN ({{}}))
"""

_NAMING = f"""
SELECT theirs.name, ours.name, (
    SELECT since FROM spans WHERE subject = ours.id AND known_until = {NEVER}
    ORDER BY since DESC LIMIT 1
) FROM subjects AS theirs
CROSS JOIN links ON named = theirs.id CROSS JOIN subjects AS ours ON ours.id = naming
WHERE theirs.name IN ({{}})
"""

_JUDGED = f"""
SELECT position, known_from, number, since, finding FROM findings
WHERE known_until = {NEVER} AND subject = (SELECT id FROM subjects WHERE name IN ({{}}))
"""


def write(cursor: Any, planned: Plan, known: Mapping[str, int]) -> None:
    """Write what a plan says into the derived tables; `known` are the numbers of subjects."""
    others = {judged.finding.subject for judged in (*planned.judged, *planned.healed)}
    others |= {meeting for span in planned.spans if (meeting := _meeting(span)) is not None}
    subjects = {**known, **numbers(cursor, {*planned.mentioned, *others} - known.keys())}
    _number(cursor, subjects, planned.mentioned)
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


def _number(cursor: Any, known: dict[str, int], names: Iterable[str]) -> None:
    """Give the next numbers to subjects that have none yet, in their order."""
    for name in names:
        if name not in known:
            row = name, kind_of(name)
            cursor.execute("INSERT INTO subjects (name, kind) VALUES (?,?) RETURNING id", row)
            (known[name],) = cursor.fetchone()


# --- keys -------------------------------------------------------------------------------


def positions(cursor: Any, key: str) -> range:
    """The positions of the records that were written under a key."""
    cursor.execute("SELECT first, last FROM keys WHERE value = ?", (key,))
    found = cursor.fetchone()
    return range(_whole(found[0], key), _whole(found[1], key) + 1) if found else range(0)


# --- what registers ask -----------------------------------------------------------------


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
    narrow = chosen.status is not None or chosen.meeting is not None
    statement = (_FROM_SPANS if narrow else _FROM_SUBJECTS).format(
        "".join(f" AND {condition}" for condition in conditions)
    )
    cursor.execute(statement, values)
    rows: list[Row] = cursor.fetchall()
    return rows


_CHOICES = {
    "subject": "subjects.id",
    "kind": "subjects.kind",
    "status": "held.status",
    "meeting": "held.meeting",
}
"""The columns that a selection may name."""

# CROSS JOIN keeps the order of tables: SQLite does not know how few spans a subject has.
_FROM_SUBJECTS = """
SELECT name, held.status, held.state FROM subjects CROSS JOIN spans AS held ON held.rowid = (
    SELECT rowid FROM spans
    WHERE subject = id AND since <= :as_of AND known_from <= :known AND known_until > :known
    ORDER BY since DESC LIMIT 1
) WHERE 1{} ORDER BY id LIMIT :limit
"""
"""Subject by subject, the last span that is known."""

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
