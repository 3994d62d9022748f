"""Spans: which state holds over which stretch of valid time, known over which of the log.

Here: what each new record does to the spans and findings of a ledger, so that any date is
answered without a replay. Pure: what is on the books is asked of `Books`. Not here: tables.

A fact that follows all that is known of its subject adds one span. Any other (late, a
correction, a retraction) replays the streams around it and rewrites what comes out
different. Nothing of the past is lost: what was believed until then keeps its span.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve as replace
from attrs import field, frozen

from govledger.events import (
    LEDGER,
    Event,
    LedgerExtended,
    LedgerProfileChanged,
    MeetingConvened,
    MotionSubmitted,
    kind_of,
    references,
)
from govledger.history import (
    Record,
    Regime,
    breaches_of_the_book,
    regime,
    replay,
    rests_on_stream,
    timeline,
)
from govledger.rules import Breach, Case, Finding, rule_of, withdraws
from govledger.state import State
from govledger.vocabulary import STANDARD, Vocabulary, missing_extensions

BATCH = 1_000
"""Records that are planned at a time where there are many."""

NEVER = 2**63 - 1
"""An end that is not known: the largest integer of a database."""


@frozen
class Span:
    """The `state` that a `subject` (`kind/slug`) enters at an instant, over a stretch of knowledge.

    It is known from position `known_from` on, and believed no longer from `known_until` on.
    It lasts until the next that is known: so a fact that follows all others adds one span and
    touches none. `since` is in microseconds since 1970-01-01T00:00Z; of spans with the same only
    one is believed at a time.

    >>> from govledger import Ledger, MotionRejected, MotionSubmitted, Span
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(
    ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
    ...         MotionRejected("bins", on="2024-03-14"),
    ...     )
    ...     _ = ledger.retract(3, reason="read in the minutes of another club", on="2024-04-01")
    ...     spans = list(ledger.spans("motion/bins"))
    >>> isinstance(spans[1], Span), str(spans[1].state.status)
    (True, 'rejected')
    >>> (spans[1].known_from, spans[1].known_until), spans[1].key == (spans[1].since, 3)
    ((3, 4), True)
    """

    subject: str
    since: int
    known_from: int
    state: State
    known_until: int = NEVER

    @property
    def key(self) -> tuple[int, ...]:
        """What tells it from the other spans of its subject."""
        return self.since, self.known_from


@frozen
class Judged:
    """A `finding` on a record that counts from `since`, known over a stretch of the log.

    It is known from position `known_from` on, and no longer from `known_until` on. `number` tells
    apart the findings on one record.

    >>> from govledger import Judged, Ledger, MotionAdopted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionAdopted("bins", on="2024-03-14"), breaches="flag")
    ...     (judged,) = ledger.judged()
    >>> isinstance(judged, Judged), judged.finding.position, judged.key
    (True, 2, (2, 2, 0))
    """

    finding: Finding
    since: int
    known_from: int
    number: int
    known_until: int = NEVER

    @property
    def key(self) -> tuple[int, ...]:
        """What tells it from the other findings on its subject."""
        return self.finding.position or 0, self.known_from, self.number


class Books(Protocol):
    """What is on the books, at present; all of it before the records that are planned."""

    def last(self, subject: str) -> Span | None:
        """The span of a subject that is believed and comes last."""

    def latest(self, subject: str) -> int | None:
        """From when that span holds."""

    def spans(self, subject: str) -> Iterable[Span]:
        """The spans of a subject that are believed."""

    def naming(self, subject: str) -> Iterable[str]:
        """The subjects that name this one."""

    def streams(self, subjects: Collection[str]) -> list[Record]:
        """The records about subjects; those about one of them in log order."""

    def at(self, position: int) -> Record | None:
        """The record at a position."""

    def judged(self, subject: str) -> Iterable[Judged]:
        """The findings on a subject that are believed."""

    def after(self, instant: int) -> Iterable[str]:
        """The subjects with a span that is believed and holds from the instant or later."""


@frozen
class Plan:
    """What records do to the books.

    `spans` and `judged` are new; of `ended` spans and `healed` findings only the ends are.
    `breaches` are those that the records bring and that still stand after the last of them.
    `mentioned` tells which record speaks of a subject first, in that order, `links` which name a
    subject, `begun` the first instant at which anything is known of a subject that began
    earlier than was known, and `keys` the first and the last record under an idempotency key.
    """

    spans: tuple[Span, ...] = ()
    ended: tuple[Span, ...] = ()
    judged: tuple[Judged, ...] = ()
    healed: tuple[Judged, ...] = ()
    breaches: tuple[Breach, ...] = ()
    mentioned: Mapping[str, int] = field(factory=dict)
    links: Mapping[str, frozenset[str]] = field(factory=dict)
    begun: Mapping[str, int] = field(factory=dict)
    keys: Mapping[str, tuple[int, int]] = field(factory=dict)


def plan(
    books: Books,
    added: Iterable[Record],
    zone: ZoneInfo,
    vocabulary: Vocabulary = STANDARD,
    *,
    held: Regime | None = None,
    accepted: bool = False,
) -> Plan:
    """What records, in log order, do to the books.

    Records that cannot be taken into the book at all bring a binding breach, and nothing
    else, unless they are `accepted`: in the log already. Breaches that stood before are not
    held against the new records. `held` tells whose rules hold by the books, where that is known.
    """
    desk = Desk(books, zone, vocabulary, held)
    for record in added:
        desk.take(record, accepted=accepted)
    return desk.plan()


class Desk:
    """The books with new records on top, while these are taken in one by one.

    It honours `Books`, so that another desk can be put on it, to try what comes next: that one
    is added to it, or thrown away.
    """

    def __init__(
        self, books: Books, zone: ZoneInfo, vocabulary: Vocabulary, held: Regime | None
    ) -> None:
        self._books = books
        self._zone = zone
        self._vocabulary = vocabulary
        self._breaches: list[Breach] = []
        self._records: dict[int, Record] = {}
        self._added: defaultdict[str, list[Record]] = defaultdict(list)
        self._mentioned: dict[str, int] = {}
        self._links: defaultdict[str, set[str]] = defaultdict(set)
        self._begun: dict[str, int] = {}
        self._keys: dict[str, tuple[int, int]] = {}
        self._lasts: dict[str, Span | None] = {}
        self._fresh: defaultdict[str, dict[_Key, Span]] = defaultdict(dict)
        self._ended: defaultdict[str, dict[_Key, Span]] = defaultdict(dict)
        self._judged: defaultdict[str, dict[_Key, Judged]] = defaultdict(dict)
        self._healed: defaultdict[str, dict[_Key, Judged]] = defaultdict(dict)
        self.regime = held and self._whole(held)

    def plan(self) -> Plan:
        """What the records that were taken in do to the books below."""
        return Plan(
            spans=_all(self._fresh),
            ended=_all(self._ended),
            judged=_all(self._judged),
            healed=_all(self._healed),
            breaches=self.breaches(),
            mentioned=self._mentioned,
            links={named: frozenset(naming) for named, naming in self._links.items()},
            begun=self._begun,
            keys=self._keys,
        )

    def breaches(self) -> tuple[Breach, ...]:
        """Those that the records that were taken in bring, and that still stand."""
        return (*self._breaches, *self._broken())

    def add(self, later: Desk) -> None:
        """Take over all that was taken in on a desk whose books are this one."""
        self._breaches += later._breaches
        self._records |= later._records
        self._lasts |= later._lasts
        self._keys |= later._keys
        self.regime = later.regime
        for subject, instant in later._begun.items():
            self._begin(subject, instant)
        for name, position in later._mentioned.items():
            self._mentioned.setdefault(name, position)
        for name, records in later._added.items():
            self._added[name] += records
        for name, naming in later._links.items():
            self._links[name] |= naming
        _add(self._fresh, self._ended, later._fresh, later._ended)
        _add(self._judged, self._healed, later._judged, later._healed)

    def _broken(self) -> Iterator[Breach]:
        """The breaches that are new and still stand; one that is only worded anew is not."""
        if not self._judged:
            return
        stood = [judged.finding for judged in _all(self._healed)]
        known = Counter((rule_of(finding.code), finding.position) for finding in stood)
        stand = [judged for judged in _all(self._judged) if judged.known_until == NEVER]
        for judged in sorted(stand, key=lambda j: (j.since, j.key)):
            finding = judged.finding
            rule = rule_of(finding.code), finding.position
            if isinstance(finding, Breach) and not known[rule]:
                yield finding
            elif known[rule]:
                known[rule] -= 1

    # --- the books, with what was taken in: see `Books` -------------------------------------

    def streams(self, subjects: Collection[str]) -> list[Record]:
        added = (record for subject in subjects for record in self._added.get(subject, ()))
        return [*self._books.streams(subjects), *added]

    def at(self, position: int) -> Record | None:
        return self._records.get(position) or self._books.at(position)

    def naming(self, subject: str) -> set[str]:
        return {*self._books.naming(subject), *self._links.get(subject, ())}

    def last(self, subject: str) -> Span | None:
        if subject not in self._lasts:
            self._lasts[subject] = self._books.last(subject)
        return self._lasts[subject]

    def latest(self, subject: str) -> int | None:
        if subject not in self._lasts:
            return self._books.latest(subject)
        last = self._lasts[subject]
        return None if last is None else last.since

    def spans(self, subject: str) -> list[Span]:
        held = {span.key: span for span in self._books.spans(subject)}
        held |= self._ended.get(subject, {})
        held |= self._fresh.get(subject, {})
        believed = (span for span in held.values() if span.known_until == NEVER)
        return sorted(believed, key=_since)

    def judged(self, subject: str) -> list[Judged]:
        held = {judged.key: judged for judged in self._books.judged(subject)}
        held |= self._healed.get(subject, {})
        held |= self._judged.get(subject, {})
        return [judged for judged in held.values() if judged.known_until == NEVER]

    def after(self, instant: int) -> set[str]:
        touched = {subject for subject in self._lasts if self._rests_on(instant - 1, subject)}
        return touched | set(self._books.after(instant))

    def _state(self, subject: str, instant: int) -> State | None:
        last = self.last(subject)
        if last is None or last.since <= instant:
            return None if last is None else last.state
        spans = self.spans(subject)
        before = bisect_right(spans, instant, key=_since)
        return spans[before - 1].state if before else None

    def _rules(self) -> Regime:
        if self.regime is None:
            self.regime = self._whole(regime(self.streams([LEDGER]), self._zone))
        return self.regime

    def _whole(self, rules: Regime) -> Regime:
        """Rules that are all here; raises `UnreadableRecord` where an extension is not."""
        if missing := self._vocabulary.missing(rules.extensions):
            raise missing_extensions(missing)
        return rules

    # --- taking a record in -----------------------------------------------------------------

    def take(self, record: Record, *, accepted: bool) -> None:
        """Take in a record: the books are as they would be if it were the last."""
        subject = record.subject
        self._records[record.position] = record
        if not accepted and (unfit := list(self._unfit(record))):
            self._breaches += unfit
            return
        instant = record.on.counts_from(self._zone)
        last = self.last(subject)
        comes_last = self._comes_last(record, instant, last)
        self._added[subject].append(record)
        self._mentioned.setdefault(subject, record.position)
        for _, named in references(record.event):
            self._mentioned.setdefault(named, record.position)
            self._links[named].add(subject)
        if record.key is not None:
            first, _ = self._keys.get(record.key, (record.position, 0))
            self._keys[record.key] = first, record.position
        if subject == LEDGER:
            self.regime = None
        if comes_last:
            self._go_on(record, instant, last)
        else:
            self._retell(record)

    def _unfit(self, record: Record) -> Iterator[Breach]:
        stream = self.streams([record.subject]) if rests_on_stream(record.event) else ()
        given = [extension.name for extension in self._vocabulary.extensions]
        return breaches_of_the_book(record, stream, self.at, given)

    def _comes_last(self, record: Record, instant: int, last: Span | None) -> bool:
        """Whether nothing that is known already rests on what a record says."""
        event = record.event
        if withdraws(event) or isinstance(event, LedgerProfileChanged):
            return False
        if isinstance(event, LedgerExtended):
            return not self._vocabulary.changes_what_stands(event, self._rules().extensions)
        if not self._vocabulary.tells(event):
            return True
        if last is not None and last.since > instant:
            return False
        naming = self.naming(record.subject)
        if last is None and naming and isinstance(event, MeetingConvened):
            return False  # from now on it is known to come
        return not any(self._rests_on(instant, other) for other in naming)

    def _rests_on(self, instant: int, subject: str) -> bool:
        """Whether anything is known of a subject after an instant."""
        latest = self.latest(subject)
        return latest is not None and latest > instant

    def _go_on(self, record: Record, instant: int, last: Span | None) -> None:
        """Take in a record that comes last."""
        event, position = record.event, record.position
        before = None if last is None else last.state
        world = partial(self._state, instant=instant)
        rules = self._rules()
        profile = rules.profile_at(instant)
        case = Case(event, position, before, world, self._coming(event), profile)
        for number, finding in enumerate(self._vocabulary.judge(case, rules.extensions)):
            self._find(Judged(finding, instant, position, number))
        after = self._vocabulary.evolve(before, event)
        if after is None or not self._vocabulary.tells(event):
            return
        if last is None:
            self._begin(record.subject, instant)
        elif last.since == instant:
            self._end(last, position)
        self._write(Span(record.subject, instant, position, after))

    def _coming(self, event: Event) -> tuple[str, ...]:
        """The meetings that an event names and that are known to be convened, whenever."""
        if not isinstance(event, MotionSubmitted):
            return ()
        return tuple(name for _, name in references(event) if self.last(name) is not None)

    # --- telling it anew --------------------------------------------------------------------

    def _retell(self, record: Record) -> None:
        """Take in a record on which things rest that are known already: replay them."""
        subject, position = record.subject, record.position
        *before, _ = stream = self.streams([subject])
        told = timeline(stream, self._zone)
        earliest = _earliest(timeline(before, self._zone), told)
        if subject == LEDGER:
            # The rules of an extension have no day from which they hold.
            others = self.after(-NEVER if isinstance(record.event, LedgerExtended) else earliest)
        else:
            always = kind_of(subject) == "meeting"
            naming = self.naming(subject)
            others = {x for x in naming if always or self._rests_on(earliest - 1, x)}
            self._respan(subject, position, told)
        self._rejudge({subject, *others}, position)

    def _respan(self, subject: str, position: int, told: Sequence[tuple[int, Record]]) -> None:
        """Rewrite the spans of a subject that come out different."""
        states: dict[int, State] = {}
        state: State | None = None
        for instant, record in told:
            if self._vocabulary.tells(record.event):
                state = self._vocabulary.evolve(state, record.event)
                assert state is not None  # noqa: S101 - such an event says something of it
                states[instant] = state
        if states:
            self._begin(subject, min(states))
        held = {span.since: span for span in self.spans(subject)}
        for since, after in states.items():
            span = held.get(since)
            if span is not None and span.state == after:
                del held[since]
            else:
                self._write(Span(subject, since, position, after))
        for span in held.values():
            self._end(span, position)
        believed = self.spans(subject)
        self._lasts[subject] = believed[-1] if believed else None

    def _rejudge(self, subjects: set[str], position: int) -> None:
        """Rewrite the findings on subjects that come out different."""
        records = self.streams({*subjects, LEDGER})
        named = {name for record in records for _, name in references(record.event)}
        records += self.streams(named - subjects - {LEDGER})
        since = {record.position: record.on.counts_from(self._zone) for record in records}
        believed = (judged for subject in subjects for judged in self.judged(subject))
        held = {(judged.finding, judged.number): judged for judged in believed}
        found: Counter[int] = Counter()
        replayed = replay(records, self._zone, vocabulary=self._vocabulary)
        for finding in replayed.findings:
            if finding.subject in subjects and finding.position is not None:
                number = found[finding.position]
                found[finding.position] += 1
                if held.pop((finding, number), None) is None:
                    self._find(Judged(finding, since[finding.position], position, number))
        for judged in held.values():
            self._heal(judged, position)

    # --- writing it down --------------------------------------------------------------------

    def _write(self, span: Span) -> None:
        self._fresh[span.subject][span.key] = span
        self._lasts[span.subject] = span

    def _begin(self, subject: str, instant: int) -> None:
        self._begun[subject] = min(instant, self._begun.get(subject, instant))

    def _end(self, span: Span, position: int) -> None:
        table = self._fresh if span.key in self._fresh.get(span.subject, ()) else self._ended
        table[span.subject][span.key] = replace(span, known_until=position)

    def _find(self, judged: Judged) -> None:
        self._judged[judged.finding.subject][judged.key] = judged

    def _heal(self, judged: Judged, position: int) -> None:
        subject = judged.finding.subject
        table = self._judged if judged.key in self._judged.get(subject, ()) else self._healed
        table[subject][judged.key] = replace(judged, known_until=position)


_Key = tuple[int, ...]
_T = TypeVar("_T")
_Table = defaultdict[str, dict[_Key, _T]]
_since = attrgetter("since")


def _all(table: Mapping[str, Mapping[_Key, _T]]) -> tuple[_T, ...]:
    return tuple(value for rows in table.values() for value in rows.values())


def _add(
    new: _Table[_T], ended: _Table[_T], later_new: _Table[_T], later_ended: _Table[_T]
) -> None:
    """Add what a later desk has; where it ended what was new here, that is new, and ended."""
    for subject, rows in later_new.items():
        new[subject] |= rows
    for subject, rows in later_ended.items():
        fresh = new.get(subject, {})
        for key, row in rows.items():
            (fresh if key in fresh else ended[subject])[key] = row


def _earliest(before: Iterable[tuple[int, Record]], after: Iterable[tuple[int, Record]]) -> int:
    """The first instant at which two tellings of the same differ; never, where they do not."""
    changed = {(i, r.position) for i, r in before} ^ {(i, r.position) for i, r in after}
    return min((instant for instant, _ in changed), default=NEVER)
