"""What is on the books, read from the tables for those who plan.

Here: `TableBooks`, which honours `govledger.spans.Books`. Not here: what is done with it, or
the questions of registers (`registers`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from govledger.codec import decode, decode_finding, decode_state
from govledger.events import Event, references
from govledger.history import Record
from govledger.spans import NEVER, Judged, Span
from govledger.storage.tables.derived import whole
from govledger.storage.tables.log import Log
from govledger.storage.tables.session import Session


class TableBooks:
    """The books of a ledger up to a position, from its tables.

    What the `coming` events will need is fetched at once.
    """

    def __init__(self, session: Session, log: Log, upto: int, coming: Sequence[Event]) -> None:
        self._session = session
        self._log = log
        self._upto = upto
        about = {event.subject for event in coming}
        named = {name for event in coming for _, name in references(event)}
        self.numbers: dict[str, int] = {}
        self._lasts: dict[str, tuple[int, int, bytes] | None] = {}
        self._streams: dict[str, list[Record]] = {}
        self._naming: dict[str, list[str]] = {name: [] for name in about}
        self._look_up(about | named)
        self._latest: dict[str, int | None] = {}
        for name, naming, latest in self._session.some(_NAMING, about & self.numbers.keys()):
            self._naming[name].append(naming)
            self._latest[naming] = None if latest is None else whole(latest, naming)

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
        for since, known_from, state in self._session.some(_BELIEVED, [subject]):
            yield Span(subject, since, known_from, decode_state(subject, state))

    def naming(self, subject: str) -> Iterable[str]:
        if subject not in self._naming:
            self._naming[subject] = [
                naming for _, naming, _ in self._session.some(_NAMING, [subject])
            ]
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
        for position, known_from, number, since, body in self._session.some(_JUDGED, [subject]):
            finding = decode_finding(subject, position, body)
            yield Judged(finding, since, known_from, number)

    def after(self, instant: int) -> Iterable[str]:
        rows = self._session.select(
            "SELECT DISTINCT name FROM spans JOIN subjects ON id = subject"
            f" WHERE known_until = {NEVER} AND since >= ?",
            (instant,),
        )
        return [name for (name,) in rows]

    def _look_up(self, subjects: Iterable[str]) -> None:
        """Find out the numbers of subjects, and which of their spans come last."""
        subjects = list(subjects)
        self._lasts.update(dict.fromkeys(subjects))
        last = self._session.last_span("LEFT", f"subject = id AND known_until = {NEVER}")
        statement = _LAST.format(last)
        for name, number, since, known_from, state in self._session.some(statement, subjects):
            self.numbers[name] = number
            if state is not None:
                self._lasts[name] = whole(since, name), known_from, state


_LAST = """
SELECT name, id, held.since, held.known_from, held.state FROM subjects {} WHERE name {{}}
"""

_BELIEVED = f"""
SELECT since, known_from, state FROM spans
WHERE known_until = {NEVER} AND subject = (SELECT id FROM subjects WHERE name {{}}) ORDER BY since
"""

_NAMING = f"""
SELECT theirs.name, ours.name, (
    SELECT since FROM spans WHERE subject = ours.id AND known_until = {NEVER}
    ORDER BY since DESC LIMIT 1
) FROM subjects AS theirs CROSS JOIN links CROSS JOIN subjects AS ours
WHERE theirs.name {{}} AND named = theirs.id AND ours.id = naming
"""

_JUDGED = f"""
SELECT position, known_from, number, since, finding FROM findings
WHERE known_until = {NEVER} AND subject = (SELECT id FROM subjects WHERE name {{}})
"""
