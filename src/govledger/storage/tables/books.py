"""What is on the books, read from the tables for those who plan.

Here: `TableBooks`, which honours `govledger.spans.Books`. Not here: what is done with it, or
the questions of registers (`registers`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from attrs import frozen

from govledger.codec import Entry, decode, decode_finding, decode_state
from govledger.events import Event, references
from govledger.history import Record
from govledger.spans import NEVER, Judged, Span
from govledger.storage.tables.derived import whole
from govledger.storage.tables.log import Log
from govledger.storage.tables.session import Question, Session


@frozen
class Coming:
    """The subjects that events to come are about, and those that they name besides."""

    about: Collection[str]
    named: Collection[str]

    def questions(self, session: Session) -> tuple[Sequence[Question], Sequence[Question]]:
        """What to ask of them: for numbers and last spans, and for who names them."""
        return (
            session.of_many(_last_spans(session), (*self.about, *self.named)),
            session.of_many(_NAMING, self.about),
        )


def coming(events: Iterable[Event]) -> Coming:
    """The subjects of events to come."""
    about, named = set[str](), set[str]()
    for event in events:
        about.add(event.subject)
        named.update(name for _, name in references(event))
    return Coming(about, named)


class TableBooks:
    """The books of a ledger up to a position, from its tables.

    What is needed for what is `coming` was asked at once (`Coming.questions`), and is `found`.
    """

    def __init__(
        self,
        session: Session,
        log: Log,
        upto: int,
        coming: Coming,
        found: tuple[Iterable[Any], Iterable[Any]],
    ) -> None:
        self._session = session
        self._log = log
        self._upto = upto
        self.numbers: dict[str, int | None] = {}
        """The numbers of all subjects that were looked up; None of those that have none."""
        self._lasts: dict[str, tuple[int, int, bytes] | None] = {}
        self._streams: dict[str, list[Record]] = {}
        self._naming: dict[str, list[str]] = {name: [] for name in coming.about}
        spans, links = found
        self._keep((*coming.about, *coming.named), spans)
        self._latest: dict[str, int | None] = {}
        for name, naming, latest in links:
            self._naming[name].append(naming)
            self._latest[naming] = None if latest is None else whole(latest, naming)

    def last(self, subject: str) -> Span | None:
        if subject not in self._lasts:
            self._keep([subject], self._session.some(_last_spans(self._session), [subject]))
        last = self._lasts[subject]
        if last is None:
            return None
        since, known_from, state = last
        return Span(subject, since, known_from, decode_state(subject, state, self._log.vocabulary))

    def latest(self, subject: str) -> int | None:
        if subject not in self._latest:
            last = self.last(subject)
            self._latest[subject] = None if last is None else last.since
        return self._latest[subject]

    def spans(self, subject: str) -> Iterable[Span]:
        for since, known_from, state in self._session.some(_BELIEVED, [subject]):
            yield Span(
                subject, since, known_from, decode_state(subject, state, self._log.vocabulary)
            )

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
                    self._streams[entry.subject].append(self._decoded(entry))
        return [record for subject in subjects for record in self._streams[subject]]

    def at(self, position: int) -> Record | None:
        found = self._log.at([position]) if position <= self._upto else ()
        return self._decoded(found[0]) if found else None

    def _decoded(self, entry: Entry) -> Record:
        return decode(entry, self._log.vocabulary)

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

    def _keep(self, subjects: Iterable[str], spans: Iterable[Any]) -> None:
        """Keep the numbers of subjects that were looked up, and their last spans."""
        self.numbers.update(dict.fromkeys(subjects))
        self._lasts.update(dict.fromkeys(subjects))
        for name, number, since, known_from, state in spans:
            self.numbers[name] = number
            if state is not None:
                self._lasts[name] = whole(since, name), known_from, state


def _last_spans(session: Session) -> str:
    return _LAST.format(session.last_span("LEFT", f"subject = id AND known_until = {NEVER}"))


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
