"""`Ledger`: open, record, ask, verify. The one mutable class of the library.

Here: what needs a clock, a store and its write lock. Not here: rules, folding, formats or
printing; each method hands over to the room where that lives.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from types import TracebackType
from typing import Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from govledger import audit, following
from govledger.codec import (
    Entry,
    decode,
    decode_any,
    decode_state,
    encode,
    entry_bytes,
    recall,
    recorded_at,
    timestamp,
)
from govledger.drafts import (
    Find,
    told,
)
from govledger.erasing import Erasure, erasures, refuse_open_texts, to_erase
from govledger.errors import (
    ClockError,
    GovledgerError,
    InvalidInput,
    Problem,
    StorageError,
    UnreadableRecord,
    did_you_mean,
    invalid,
)
from govledger.events import (
    LEDGER,
    Event,
    LedgerOpened,
    RecordRetracted,
    kind_of,
    references,
    slug_of,
    subject_name,
)
from govledger.extension import Extension, Projecting, R_co
from govledger.history import (
    Reason,
    Record,
    Regime,
    explain,
    moves_rules,
    regime,
    timeline,
)
from govledger.integrity.checkpoint import Checkpoint, Policy, parse_checkpoint, read_checkpoint
from govledger.integrity.merkle import (
    Plan,
    hashes_of,
    leaf_hash,
    plan_consistency,
    plan_inclusion,
    root_nodes,
)
from govledger.integrity.note import Note
from govledger.integrity.personal import (
    covered,
    digests_in,
    unseal,
)
from govledger.integrity.proof import Proof, prove
from govledger.integrity.tiles import ENTRIES, Tile, nodes_of, write_entries, write_hashes
from govledger.profiles import Profile, usable
from govledger.recording import Answer, Batch, Call, Newest, Sitting, call_of, new_salt, size
from govledger.register import Change, Register, changes, merged, register
from govledger.rules import (
    Breach,
    Finding,
)
from govledger.spans import BATCH, NEVER, Judged, Span
from govledger.state import Mandate, State
from govledger.storage import Reading, Selection, Store, Writing, copying
from govledger.storage.copying import Copied
from govledger.storage.places import place
from govledger.storage.sqlite import SqliteStore
from govledger.together import Together
from govledger.values import batches, count, line
from govledger.vocabulary import STANDARD, Vocabulary, missing_extensions
from govledger.when import When, datetime_of, day_of, instant_of, timezone, view_instant, zone_name

Clock = Callable[[], datetime]
"""Gives the present as an aware datetime."""

Moment = When | str | date | datetime
"""A day or an instant, as questions name it."""

Known = Moment | int
"""What is asked of: everything known by a day, an instant or a log position."""


def system_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@frozen(kw_only=True)
class Explanation:
    """Why a subject stands where it stands: its description, and the records behind it.

    `subject` is its name, `description` as of `Register.describe`, None where nothing was on
    record; `reasons` are the records, each a `Reason`; `about` explains, one level deep, the
    subjects that the deciding records name.

    >>> from govledger import Explanation, Ledger, MotionSubmitted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
    ...     explanation = ledger.why("motion/bins", as_of="2024-03-01")
    >>> isinstance(explanation, Explanation), explanation.description["title"]
    (True, 'Bigger bins')
    """

    subject: str
    description: dict[str, object] | None
    reasons: tuple[Reason, ...]
    about: tuple[tuple[str, tuple[Reason, ...]], ...] = ()


class _Held(NamedTuple):
    """What the records about the ledger say of whose rules hold, after so many of them."""

    version: int
    records: tuple[Record, ...]
    rules: Regime


class Ledger:
    """An association's ledger: an append-only log of records, and the questions asked of it.

    Open one with `Ledger.open` or `Ledger.in_memory`, and close it, or use it in a `with`
    block. `name`, `zone` and `profile` say whose it is, where its days begin, and whose
    rules hold today.

    >>> from govledger import Ledger, MotionSubmitted
    >>> with Ledger.in_memory(name="club", timezone="Europe/Amsterdam") as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
    ...     str(ledger.as_of("2024-03-01").motions["bins"].status)
    'submitted'
    >>> ledger = Ledger.in_memory(name="club", origin="example.org/club")
    >>> ledger.name, str(ledger.zone), ledger.profile.name, ledger.origin
    ('club', 'UTC', 'general@1', 'example.org/club')
    >>> ledger.opening.type, ledger.head(), ledger.today() == ledger.opening.on.day(ledger.zone)
    ('ledger.opened', 1, True)
    >>> ledger.close()
    """

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        """Take over an opened `store` whose first record opens the ledger; `clock` as in `open`."""
        self._store = store
        self._clock = clock or system_clock
        self._held: _Held | None = None
        self._together = Together(self._serve, size, BATCH)

    @cached_property
    def opening(self) -> LedgerOpened:
        """The event that opened the ledger. Raises `UnreadableRecord` where it is not one."""
        first = next(self.log(upto=1), None)
        if first is None or not isinstance(first.event, LedgerOpened):
            raise UnreadableRecord(
                Problem(
                    code="not-opened",
                    message=f"{self._store.name}: its first record does not open a ledger",
                    hint="`govledger verify` tells what changed; restore it from a backup",
                )
            )
        return first.event

    @property
    def name(self) -> str:
        """Whose ledger it is."""
        return self.opening.name

    @cached_property
    def origin(self) -> str:
        """The name of its log in checkpoints: the one it was opened with, or one of its own.

        That is made of its name and a digest of its first record.
        """
        return audit.origin_of(next(self._store.entries(upto=1)))

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where its days begin."""
        return timezone(self.opening.timezone)

    # --- opening and closing ------------------------------------------------------------

    @classmethod
    def open(
        cls,
        path_or_url: str | os.PathLike[str],
        clock: Clock | None = None,
        *,
        name: str | None = None,
        timezone: str = "UTC",
        profile: str | Profile = "general@1",
        origin: str | None = None,
        extensions: Iterable[Extension] = (),
        create: bool = True,
        read_only: bool = False,
    ) -> Self:
        """Open the ledger in a file or a database, making it where there is none.

        `path_or_url` names a file by its path, a ledger in PostgreSQL by a URL:
        `postgresql://user:password@host:port/database?ledger=vng`, a schema of its own.

        `clock` gives the present (the system's unless given) and may not run backwards.
        `name` (that of file or schema unless given), `timezone` (IANA), `profile` (the name of one
        that ships, or a `Profile`, which is written whole) and `origin` (see `origin`) are written
        into the first record of a new ledger, and mean nothing for an existing one. `extensions`
        add event types, subjects and rules; the first call that writes with them puts on record
        that the ledger is kept with them. From then on nothing can be written without them, and
        all can be read and verified. With `create=False` a missing ledger is an error;
        `read_only=True` implies it.

        Raises `StorageError` where the file is missing, no ledger, or of a newer format,
        and `InvalidInput` for an unknown time zone or profile, a profile with other rules than the
        one that ships under its name, an origin that is none, or extensions that claim the same
        names.

        >>> from govledger import Ledger
        >>> with Ledger.open("club.db", name="Tennis club", timezone="Europe/Amsterdam") as ledger:
        ...     ledger.name
        'Tennis club'
        """
        known = _knowing(extensions)
        there = place(path_or_url, known)
        if create and not read_only and there.is_free():
            called = there.title if name is None else name
            opening = _opening(clock or system_clock, called, timezone, profile, origin, known)
            return cls(there.create(opening), clock)
        return cls(there.open(read_only=read_only), clock)

    @classmethod
    def in_memory(
        cls,
        clock: Clock | None = None,
        *,
        name: str = "in memory",
        timezone: str = "UTC",
        profile: str | Profile = "general@1",
        origin: str | None = None,
        extensions: Iterable[Extension] = (),
    ) -> Self:
        """A new ledger that is gone once it is closed. Arguments as for `open`.

        >>> from govledger import Ledger
        >>> with Ledger.in_memory(profile="vng@1") as ledger:
        ...     ledger.profile.title
        'the Association of Netherlands Municipalities'
        """
        known = _knowing(extensions)
        opening = _opening(clock or system_clock, name, timezone, profile, origin, known)
        return cls(SqliteStore.in_memory(opening, known), clock)

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Ledger in {self._store.name}>"

    # --- recording ----------------------------------------------------------------------

    def record(
        self,
        *events: Event,
        key: str | None = None,
        breaches: Literal["refuse", "flag"] = "refuse",
    ) -> tuple[Record, ...]:
        """Record `events`, all or none; they are durable once this returns.

        The rules judge them inside the ledger's write lock, with the whole history of their
        subjects: a late fact may make a later record illegal, and that is a breach too.
        With `breaches="refuse"` any breach raises `RuleBreach`, which lists them all;
        with `"flag"` what happened is written and each breach is a finding from then on.

        `key`, at most 200 characters, makes the call idempotent: the same events under the
        same key are written once, and the records of the first call are returned; other events
        under it raise `KeyConflict`.

        Gives the records, in the order of the events. Raises `RuleBreach`, `KeyConflict`,
        `ClockError`, `InvalidInput`, `StorageError`, or `UnreadableRecord` where the history is
        damaged; nothing is written then.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        >>> [record.position for record in records]
        [2, 3]
        """
        return self.import_events(events, key=key, breaches=breaches)

    def import_events(
        self,
        events: Iterable[Event],
        *,
        numbers: Sequence[int] | None = None,
        earlier: Callable[[int], int | None] | None = None,
        key: str | None = None,
        breaches: Literal["refuse", "flag"] = "refuse",
    ) -> tuple[Record, ...]:
        """Record `events` that come from elsewhere; `key`, `breaches` and all else as for `record`.

        `numbers` are the positions that the events had there, each once: corrections and
        retractions among them are made to refer to the positions that their targets get here.
        Of a target that came in by an earlier call, `earlier` tells the position here, if any.

        >>> from govledger import Ledger, MotionSubmitted, RecordRetracted
        >>> events = [
        ...     MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...     RecordRetracted("motion/bins", position=40, reason="not ours", on="2024-03-02"),
        ... ]
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.import_events(events, numbers=[40, 41])
        >>> records[1].event.position
        2
        """
        try:
            call = call_of(
                events,
                self.vocabulary,
                key=key,
                breaches=breaches,
                numbers=numbers,
                earlier=earlier,
            )
        except InvalidInput as error:
            if error.problems[0].code == "unknown-kind" and (missing := self.missing):
                raise missing_extensions(missing) from None
            raise
        _ = self.zone  # read before the lock is taken
        self._store.check()
        (answer,) = self._together([call])
        if isinstance(answer, BaseException):
            raise answer
        return answer.told()

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Record many independent calls at once, each accepted or refused on its own.

        Gives a `Batch`. Calls of its `record` are collected; where the block ends they are judged
        in their order, and those that pass are written in one transaction (in several, if they hold
        more than 1,000 events). All are durable when the block has ended. If some were not
        recorded, it raises an `ExceptionGroup` of their errors then, and the others are on record
        all the same. If the block itself raises, nothing is recorded.

        Threads need none of this: calls of `record` that arrive together share a transaction.

        >>> from govledger import Ledger, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     with ledger.batch() as batch:
        ...         for slug in ("bins", "benches", "trees"):
        ...             _ = batch.record(MotionSubmitted(slug, title=slug, on="2024-03-01"))
        ...     ledger.head()
        4
        """
        batch = Batch(self.vocabulary)
        yield batch
        _ = self.zone
        self._store.check()
        answers = self._together(batch.calls)
        for pending, answer in zip(batch.pending, answers, strict=True):
            pending.answer = answer
        if errors := [answer for answer in answers if isinstance(answer, Exception)]:
            raise ExceptionGroup(
                f"{len(errors)} of {len(batch.calls)} calls were not recorded; all others were",
                errors,
            )

    def _serve(self, calls: Sequence[Call]) -> list[Answer | BaseException]:
        """Judge calls, and write those that pass, in one transaction."""
        is_begun = is_written = False
        try:
            with self._store.write() as writing:
                is_begun = True
                sitting = self._sitting(writing, calls)
                answers = [_judged(sitting, call) for call in calls]
                sitting.write()
                is_written = True
        except Exception as error:  # noqa: BLE001 - it is given to whoever waits for it
            if is_begun and not is_written and len(calls) > 1:
                # What one of them met undid the others; now each has a transaction of its own.
                return [answer for call in calls for answer in self._serve([call])]
            return [error, *(copy(error) for _ in calls[1:])]
        return answers

    def _sitting(self, writing: Writing, calls: Sequence[Call]) -> Sitting:
        return Sitting(writing, calls, self.zone, self.vocabulary, self._now, self._rules)

    def recorded_under(self, key: str) -> range:
        """The positions of the records that were written under a `key`; empty where none were.

        >>> from govledger import Ledger, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"), key="7")
        ...     ledger.recorded_under("7"), ledger.recorded_under("8")
        (range(2, 3), range(0, 0))
        """
        with self._store.read() as reading:
            return reading.positions(line(key))

    def retract(
        self,
        position: int,
        *,
        reason: str,
        on: Moment | None = None,
        key: str | None = None,
        breaches: Literal["refuse", "flag"] = "refuse",
    ) -> Record:
        """Withdraw the record at `position`: from here on it counts as never said.

        `reason` says why; `on` is the day it was found out, today unless given. Asked at a
        `known_at` before this, the old fact still stands. A retraction is a record too:
        retracting it brings the old one back. `key`, `breaches` and errors as for `record`.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     _ = ledger.retract(3, reason="read in the minutes of another club")
        ...     str(ledger.as_of("2024-03-31").motions["bins"].status)
        'submitted'
        """
        position = count(position)
        key = None if key is None else line(key)
        with self._store.read() as reading:
            held = reading.at([position])
            written = reading.keyed(key) if key is not None and on is None else []
        if on is None:
            on = decode_any(written[0], self.vocabulary).on if written else self.today()
        subject = held[0].subject if held else LEDGER
        event = RecordRetracted(subject, on=on, position=position, reason=reason)
        (record,) = self.record(event, key=key, breaches=breaches)
        return record

    def _now(self, newest: Newest) -> datetime:
        now = _aware(self._clock())
        if newest.recorded_at is not None and now < newest.recorded_at:
            raise ClockError(
                Problem(
                    code="clock-ran-back",
                    message=f"the clock says {timestamp(now)}, and record {newest.position} was"
                    f" made at {timestamp(newest.recorded_at)}",
                    hint="set the clock right; a ledger never goes back in time",
                )
            )
        return now

    # --- asking -------------------------------------------------------------------------

    @property
    def profile(self) -> Profile:
        """The profile whose rules hold today."""
        with self._store.read() as reading:
            held = self._rules_today(reading)
        return held.profile_at(instant_of(_aware(self._clock())))

    @property
    def vocabulary(self) -> Vocabulary:
        """What it knows: govledger's event types, kinds and rules, and those of its extensions.

        >>> from govledger import Extension, Ledger
        >>> with Ledger.in_memory(extensions=[Extension(name="budget@1")]) as ledger:
        ...     [extension.name for extension in ledger.vocabulary.extensions]
        ['budget@1']
        """
        return self._store.vocabulary

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of extensions that it is kept with and was not opened with.

        Their subjects are shown as they were stored, and nothing can be recorded without them.

        >>> from govledger import Extension, Ledger, MotionSubmitted
        >>> with Ledger.open("town.db", extensions=[Extension(name="budget@1")]) as ledger:
        ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
        >>> with Ledger.open("town.db") as ledger:
        ...     ledger.missing
        ('budget@1',)
        """
        with self._store.read() as reading:
            return self._missing_in(reading)

    @contextmanager
    def _telling_what_is_missing(self) -> Iterator[None]:
        """Say that it is an extension, where a record cannot be read for want of one."""
        try:
            yield
        except UnreadableRecord as error:
            if missing := self.missing:
                raise missing_extensions(missing) from error
            raise

    def _missing_in(self, reading: Reading) -> tuple[str, ...]:
        return self.vocabulary.missing(self._rules_today(reading).extensions)

    def _rules_today(self, reading: Reading) -> Regime:
        return self._rules(reading, reading.versions([LEDGER]).get(LEDGER, 0))

    def _rules(self, reading: Reading, version: int, known: int | None = None) -> Regime:
        """Whose rules hold by the books, or by what was known at a position.

        Read once for each number of records about the ledger. Raises `UnreadableRecord` where
        a profile is not known here.
        """
        held = self._held
        if held is None or held.version != version or not version:
            about = map(decode, reading.about([LEDGER]))
            records = tuple(record for record in about if moves_rules(record.event))
            held = self._held = _Held(version, records, self._rules_in(records))
        if known is None or not held.records or held.records[-1].position <= known:
            return held.rules
        return self._rules_in([r for r in held.records if r.position <= known])

    def _rules_in(self, records: Iterable[Record]) -> Regime:
        try:
            return regime(records, self.zone)
        except InvalidInput as error:  # a profile that is not known here
            raise UnreadableRecord(*error.problems) from error

    def today(self) -> date:
        """The present day in the ledger's time zone, by its clock."""
        return day_of(instant_of(_aware(self._clock())), self.zone)

    def log(
        self,
        *,
        subject: str | None = None,
        after: int = 0,
        upto: int | None = None,
        sealed: bool = False,
    ) -> Iterator[Record]:
        """The records with `after` < position <= `upto`, in the order they were made.

        With a `subject` (`kind/slug`), those about it. `sealed` leaves personal texts sealed, as
        `govledger.values.Sealed`, and seals those that stand in the log of an older format.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     [(record.position, record.type) for record in ledger.log(subject="motion/bins")]
        [(2, 'motion.submitted'), (3, 'motion.adopted')]
        """
        if subject is None:
            entries = self._store.entries(after, upto)
        else:
            with self._store.read() as reading:
                held = reading.about([self._named(subject)])
            last = held[-1].position if held and upto is None else upto or 0
            entries = (entry for entry in held if after < entry.position <= last)
        if sealed:
            return (_covered(entry, self.vocabulary) for entry in entries)
        return (record for some in batches(entries, BATCH) for record in self._shown(some))

    def follow(
        self,
        after: int | None = None,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
        sealed: bool = False,
    ) -> Iterator[Record]:
        """The records after a position (0 unless given), then each new one once it is committed.

        In order, without gaps, whoever writes them. It waits for the next until nothing new has
        come for `timeout` seconds (None: for ever; 0: not at all), or the ledger is closed, by
        another thread, too. `sealed` as for `log`.

        A `cursor` is a name under which the ledger keeps how far a follower has come: it begins
        after that, and `after` serves only where there is none of that name yet. A record counts
        as dealt with, durably, once the next one is asked for; so whoever is stopped in between
        gets that one again, and never misses one. Let one follower at a time use a name.

        A server that is away is looked for for a minute. Raises `StorageError` then, where the
        ledger cannot be written to and a cursor is given, or where it does not hold the record
        that the follower had last (`lost-record`).

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     [record.position for record in ledger.follow(cursor="site", timeout=0)]
        [1, 2, 3]
        """

        def read(after: int, upto: int) -> Iterator[Record]:
            return self.log(after=after, upto=upto, sealed=sealed)

        return following.follow(self._store, read, after, cursor, timeout)

    def cursors(self) -> dict[str, int]:
        """The cursors of followers: by name, the position of the last record dealt with.

        >>> from govledger import Ledger
        >>> with Ledger.in_memory() as ledger:
        ...     _ = list(ledger.follow(cursor="site", timeout=0))
        ...     ledger.cursors()
        {'site': 1}
        """
        with self._store.read() as reading:
            return dict(reading.cursors())

    def move_cursor(self, name: str, position: int | None) -> None:
        """Let the cursor of that `name` stand after another `position`; None forgets it.

        That holds from the follower's next start on. Raises `InvalidInput` for a position that is
        not in the log, or where there is no cursor to forget.

        >>> from govledger import Ledger
        >>> with Ledger.in_memory() as ledger:
        ...     _ = list(ledger.follow(cursor="site", timeout=0))
        ...     ledger.move_cursor("site", 0)
        ...     ledger.cursors()
        {'site': 0}
        """
        name = line(name)
        if position is None and name not in (known := self.cursors()):
            raise invalid(
                "unknown-cursor", f'no cursor is named "{name}"', did_you_mean(name, known)
            )
        to = None if position is None else self.known_at(count(position))
        with self._store.beside() as cursors:
            if to is None:
                cursors.forget(name)
            else:
                cursors.move(name, to)

    def _shown(self, entries: Sequence[Entry]) -> list[Record]:
        def find(digests: Collection[str]) -> Mapping[str, str]:
            with self._store.read() as reading:
                return reading.disclosed(digests)

        return told(entries, find, self.vocabulary)

    def entries(self, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
        """The entries with `after` < position <= `upto`: the bytes that proofs are about.

        Personal texts are sealed in them (see `log` for what they say).

        >>> from govledger import Ledger
        >>> with Ledger.in_memory() as ledger:
        ...     [(entry.position, entry.subject, entry.type) for entry in ledger.entries()]
        [(1, 'ledger/self', 'ledger.opened@2')]
        """
        return self._store.entries(after, upto)

    def subjects(self, slug: str | None = None) -> tuple[str, ...]:
        """The names of the subjects that records are about, sorted; or of those with a `slug`.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     ledger.subjects(), ledger.subjects("bins")
        (('ledger/self', 'motion/bins'), ('motion/bins',))
        """
        with self._store.read() as reading:
            if slug is None:
                return tuple(reading.subjects())
            if not self._missing_in(reading):
                kinds = self.vocabulary.kinds
                return tuple(sorted(reading.versions(f"{kind}/{slug}" for kind in kinds)))
            return tuple(name for name in reading.subjects() if slug_of(name) == slug)

    def known_at(self, known: Known | None = None) -> int:
        """The position of the last record that the ledger held at a time: `known`.

        That is a day, an instant, a position, or None, which means now. 0 where it held nothing
        yet. Raises `InvalidInput` for a position that is not in the log.

        >>> from govledger import Ledger
        >>> with Ledger.in_memory() as ledger:
        ...     ledger.known_at(), ledger.known_at("2000-01-01")
        (1, 0)
        """
        head = self._store.head()
        if known is None:
            return head
        if isinstance(known, int):
            if not 0 <= known <= head or isinstance(known, bool):
                raise invalid(
                    "unknown-position",
                    f"there is no record {known}",
                    f"positions run from 1 to {head}; 0 means: nothing known yet",
                )
            return known
        limit = datetime_of(view_instant(known, self.zone))
        low, high = 0, head
        while low < high:
            middle = (low + high + 1) // 2
            (entry,) = self._store.entries(middle - 1, middle)
            if recorded_at(entry) <= limit:
                low = middle
            else:
                high = middle - 1
        return low

    def as_of(
        self,
        when: Moment | None = None,
        known_at: Known | None = None,
        *,
        subject: str | None = None,
        kind: str | None = None,
        status: str | None = None,
        meeting: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Register:
        """The register on a day (at its end) or at an instant, `when`; today unless given.

        `known_at`, a day, an instant or a log position, leaves out what was recorded later.
        The rest narrows the register down: to one `subject` (`kind/slug`), to a `kind`
        ("motion"), to a `status` ("held-over"), to the motions of a `meeting`; at most
        `limit` subjects, of those that come `after` one. A question costs what its answer
        does, however long the log is; of what is not on record it is empty. Raises
        `InvalidInput` for a month, a year or a time that is none, for words that are no kind
        or status, and for a name to come `after` that the log does not mention.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     str(ledger.as_of("2024-03-14").motions["bins"].status)
        ...     str(ledger.as_of("2024-03-14", known_at=2).motions["bins"].status)
        ...     list(ledger.as_of("2024-03-14", kind="motion", status="rejected").motions)
        'adopted'
        'submitted'
        []
        """
        chosen = Selection(
            subject=None if subject is None else self._named(subject, kind),
            kind=None if kind is None else self._kind(kind),
            status=None if status is None else self._status(status),
            meeting=None if meeting is None else self._named(meeting, "meeting"),
            after=None if after is None else self._named(after, kind),
            limit=None if limit is None else count(limit),
        )
        instant, upto = self._instant(when), self.known_at(known_at)
        with self._store.read() as reading:
            return self._register(reading, instant, upto, chosen)

    def project(
        self,
        projection: Projecting[R_co],
        as_of: Moment | None = None,
        known_at: Known | None = None,
    ) -> R_co:
        """What a `projection` comes to on a date, such as `Projection` or one of an extension.

        `as_of` is the day or instant, `known_at` and errors as for `as_of`. Raises `InvalidInput`
        for kinds that the ledger does not know.

        >>> from govledger import Ledger, MotionSubmitted, Projection
        >>> def titles(register):
        ...     return [motion.title for motion in register.motions.values()]
        >>> asked = Projection(name="titles", kinds=("motion",), of=titles)
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
        ...     ledger.project(asked, "2024-03-01")
        ['Bigger bins']
        """
        instant, upto = self._instant(as_of), self.known_at(known_at)
        kinds = map(self.vocabulary.kind_name, projection.kinds)
        chosen = [Selection(kind=kind) for kind in kinds] or [_ALL]
        with self._store.read() as reading:
            parts = [self._register(reading, instant, upto, some) for some in chosen]
        return projection.of(merged(parts))

    def due(
        self, as_of: Moment | None = None, known_at: Known | None = None
    ) -> tuple[Mandate, ...]:
        """The mandates whose deadline is open, due or overdue, most pressing first.

        `as_of` is the day or instant, `known_at` and errors as for `as_of`.

        >>> from govledger import Ledger, MandateGiven, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...         MandateGiven(
        ...             "bins.1",
        ...             motion="bins",
        ...             task="Order the bins",
        ...             addressee="Board",
        ...             due="2024-09",
        ...             on="2024-03-14",
        ...         ),
        ...     )
        ...     [mandate.task for mandate in ledger.due("2024-10-01")]
        ['Order the bins']
        """
        return self.as_of(as_of, known_at, kind="mandate").due()

    def breaches(
        self, as_of: Moment | None = None, known_at: Known | None = None
    ) -> tuple[Breach, ...]:
        """The breaches that are on the books on a date.

        `as_of` is the day or instant, `known_at` and errors as for `as_of`.

        >>> from govledger import Ledger, MotionCompleted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionCompleted("bins", on="2024-03-14"),
        ...         breaches="flag",
        ...     )
        ...     [breach.code for breach in ledger.breaches("2024-03-14")]
        ['not-adopted']
        """
        instant, known = self._instant(as_of), self.known_at(known_at)
        with self._store.read() as reading:
            found = reading.findings(instant, known, None)
        return tuple(finding for finding in found if isinstance(finding, Breach))

    def findings(
        self, as_of: Moment | None = None, known_at: Known | None = None
    ) -> tuple[Finding, ...]:
        """All that a replay up to a date finds: breaches, and notices a reader must know.

        `as_of` is the day or instant, `known_at` and errors as for `as_of`.

        >>> from govledger import Ledger, ProposalMade
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(ProposalMade("b-1", by="Board", text="Benches", on="2024-03-14"))
        ...     [finding.code for finding in ledger.findings("2024-03-14")]
        ['no-decision']
        """
        return self.as_of(as_of, known_at).findings

    def diff(
        self, before: Moment, after: Moment, known_at: Known | None = None
    ) -> tuple[Change, ...]:
        """What differs between the registers of two dates, `before` and `after`: each a `Change`.

        `known_at` and errors as for `as_of`.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     change = ledger.diff("2024-03-13", "2024-03-14")[0]
        >>> change.field, str(change.before), str(change.after)
        ('status', 'submitted', 'adopted')
        """
        known = self.known_at(known_at)
        return changes(self.as_of(before, known), self.as_of(after, known))

    def spans(self, subject: str | None = None, known_at: Known | None = None) -> Iterator[Span]:
        """What `as_of` answers from: which state holds over which stretch, known over which.

        Of all subjects, in the order in which the log first mentions them, or of one `subject`
        (`kind/slug`); each subject's by `since`. At an instant, as known at a position, that one
        holds that was known then and begins last. `known_at` and errors as for `as_of`: what was
        recorded later is left out, and so are the ends that only that brought.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     [(str(span.state.status), span.known_from) for span in ledger.spans("motion/bins")]
        [('submitted', 2), ('adopted', 3)]
        """
        known = self.known_at(known_at)
        if subject is None:
            with self._store.read() as reading:
                names = reading.mentioned(known)
        else:
            names = [self._named(subject)]
        return (span for some in batches(names, BATCH // 2) for span in self._spans(some, known))

    def _spans(self, subjects: Sequence[str], known: int) -> Iterator[Span]:
        with self._store.read() as reading:
            rows = reading.spans(subjects, known)
            disclosed = reading.disclosed(digests_in(row[-1] for row in rows))
        for name, since, known_from, known_until, body in rows:
            state = unseal(decode_state(name, body, self.vocabulary), disclosed)
            until = known_until if known_until <= known else NEVER
            yield Span(name, since, known_from, state, until)

    def judged(self, known_at: Known | None = None) -> tuple[Judged, ...]:
        """What `findings` answers from, as far as records brought it: from when, known how long.

        By valid time. `known_at` and errors as for `spans`. Notices that come by themselves, such
        as that a deadline has passed, are not among them.

        >>> from govledger import Ledger, MotionAdopted
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(MotionAdopted("bins", on="2024-03-14"), breaches="flag")
        ...     [(judged.finding.code, judged.known_from) for judged in ledger.judged()]
        [('not-on-record', 2)]
        """
        known = self.known_at(known_at)
        with self._store.read() as reading:
            found = reading.judged(known)
        return tuple(
            judged if judged.known_until <= known else evolve(judged, known_until=NEVER)
            for judged in found
        )

    def why(
        self, subject: str, as_of: Moment | None = None, known_at: Known | None = None
    ) -> Explanation:
        """Why a `subject` (`kind/slug`) stands where it stands on a date.

        Gives the records about it, those that were withdrawn among them, each with the part it
        plays, and the records about the subjects that the deciding ones name. `as_of` is the day or
        instant, `known_at` and errors as for `as_of`.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     reasons = ledger.why("motion/bins", as_of="2024-03-14").reasons
        >>> [(reason.record.type, reason.decides) for reason in reasons]
        [('motion.submitted', False), ('motion.adopted', True)]
        """
        name = self._named(subject)
        instant, known = self._instant(as_of), self.known_at(known_at)
        with self._store.read() as reading:
            records = self._known(reading.about([name]), known, reading.disclosed)
            found = self._register(reading, instant, known, Selection(subject=name))
        reasons = explain(records, name, self.zone, instant, self.vocabulary)
        named = dict.fromkeys(
            other
            for reason in reasons
            if reason.decides
            for _, other in references(reason.record.event)
            if other != name
        )
        with self._store.read() as reading:
            about = self._known(reading.about(named), known, reading.disclosed)
        return Explanation(
            subject=name,
            description=found.describe(name),
            reasons=reasons,
            about=tuple(
                (other, explain(about, other, self.zone, instant, self.vocabulary))
                for other in named
            ),
        )

    def _known(self, entries: Iterable[Entry], known: int, find: Find) -> list[Record]:
        """The records among entries that were known at a position."""
        return told([e for e in entries if e.position <= known], find, self.vocabulary)

    def replay(self, when: Moment | None = None, known_at: Known | None = None) -> Iterator[State]:
        """The states of all subjects on a date, folded anew from the log itself.

        `as_of` answers the same from spans, which `verify` compares with a replay; this
        shows it for oneself. Subject by subject, by name; an exact end of force is left to
        whoever reads it. Arguments and errors as for `as_of`, and `UnreadableRecord` where
        the log is damaged.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     [(state.subject, str(state.status)) for state in ledger.replay("2024-03-14")]
        [('motion/bins', 'adopted')]
        """
        return self._replayed(self._instant(when), self.known_at(known_at))

    def _replayed(self, instant: int, known: int) -> Iterator[State]:
        after = ""
        while True:
            # Records never change, so each few subjects can have a transaction of their own.
            with self._store.read() as reading:
                entries = reading.streams(after)
                disclosed = reading.disclosed(digests_in(entry.body for entry in entries))
            if not entries:
                return
            after = entries[-1].subject
            for _, stream in groupby(entries, key=attrgetter("subject")):
                state = self._folded([e for e in stream if e.position <= known], instant)
                if state is not None:
                    yield unseal(state, disclosed)

    def _named(self, subject: str, kind: str | None = None) -> str:
        """The whole name of a subject, of a kind that there is."""
        name = subject_name(subject, kind)
        self._kind(kind_of(name))
        return name

    def _kind(self, kind: str) -> str:
        """A kind of subject; any, where an extension is missing that may know it."""
        known = kind in self.vocabulary.kinds or self.missing
        return kind if known else self.vocabulary.kind_name(kind)

    def _status(self, status: str) -> str:
        """A status of some kind; any, where an extension is missing that may know it."""
        try:
            return self.vocabulary.status_name(status)
        except InvalidInput:
            if self.missing:
                return status
            raise

    def _folded(self, entries: Sequence[Entry], until: int) -> State | None:
        """The state of a subject at an instant, from its entries."""
        known = self.vocabulary
        try:
            told = timeline((recall(entry, known) for entry in entries), self.zone)
            return known.fold([record.event for instant, record in told if instant <= until])
        except (AttributeError, LookupError, TypeError, ValueError):
            for entry in entries:
                decode_any(entry, known)  # which says what is wrong with it
            raise

    def _instant(self, when: Moment | None) -> int:
        return view_instant(self.today() if when is None else when, self.zone)

    def _register(self, reading: Reading, instant: int, known: int, chosen: Selection) -> Register:
        rows = reading.view(instant, known, chosen)
        version = reading.versions([LEDGER]).get(LEDGER, 0)
        subjects = None if chosen == _ALL else [name for name, _, _ in rows]
        disclosed = reading.disclosed(digests_in(state for _, _, state in rows))
        return register(
            {name: state for name, _, state in rows},
            reading.findings(instant, known, subjects),
            as_of=instant,
            known_at=known,
            zone=self.zone,
            statuses={name: status for name, status, _ in rows},
            restore=lambda subject, state: unseal(
                decode_state(subject, state, self.vocabulary), disclosed
            ),
            vocabulary=self.vocabulary,
            profile=self._rules(reading, version, known).profile_at(instant),
        )

    # --- trusting -----------------------------------------------------------------------

    def verify(
        self,
        progress: Callable[[int], None] | None = None,
        *,
        checkpoints: Iterable[Note | bytes] = (),
        policy: Policy | None = None,
        contents: bool = True,
    ) -> audit.Verification:
        """Check that the ledger agrees with itself, and with checkpoints that were kept elsewhere.

        Gives a report that is true where it does. Reads every record and compares everything
        derived from it; with `contents=False` only hashes the bytes, many times as fast. Without
        `checkpoints` (notes, or the bytes of files) the best verdict is "self-consistent": whoever
        owns the file can rewrite all of it. `policy` says whose word counts for a checkpoint;
        without one no signature is looked at. `progress` is called with the number of records read,
        now and then. Raises `InvalidInput` where a checkpoint is none.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     kept = str(ledger.checkpoint()).encode()
        ...     str(ledger.verify().verdict), str(ledger.verify(checkpoints=[kept]).verdict)
        ('self-consistent', 'extends your checkpoint')
        """
        notes = [read_checkpoint(note) if isinstance(note, bytes) else note for note in checkpoints]
        outside = audit.Outside(checkpoints=tuple(notes), policy=policy)
        try:
            with self._store.read() as reading:
                kept = reading.kept()
                if not contents:
                    return audit.verify_bytes(kept, outside, progress)
                with reading.again() as again:
                    return audit.verify(
                        kept, again, reading.checks(), outside, progress, self.vocabulary
                    )
        except StorageError as error:
            problem = error.problems[0]
            if problem.code not in ("damaged", "storage"):
                raise
            return audit.damaged(problem.message)

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """The origin, the number and the root of the first `size` records, or of all.

        It is read from the nodes of the tree, which `verify` compares with the records. Raises
        `InvalidInput` where there are fewer records.

        >>> from govledger import Ledger
        >>> with Ledger.in_memory(origin="example.org/club") as ledger:
        ...     checkpoint = ledger.checkpoint()
        >>> checkpoint.origin, checkpoint.size, len(checkpoint.root)
        ('example.org/club', 1, 32)
        """
        size = self.known_at(size)
        (root,) = self._hashes((root_nodes(size),))
        return Checkpoint(self.origin, size, root)

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """The hashes that prove that the first `new` records begin with the first `old`.

        See `integrity.merkle.verify_consistency`. Raises `InvalidInput` where there are fewer.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     len(ledger.consistency(1, 3))
        2
        """
        return self._hashes(plan_consistency(count(old), self.known_at(new)))

    def inclusion(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """The hashes that prove that a `position` is among the first `size`, or in the ledger.

        See `integrity.merkle.verify_inclusion`. Raises `InvalidInput` where it is not.

        >>> from govledger import Ledger, MotionAdopted, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     records = ledger.record(
        ...         MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"),
        ...         MotionAdopted("bins", on="2024-03-14"),
        ...     )
        ...     len(ledger.inclusion(2))
        2
        """
        position, size = count(position), self.known_at(size)
        if not 1 <= position <= size:
            raise invalid(
                "unknown-position",
                f"there is no record {position} among the first {size}",
                "positions count from 1",
            )
        return self._hashes(plan_inclusion(position - 1, size))

    def prove(self, position: int, checkpoint: Note, *, disclose: bool = False) -> Proof:
        """A bundle that shows a stranger that a record is in the tree of a signed `checkpoint`.

        `position` is that of the record. Raises `InvalidInput` where the checkpoint is not of this
        ledger as it is, or is older than the record; where the record, of an older format, holds
        personal texts that are not sealed, unless it shall `disclose` them. `StorageError` where it
        was altered.

        >>> from pathlib import Path
        >>> from govledger import Ledger, signers
        >>> from govledger.audit import verify_bundle
        >>> from govledger.integrity.note import KeyType
        >>> with Ledger.in_memory(origin="example.org/club") as ledger:
        ...     _ = signers.new_key(Path("club.key"), ledger.origin, KeyType.ED25519)
        ...     note = signers.sign(Path("club.key"), ledger.checkpoint(), ledger.consistency)
        ...     proof = ledger.prove(1, note)
        >>> str(verify_bundle(proof).verdict)
        'included in that checkpoint, for which nobody vouches'
        """
        size = self.check_checkpoint(checkpoint)
        position = count(position)
        if size < position <= self.head():
            raise invalid(
                "not-covered",
                f"record {position} came after this checkpoint of {size} records",
                "sign the ledger as it is now: `govledger checkpoint --sign`",
            )
        hashes = self.inclusion(position, size)
        (entry,) = self._store.entries(position - 1, position)
        if not disclose:
            refuse_open_texts([entry], self.vocabulary)
        if (leaf_hash(entry_bytes(entry)),) != self._hashes((((0, position - 1),),)):
            raise StorageError(
                Problem(
                    code="altered",
                    message=f"record {position} does not have the bytes that the tree was made of",
                    hint="`govledger verify` tells more; restore the ledger from a backup",
                )
            )
        return prove(position - 1, hashes, checkpoint, entry_bytes(entry))

    def check_checkpoint(self, checkpoint: Note) -> int:
        """The size of a `checkpoint` of this ledger as it is.

        Raises `InvalidInput` for any other; signatures are not looked at.

        >>> from govledger import Ledger
        >>> from govledger.integrity.checkpoint import read_checkpoint
        >>> with Ledger.in_memory() as ledger:
        ...     note = read_checkpoint(str(ledger.checkpoint()).encode())
        ...     ledger.check_checkpoint(note)
        1
        """
        kept = parse_checkpoint(checkpoint.text)
        if kept.size > self.head() or kept != self.checkpoint(kept.size):
            raise invalid(
                "foreign-checkpoint",
                f"the checkpoint is not of the first {kept.size} records of this ledger",
                "`govledger verify --checkpoint` tells more",
            )
        return kept.size

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a `tile` of the tree (see `integrity.tiles.tiles_of`).

        Raises `InvalidInput` for one that the tree does not have.

        >>> from govledger import Ledger
        >>> from govledger.integrity.tiles import tiles_of
        >>> with Ledger.in_memory() as ledger:
        ...     [len(ledger.tile(tile)) > 0 for tile in tiles_of(1)]
        [True, True]
        """
        nodes = nodes_of(tile)
        level, last = nodes[-1]
        if last >= self.head() >> level:
            raise invalid(
                "not-a-tile",
                f"the tree of {self.head()} records has no {tile}",
                "`integrity.tiles.tiles_of` tells which there are",
            )
        if tile.level == ENTRIES:
            first = nodes[0][1]
            held = self._store.entries(first, first + tile.width)
            return write_entries(tile, [entry_bytes(entry) for entry in held])
        return write_hashes(tile, self._hashes(tuple((node,) for node in nodes)))

    def _hashes(self, plan: Plan) -> tuple[bytes, ...]:
        with self._store.read() as reading:
            return hashes_of(plan, reading.nodes(node for parts in plan for node in parts))

    def erase(
        self,
        subject: str | None = None,
        *,
        name: str | None = None,
        basis: str,
        on: Moment | None = None,
    ) -> Erasure:
        """Erase personal texts, and put on record that and why; every proof stays as it was.

        Of a `subject` (`kind/slug`) all that records about it hold; of a `name` that text
        wherever it stands as a whole; of both, that text in records about the subject. `basis`
        is the legal basis, `on` the day it was asked for, today unless given. What records say
        then is a digest that tells nothing. Copies of the file keep what they have.

        Gives an `Erasure`. Raises `InvalidInput` where there is nothing to erase. It tells then,
        too, whether anything is left of what was erased before.

        >>> from govledger import Ledger, MotionSubmitted
        >>> with Ledger.in_memory() as ledger:
        ...     _ = ledger.record(MotionSubmitted("bins", title="Bins", movers="Jo", on="2024-03"))
        ...     ledger.erase(name="Jo", basis="GDPR art. 17(1)(b)").count
        ...     str(ledger.as_of("2024-03-31").motions["bins"].movers[0])
        1
        '[erased]'
        """
        about = None if subject is None else self._named(subject)
        name = None if name is None else line(name)
        if about is None and name is None:
            raise invalid("nothing-to-erase", "neither a subject nor a name is given", "give one")
        day = self.today() if on is None else on
        with self._store.write() as writing:
            digests, plain = to_erase(writing, about, name, self.vocabulary)
            events = erasures(digests, about, on=day, basis=basis)
            records: tuple[Record, ...] = ()
            if events:
                call = Call(events=events, flagged=True)
                sitting = self._sitting(writing, [call])
                records = sitting.take(call, events)
                sitting.write()
                writing.erase(digests)
        try:
            remains = self._store.purge()
        except StorageError as error:  # what is erased is erased all the same
            remains = f"bytes of what was erased may remain: {error.problems[0].message}"
        if not digests and not plain:
            raise invalid(
                "nothing-to-erase",
                "no personal text is kept of that",
                remains or "nothing is left of what was erased before, which `govledger log` tells",
            )
        return Erasure(records=records, count=len(digests), in_the_log=plain, remains=remains)

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Make everything derived from the log again, in one transaction.

        No record changes. Gives the number of records; `progress` is called with the position
        of every record read. Raises `UnreadableRecord` where one cannot be read; nothing is
        changed then.

        >>> from govledger import Ledger
        >>> with Ledger.in_memory() as ledger:
        ...     ledger.rebuild()
        1
        """
        with self._telling_what_is_missing(), self._store.write() as writing:
            return writing.rebuild(progress)

    def copy_to(
        self,
        path_or_url: str | os.PathLike[str],
        progress: Callable[[int], None] | None = None,
    ) -> Copied:
        """Copy the ledger to another file or database, or bring an earlier copy up to date.

        `path_or_url` names it as for `open`. The records come out byte for byte, with the personal
        texts that are still kept; what is derived is derived anew. It goes batch by batch: a copy
        that was interrupted is continued by the next call. Texts that were erased here since are
        erased in the copy, too. The roots of both are compared; nothing is written here. `progress`
        is called with the number of records that the copy has, now and then. Gives a `Copied`.

        Raises `StorageError` where there is something else, which is left as it is, or where
        records are not those that the tree was made of; `UnreadableRecord` where one cannot be
        read. The copy has the records before that one then, or fewer.

        >>> from govledger import Ledger
        >>> with Ledger.in_memory() as ledger:
        ...     ledger.copy_to("copy.db").size
        1
        """
        with self._telling_what_is_missing():
            return copying.copy(
                self._store, place(path_or_url, self.vocabulary), self.zone, progress
            )

    def head(self) -> int:
        """The position of the newest record."""
        return self._store.head()


def _judged(sitting: Sitting, call: Call) -> Answer | BaseException:
    """What a call comes to; whatever it meets is its own matter, if it is told as ours."""
    try:
        return sitting.record(call)
    except GovledgerError as error:
        return error


def _knowing(extensions: Iterable[Extension]) -> Vocabulary:
    given = tuple(extensions)
    return Vocabulary(given) if given else STANDARD


def _opening(
    clock: Clock,
    name: str,
    zone: str,
    profile: str | Profile,
    origin: str | None,
    known: Vocabulary,
) -> Entry:
    now = _aware(clock())
    today = day_of(instant_of(now), timezone(zone_name(zone)))
    rules = usable(known.profile(profile))
    event = LedgerOpened(on=today, name=name, timezone=zone, profile=rules, origin=origin)
    return encode(Record(position=1, version=1, recorded_at=now, event=event))


def _aware(moment: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ClockError(
            Problem(
                code="naive-clock",
                message=f"the clock gave {moment}, which is no datetime with a UTC offset",
                hint="let it return an aware datetime: datetime.now(UTC)",
            )
        )
    return moment.astimezone(UTC)


def _covered(entry: Entry, vocabulary: Vocabulary) -> Record:
    """The record of an entry, with no personal text that can be read."""
    record = decode_any(entry, vocabulary)
    event = covered(record.event, new_salt)
    return record if event is record.event else evolve(record, event=event)


_ALL = Selection()
