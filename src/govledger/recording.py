"""What becomes of calls of `Ledger.record` in one write transaction.

Here: `Call`, and `Sitting`, where calls are judged one after the other and written together. Not
here: how transactions begin and end, or which calls come together (`together`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast
from zoneinfo import ZoneInfo

from attrs import define, evolve, field, frozen

from govledger.codec import Entry, recorded_at
from govledger.drafts import (
    encoded,
    numbered,
    opened,
    refuse_to_lose,
    renumbered,
    says,
    sealed,
    told,
)
from govledger.errors import InvalidInput, KeyConflict, Problem, RuleBreach, invalid
from govledger.events import LEDGER, Event, LedgerExtended, PersonalDataErased
from govledger.history import Record, Regime
from govledger.integrity.personal import SALT_SIZE, Disclosure, from_hex
from govledger.rules import pointed
from govledger.spans import Desk
from govledger.storage import Reading, Writing
from govledger.values import line
from govledger.vocabulary import STANDARD, Vocabulary
from govledger.votes import Tally
from govledger.when import day_of, instant_of


@frozen(kw_only=True, eq=False)
class Call:
    """Events to be recorded, all or none.

    `flagged` says that they are written whatever rules they break. `numbers` and `earlier` as for
    `Ledger.import_events`.
    """

    events: Sequence[Event]
    key: str | None = None
    flagged: bool = False
    numbers: Sequence[int] | None = None
    earlier: Callable[[int], int | None] | None = None


def call_of(
    events: Iterable[Event],
    vocabulary: Vocabulary,
    *,
    key: str | None,
    breaches: str,
    numbers: Sequence[int] | None = None,
    earlier: Callable[[int], int | None] | None = None,
) -> Call:
    """A call, of what is given to `Ledger.record`. Raises `InvalidInput` where that is no call."""
    events = tuple(events)
    if breaches not in ("refuse", "flag"):
        raise invalid("unknown-mode", f'breaches="{breaches}" is unknown', 'use "refuse" or "flag"')
    for event in events:
        if type(event) not in vocabulary.classes:
            raise invalid(
                "not-an-event",
                f"{event!r} is not an event of the vocabulary",
                "record events such as MotionAdopted(…); a base class is none, and one of an"
                " extension only where the ledger was opened with that",
            )
    if problems := [problem for event in events for problem in vocabulary.problems_of(event)]:
        raise InvalidInput(*problems)
    if not events:
        raise invalid("no-events", "there is nothing to record", "give at least one event")
    return Call(
        events=tuple(map(_noted, events)),
        key=None if key is None else _key(key),
        flagged=breaches == "flag",
        numbers=numbers,
        earlier=earlier,
    )


def _noted(event: Event) -> Event:
    """An event whose tally says who was called twice: once names are sealed, nobody can tell."""
    tally = getattr(event, "tally", None)
    noted = tally.noted() if isinstance(tally, Tally) else tally
    return event if noted is tally else evolve(cast("Any", event), tally=noted)


LONGEST_KEY = 200
"""Characters that the key of a call has at most: any database can look it up."""


def _key(value: str) -> str:
    key = line(value)
    if len(key) > LONGEST_KEY:
        raise invalid(
            "long-key",
            f"a key has at most {LONGEST_KEY} characters, and this one {len(key)}",
            "use a digest of it, such as hashlib.sha256(…).hexdigest()",
        )
    return key


def size(call: Call) -> int:
    """How many events a call has."""
    return len(call.events)


class Newest(NamedTuple):
    """The newest record of a log: its position, and when it was made. None of both if empty."""

    position: int = 0
    recorded_at: datetime | None = None


@frozen
class Answer:
    """What was recorded for a call; its personal texts are still sealed."""

    records: tuple[Record, ...]
    disclosures: Sequence[Disclosure] = field(default=(), repr=False)

    def told(self) -> tuple[Record, ...]:
        """The records, as whoever made the call knows them."""
        return opened(self.records, {each.digest: each.array for each in self.disclosures})


def _not_yet() -> InvalidInput:
    return invalid(
        "not-yet",
        "the batch of this call has not ended",
        "ask after its `with` block; if that was left by an error, nothing was recorded",
    )


@define(eq=False)
class Pending:
    """A call of a batch: what it came to is known when the batch has ended.

    >>> from govledger import InvalidInput, Ledger, MotionSubmitted, Pending
    >>> with Ledger.in_memory() as ledger:
    ...     with ledger.batch() as batch:
    ...         pending = batch.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
    ...         try:
    ...             pending.records
    ...         except InvalidInput as error:
    ...             error.problems[0].code
    'not-yet'
    >>> isinstance(pending, Pending), len(pending.records)
    (True, 1)
    """

    answer: Answer | BaseException = field(init=False, factory=_not_yet, repr=False)

    @property
    def records(self) -> tuple[Record, ...]:
        """What was recorded. Raises what the call was refused for, as `Ledger.record` does."""
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer.told()


class Batch:
    """Calls that are to be recorded together: `Ledger.batch` gives one, of its `vocabulary`.

    >>> from govledger import Batch, Ledger, MotionSubmitted
    >>> with Ledger.in_memory() as ledger:
    ...     with ledger.batch() as batch:
    ...         bins = batch.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
    ...         sand = batch.record(MotionSubmitted("sand", title="Sand", on="2024-03-01"), key="7")
    >>> isinstance(batch, Batch), [record.position for record in bins.records + sand.records]
    (True, [2, 3])
    """

    def __init__(self, vocabulary: Vocabulary = STANDARD) -> None:
        self.calls: list[Call] = []
        self.pending: list[Pending] = []
        self._vocabulary = vocabulary

    def record(
        self,
        *events: Event,
        key: str | None = None,
        breaches: Literal["refuse", "flag"] = "refuse",
    ) -> Pending:
        """Add a call of `events`; `key` and `breaches` as for `Ledger.record`.

        Gives a `Pending`, which tells its records when the batch has ended. Raises `InvalidInput`
        for what is no event.
        """
        self.calls.append(call_of(events, self._vocabulary, key=key, breaches=breaches))
        self.pending.append(Pending())
        return self.pending[-1]


class Sitting:
    """Calls in one write transaction: judged each on its own, in order, and written together.

    Each call finds the books as those before it leave them; one that is refused leaves no trace.
    All that is read for them is read at once: so many calls cost little more than one.
    """

    def __init__(
        self,
        writing: Writing,
        calls: Sequence[Call],
        zone: ZoneInfo,
        vocabulary: Vocabulary,
        now: Callable[[Newest], datetime],
        rules: Callable[[Reading, int], Regime],
    ) -> None:
        """Look up what the calls need.

        `now` gives the present, or raises `ClockError`; `rules` whose rules hold by the books,
        after so many records about the ledger. Raises `UnreadableRecord` where an extension is
        missing.
        """
        self._writing = writing
        self._zone = zone
        self._now = now
        standing = writing.standing([event for call in calls for event in call.events])
        last, self._versions = standing.last, dict(standing.versions)
        self._newest = Newest(last.position, recorded_at(last)) if last else Newest()
        held = rules(writing, self._versions.get(LEDGER, 0))
        self._unused = vocabulary.unused(held.extensions)
        self._vocabulary = vocabulary
        self._is_alone = len(calls) == 1
        self._desk = Desk(standing.books, zone, vocabulary, held)
        self._written: dict[str, Sequence[Record]] = {}
        self._entries: list[Entry] = []
        self._disclosures: list[Disclosure] = []

    def record(self, call: Call) -> Answer:
        """What a call comes to; nothing is written before `write`.

        Raises `RuleBreach`, `KeyConflict`, `ClockError`, `InvalidInput` or `UnreadableRecord`;
        of that call nothing is written then.
        """
        _refuse_erasures(self._writing, call.events)
        head = self._newest.position + len(self._unused)
        if call.key is not None and (written := self._recorded_under(call.key)):
            before = written[0].position - 1
            given = renumbered(call.events, call.numbers, call.earlier, before)
            return _written_before(call.key, given, written)
        closed, disclosures = sealed(
            renumbered(call.events, call.numbers, call.earlier, head), new_salt
        )
        return Answer(self.take(call, closed, disclosures), disclosures)

    def take(
        self, call: Call, closed: Sequence[Event], disclosures: Sequence[Disclosure] = ()
    ) -> tuple[Record, ...]:
        """Judge the sealed events of a call, and put them on the books.

        What the ledger is kept with from then on comes first, where that is not on record yet.
        """
        head = self._newest.position
        now = self._now(self._newest)
        first = self._extended(now) if self._unused else ()
        versions = self._versions | {record.subject: record.version for record in first}
        added = numbered(closed, versions, head + len(first), now, call.key)
        entries, oversized = encoded((*first, *added), self._vocabulary)
        below = self._desk
        if first:  # what an extension finds in older records is not held against the call
            below = self._upon(self._desk)
            for record in first:
                below.take(record, accepted=True)
        # Of a call that comes alone nothing is kept if it is refused.
        trial = self._upon(below) if first or not self._is_alone else below
        for record in added:
            trial.take(record, accepted=False)
        found = (*oversized, *trial.breaches())
        if call.flagged:
            found = tuple(breach for breach in found if breach.binding)
        if found:
            head += len(first)
            raise RuleBreach(*(pointed(breach, head) for breach in found), head=head)
        if self._vocabulary.subjects:
            refuse_to_lose((span.state for span in trial.plan().spans), self._vocabulary)
        if trial is not below:
            below.add(trial)
        if below is not self._desk:
            self._desk.add(below)
        self._unused = ()
        self._versions.update((record.subject, record.version) for record in (*first, *added))
        self._newest = Newest(added[-1].position, now)
        self._entries += entries
        self._disclosures += disclosures
        if call.key is not None:
            self._written[call.key] = Answer(added, disclosures).told()
        return added

    def _extended(self, now: datetime) -> tuple[Record, ...]:
        """The records that say what the ledger is kept with from now on."""
        today = day_of(instant_of(now), self._zone)
        used = [LedgerExtended(extension=name, on=today) for name in self._unused]
        return numbered(used, self._versions, self._newest.position, now, None)

    def _upon(self, below: Desk) -> Desk:
        return Desk(below, self._zone, self._vocabulary, below.regime)

    def write(self) -> None:
        """Write all that was taken."""
        if self._entries:
            self._writing.append(self._entries, self._desk.plan(), self._disclosures)

    def _recorded_under(self, key: str) -> Sequence[Record]:
        if key not in self._written:
            held = self._writing.keyed(key)
            self._written[key] = told(held, self._writing.disclosed, self._vocabulary)
        return self._written[key]


def _written_before(key: str, events: Sequence[Event], written: Sequence[Record]) -> Answer:
    if len(written) != len(events) or not all(map(says, written, events)):
        raise KeyConflict(
            Problem(
                code="key-conflict",
                message=f'the key "{key}" was used before, from record {written[0].position} on,'
                " for events that say something else",
                hint="use a new key for new events",
            )
        )
    return Answer(tuple(written))


def _refuse_erasures(reading: Reading, events: Iterable[Event]) -> None:
    """Raise `InvalidInput` for a record that says that texts are erased which are kept."""
    said = {
        digest
        for event in events
        if isinstance(event, PersonalDataErased)
        for digest in map(from_hex, event.digests)
    }
    if said and reading.disclosed(said):
        raise invalid(
            "not-erased",
            "the record says that personal texts are erased, and they are kept",
            "`Ledger.erase` (govledger erase) erases them, and records it",
        )


def new_salt() -> bytes:
    """Salt for a text that is sealed; nobody can guess it."""
    return os.urandom(SALT_SIZE)
