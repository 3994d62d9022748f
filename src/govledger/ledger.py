"""`Ledger`: open, record, ask, verify. The one mutable class of the library.

Here: what needs a clock, a store and its write lock. Not here: rules, folding, formats or
printing; each method hands over to the room where that lives.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from govledger import audit
from govledger.codec import Entry, decode, decode_state, encode, recall, recorded_at, timestamp
from govledger.errors import (
    ClockError,
    InvalidInput,
    KeyConflict,
    Problem,
    RuleBreach,
    StorageError,
    UnreadableRecord,
    invalid,
)
from govledger.events import (
    KINDS,
    LEDGER,
    VOCABULARY,
    Event,
    LedgerOpened,
    RecordRetracted,
    kind_name,
    references,
    subject_name,
)
from govledger.history import (
    Profiles,
    Reason,
    Record,
    explain,
    profile_at,
    profiles,
    timeline,
)
from govledger.register import Change, Register, changes, register
from govledger.rules import (
    Breach,
    Finding,
    Profile,
    pointed,
    profile_named,
    too_large,
    withdraws,
)
from govledger.spans import plan
from govledger.state import Mandate, State, fold, status_name
from govledger.storage import Reading, Selection, Store
from govledger.storage.sqlite import SqliteStore
from govledger.values import count, line
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

    `description` is None where nothing was on record; `about` explains, one level deep, the
    subjects that the deciding records name.
    """

    subject: str
    description: dict[str, object] | None
    reasons: tuple[Reason, ...]
    about: tuple[tuple[str, tuple[Reason, ...]], ...] = ()


class Ledger:
    """An association's ledger: an append-only log of records, and the questions asked of it.

    Open one with `Ledger.open` or `Ledger.in_memory`, and close it, or use it in a `with`
    block. `name`, `zone` and `profile` say whose it is, where its days begin, and whose
    rules hold today.

    >>> from govledger import Ledger, MotionSubmitted
    >>> with Ledger.in_memory() as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-01"))
    ...     str(ledger.as_of("2024-03-01").motions["bins"].status)
    'submitted'
    """

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        """Take over an opened store whose first record opens the ledger."""
        self._store = store
        self._clock = clock or system_clock
        self._held: tuple[int, Profiles] = (0, ())

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
        profile: str = "general@1",
        create: bool = True,
        read_only: bool = False,
    ) -> Self:
        """Open the ledger in a file, making it where there is none.

        `clock` gives the present (the system's unless given) and may not run backwards.
        `name` (the file's name unless given), `timezone` (IANA) and `profile` are written
        into the first record of a new ledger, and mean nothing for an existing one. With
        `create=False` a missing file is an error; `read_only=True` implies it.

        Raises `StorageError` where the file is missing, no ledger, or of a newer format,
        and `InvalidInput` for an unknown time zone or profile.
        """
        path = _local_path(path_or_url)
        if create and not read_only and is_free(path):
            called = path.stem if name is None else name
            opening = _opening(clock or system_clock, called, timezone, profile)
            return cls(SqliteStore.create(path, opening), clock)
        return cls(SqliteStore.open(path, read_only=read_only), clock)

    @classmethod
    def in_memory(
        cls,
        clock: Clock | None = None,
        *,
        name: str = "in memory",
        timezone: str = "UTC",
        profile: str = "general@1",
    ) -> Self:
        """A new ledger that is gone once it is closed. Arguments as for `open`."""
        opening = _opening(clock or system_clock, name, timezone, profile)
        return cls(SqliteStore.in_memory(opening), clock)

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
        """Record events, all or none; they are durable once this returns.

        The rules judge them inside the ledger's write lock, with the whole history of their
        subjects: a late fact may make a later record illegal, and that is a breach too.
        With `breaches="refuse"` any breach raises `RuleBreach`, which lists them all;
        with `"flag"` what happened is written and each breach is a finding from then on.

        `key` makes the call idempotent: the same events under the same key are written
        once, and the records of the first call are returned; other events under it raise
        `KeyConflict`.

        Raises `RuleBreach`, `KeyConflict`, `ClockError`, `InvalidInput`, `StorageError`, or
        `UnreadableRecord` where the history is damaged; nothing is written then.
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
        """Record events that come from elsewhere; otherwise like `record`.

        `numbers` are the positions that the events had there, each once: corrections and
        retractions among them are made to refer to the positions that their targets get here.
        Of a target that came in by an earlier call, `earlier` tells the position here, if any.
        """
        events = tuple(events)
        if breaches not in ("refuse", "flag"):
            raise invalid(
                "unknown-mode", f'breaches="{breaches}" is unknown', 'use "refuse" or "flag"'
            )
        for event in events:
            if type(event) not in _EVENTS:
                raise invalid(
                    "not-an-event",
                    f"{event!r} is not an event of the vocabulary",
                    "record events such as MotionAdopted(…); a base class is none",
                )
        if not events:
            raise invalid("no-events", "there is nothing to record", "give at least one event")
        key = None if key is None else line(key)
        zone = self.zone  # read before the lock is taken
        with self._store.write() as writing:
            if key is not None and (written := writing.keyed(key)):
                before = written[0].position - 1
                same = _renumbered(events, numbers, earlier, before)
                return _written_before(key, same, [decode(entry) for entry in written])
            last = writing.last()
            head = last.position if last else 0
            events = _renumbered(events, numbers, earlier, head)
            versions = writing.versions((LEDGER, *(event.subject for event in events)))
            added = _drafts(events, versions, head, self._now(last), key)
            entries, oversized = _encoded(added)
            held = self._profiles(writing, versions.get(LEDGER, 0))
            planned = plan(writing.books(added), added, zone, held=held)
            found = (*oversized, *planned.breaches)
            if breaches == "flag":
                found = tuple(breach for breach in found if breach.binding)
            if found:
                raise RuleBreach(*(pointed(breach, head) for breach in found), head=head)
            writing.append(entries, planned)
        return added

    def recorded_under(self, key: str) -> range:
        """The positions of the records that were written under a key; empty where none were."""
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
        """
        position = count(position)
        key = None if key is None else line(key)
        with self._store.read() as reading:
            held = reading.at([position])
            written = reading.keyed(key) if key is not None and on is None else []
        if on is None:
            on = decode(written[0]).on if written else self.today()
        subject = held[0].subject if held else LEDGER
        event = RecordRetracted(subject, on=on, position=position, reason=reason)
        (record,) = self.record(event, key=key, breaches=breaches)
        return record

    def _now(self, last: Entry | None) -> datetime:
        now = _aware(self._clock())
        if last is not None and now < (latest := recorded_at(last)):
            raise ClockError(
                Problem(
                    code="clock-ran-back",
                    message=f"the clock says {timestamp(now)}, and record {last.position} was"
                    f" made at {timestamp(latest)}",
                    hint="set the clock right; a ledger never goes back in time",
                )
            )
        return now

    # --- asking -------------------------------------------------------------------------

    @property
    def profile(self) -> Profile:
        """The profile whose rules hold today."""
        with self._store.read() as reading:
            held = self._profiles(reading, reading.versions([LEDGER]).get(LEDGER, 0))
        return profile_at(held, instant_of(_aware(self._clock())))

    def _profiles(self, reading: Reading, version: int) -> Profiles:
        """The profiles on the books; read once for each number of records about the ledger."""
        if self._held[0] != version or not version:
            about = map(decode, reading.about([LEDGER]))
            self._held = version, profiles(about, self.zone)
        return self._held[1]

    def today(self) -> date:
        """The present day in the ledger's time zone, by its clock."""
        return day_of(instant_of(_aware(self._clock())), self.zone)

    def log(
        self, *, subject: str | None = None, after: int = 0, upto: int | None = None
    ) -> Iterator[Record]:
        """The records with `after` < position <= `upto`, in the order they were made.

        With a `subject` (`kind/slug`), those about it.
        """
        if subject is None:
            return map(decode, self._store.entries(after, upto))
        with self._store.read() as reading:
            held = reading.about([subject_name(subject)])
        chosen = (e for e in held if e.position > after and (upto is None or e.position <= upto))
        return map(decode, chosen)

    def subjects(self, slug: str | None = None) -> tuple[str, ...]:
        """The names of the subjects that records are about, sorted; or of those with a slug."""
        with self._store.read() as reading:
            if slug is None:
                return tuple(reading.subjects())
            return tuple(sorted(reading.versions(f"{kind}/{slug}" for kind in KINDS)))

    def known_at(self, known: Known | None = None) -> int:
        """The position of the last record that the ledger held at a day, instant or position.

        None means now. 0 where it held nothing yet. Raises `InvalidInput` for a position
        that is not in the log.
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
        """The register on a day (at its end) or at an instant; today unless given.

        `known_at`, a day, an instant or a log position, leaves out what was recorded later.
        The rest narrows the register down: to one `subject` (`kind/slug`), to a `kind`
        ("motion"), to a `status` ("held-over"), to the motions of a `meeting`; at most
        `limit` subjects, of those that come `after` one. A question costs what its answer
        does, however long the log is; of what is not on record it is empty. Raises
        `InvalidInput` for a month, a year or a time that is none, for words that are no kind
        or status, and for a name to come `after` that the log does not mention.
        """
        chosen = Selection(
            subject=None if subject is None else subject_name(subject, kind),
            kind=None if kind is None else kind_name(kind),
            status=None if status is None else status_name(status),
            meeting=None if meeting is None else subject_name(meeting, "meeting"),
            after=None if after is None else subject_name(after, kind),
            limit=None if limit is None else count(limit),
        )
        instant, known = self._instant(when), self.known_at(known_at)
        with self._store.read() as reading:
            return self._register(reading, instant, known, chosen)

    def due(
        self, as_of: Moment | None = None, known_at: Known | None = None
    ) -> tuple[Mandate, ...]:
        """The mandates whose deadline is open, due or overdue, most pressing first."""
        return self.as_of(as_of, known_at, kind="mandate").due()

    def breaches(
        self, as_of: Moment | None = None, known_at: Known | None = None
    ) -> tuple[Breach, ...]:
        """The breaches that are on the books on a date. Arguments as for `as_of`."""
        instant, known = self._instant(as_of), self.known_at(known_at)
        with self._store.read() as reading:
            found = reading.findings(instant, known, None)
        return tuple(finding for finding in found if isinstance(finding, Breach))

    def findings(
        self, as_of: Moment | None = None, known_at: Known | None = None
    ) -> tuple[Finding, ...]:
        """What a replay up to a date finds: breaches, and notices a reader must know."""
        return self.as_of(as_of, known_at).findings

    def diff(
        self, before: Moment, after: Moment, known_at: Known | None = None
    ) -> tuple[Change, ...]:
        """What differs between the registers of two dates."""
        known = self.known_at(known_at)
        return changes(self.as_of(before, known), self.as_of(after, known))

    def why(
        self, subject: str, as_of: Moment | None = None, known_at: Known | None = None
    ) -> Explanation:
        """Why a subject (`kind/slug`) stands where it stands on a date.

        Gives the records about it, those that were withdrawn among them, each with the part
        it plays, and the records about the subjects that the deciding ones name.
        """
        name = subject_name(subject)
        instant, known = self._instant(as_of), self.known_at(known_at)
        with self._store.read() as reading:
            records = _known(reading.about([name]), known)
            found = self._register(reading, instant, known, Selection(subject=name))
        reasons = explain(records, name, self.zone, instant)
        named = dict.fromkeys(
            other
            for reason in reasons
            if reason.decides
            for _, other in references(reason.record.event)
            if other != name
        )
        with self._store.read() as reading:
            about = _known(reading.about(named), known)
        return Explanation(
            subject=name,
            description=found.describe(name),
            reasons=reasons,
            about=tuple((other, explain(about, other, self.zone, instant)) for other in named),
        )

    def replay(self, when: Moment | None = None, known_at: Known | None = None) -> Iterator[State]:
        """The states of all subjects on a date, folded anew from the log itself.

        `as_of` answers the same from spans, which `verify` compares with a replay; this
        shows it for oneself. Subject by subject, by name; an exact end of force is left to
        whoever reads it. Arguments and errors as for `as_of`, and `UnreadableRecord` where
        the log is damaged.
        """
        return self._replayed(self._instant(when), self.known_at(known_at))

    def _replayed(self, instant: int, known: int) -> Iterator[State]:
        after = ""
        while True:
            # Records never change, so each few subjects can have a transaction of their own.
            with self._store.read() as reading:
                entries = reading.streams(after)
            if not entries:
                return
            after = entries[-1].subject
            for _, stream in groupby(entries, key=attrgetter("subject")):
                state = _folded([e for e in stream if e.position <= known], self.zone, instant)
                if state is not None:
                    yield state

    def _instant(self, when: Moment | None) -> int:
        return view_instant(self.today() if when is None else when, self.zone)

    def _register(self, reading: Reading, instant: int, known: int, chosen: Selection) -> Register:
        rows = reading.view(instant, known, chosen)
        subjects = None if chosen == _ALL else [name for name, _, _ in rows]
        return register(
            {name: state for name, _, state in rows},
            reading.findings(instant, known, subjects),
            as_of=instant,
            known_at=known,
            zone=self.zone,
            statuses={name: status for name, status, _ in rows},
            restore=decode_state,
        )

    # --- trusting -----------------------------------------------------------------------

    def verify(self, progress: Callable[[int], None] | None = None) -> audit.Verification:
        """Check that the ledger agrees with itself; the report is true where it does.

        Reads every record and compares everything derived from it. The best verdict is
        "self-consistent": whoever owns the file can rewrite all of it. `progress` is called
        with the position of every record read.
        """
        try:
            with self._store.read() as reading, reading.again() as again:
                return audit.verify(reading.everything(), again, reading.checks(), progress)
        except StorageError as error:
            problem = error.problems[0]
            if problem.code not in ("damaged", "storage"):
                raise
            return audit.damaged(problem.message)

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Make everything derived from the log again, in one transaction.

        No record changes. Gives the number of records; `progress` is called with the position
        of every record read. Raises `UnreadableRecord` where one cannot be read; nothing is
        changed then.
        """
        with self._store.write() as writing:
            return writing.rebuild(progress)

    def head(self) -> int:
        """The position of the newest record."""
        return self._store.head()


def _local_path(path_or_url: str | os.PathLike[str]) -> Path:
    given = os.fsdecode(path_or_url)
    if "://" in given or given == ":memory:":
        raise StorageError(
            Problem(
                code="unknown-store",
                message=f'no store is known for "{given}"',
                hint="give the path of a file, or use Ledger.in_memory()",
            )
        )
    return Path(given)


def is_free(path: Path) -> bool:
    """Whether a new ledger may be made there: there is nothing, or an empty file."""
    try:
        return not path.exists() or (path.is_file() and path.stat().st_size == 0)
    except OSError:
        return False  # opening it will say what is wrong


def _opening(clock: Clock, name: str, zone: str, profile: str) -> Entry:
    now = _aware(clock())
    today = day_of(instant_of(now), timezone(zone_name(zone)))
    event = LedgerOpened(on=today, name=name, timezone=zone, profile=profile_named(profile).name)
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


def _written_before(
    key: str, events: Sequence[Event], written: Sequence[Record]
) -> tuple[Record, ...]:
    if [record.event for record in written] != list(events):
        raise KeyConflict(
            Problem(
                code="key-conflict",
                message=f'the key "{key}" was used before, from record {written[0].position} on,'
                " for events that say something else",
                hint="use a new key for new events",
            )
        )
    return tuple(written)


def _renumbered(
    events: Sequence[Event],
    numbers: Sequence[int] | None,
    earlier: Callable[[int], int | None] | None,
    head: int,
) -> Sequence[Event]:
    """Let corrections and retractions name positions of this ledger."""
    if numbers is None:
        return events
    here = {number: head + at for at, number in enumerate(numbers, start=1)}
    if len(here) != len(events):
        raise invalid(
            "numbers-and-events",
            f"{len(here)} numbers are given for {len(events)} events",
            "give every event a number of its own",
        )
    here.setdefault(1, 1)  # both ledgers are opened by their first record
    targets = {target for event in events for target in withdraws(event)} - here.keys()
    found = {target: earlier(target) for target in targets} if earlier else {}
    here |= {target: position for target, position in found.items() if position is not None}
    missing = sorted(targets - here.keys())
    if missing:
        raise invalid(
            "unknown-position",
            f"record {missing[0]} is withdrawn, and is not among the numbers",
            "give all events up to it, or withdraw it where it is",
        )
    return [_pointing(event, here) for event in events]


def _pointing(event: Event, here: Mapping[int, int]) -> Event:
    if event.corrects is not None:
        event = evolve(event, corrects=here[event.corrects])
    if isinstance(event, RecordRetracted):
        event = evolve(event, position=here[event.position])
    return event


def _drafts(
    events: Sequence[Event],
    versions: Mapping[str, int],
    head: int,
    now: datetime,
    key: str | None,
) -> tuple[Record, ...]:
    """The records that events make, numbered in the log and within their subjects."""
    newest = dict(versions)
    drafts = []
    for position, event in enumerate(events, start=head + 1):
        version = newest[event.subject] = newest.get(event.subject, 0) + 1
        drafts.append(
            Record(position=position, version=version, recorded_at=now, event=event, key=key)
        )
    return tuple(drafts)


def _encoded(records: Iterable[Record]) -> tuple[list[Entry], list[Breach]]:
    """The entries of records, and a breach for each that is too large."""
    entries: list[Entry] = []
    oversized: list[Breach] = []
    for record in records:
        try:
            entries.append(encode(record))
        except InvalidInput as error:
            (problem,) = error.problems
            oversized.append(
                too_large(record.event, record.position, problem.message, problem.hint)
            )
    return entries, oversized


def _folded(entries: Sequence[Entry], zone: ZoneInfo, until: int) -> State | None:
    """The state of a subject at an instant, from its entries."""
    try:
        told = timeline(map(recall, entries), zone)
        return fold(None, [record.event for instant, record in told if instant <= until])
    except (AttributeError, LookupError, TypeError, ValueError):
        for entry in entries:
            decode(entry)  # which says what is wrong with it
        raise


def _known(entries: Iterable[Entry], known: int) -> list[Record]:
    """The records among entries that were known at a position."""
    return [decode(entry) for entry in entries if entry.position <= known]


_ALL = Selection()
_EVENTS = frozenset(VOCABULARY)
