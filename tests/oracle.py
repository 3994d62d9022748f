"""A naive oracle: a plain list of records that every question filters, sorts and folds anew.

Written from the design, not from the library; of the library it reads events, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from govledger.events import Event

Moment = str | date | datetime
"""A day or an instant."""

DECIDES = {
    "motion.submitted": "submitted",
    "motion.admitted": "admitted",
    "motion.vote-deferred": "vote-deferred",
    "motion.referred": "referred",
    "motion.adopted": "adopted",
    "motion.rejected": "rejected",
    "motion.withdrawn": "withdrawn",
    "motion.replaced": "replaced",
    "motion.rescinded": "rescinded",
}
FOLLOWS = {
    "motion.held-over": "held-over",
    "motion.completed": "completed",
    "motion.superseded": "superseded",
    "motion.reopened": "open",
}
SET_ASIDE = ("vote-deferred", "referred")
MANDATE = {
    "mandate.given": "given",
    "mandate.progressed": "in-progress",
    "mandate.fulfilled": "fulfilled",
    "mandate.partly-fulfilled": "partly-fulfilled",
    "mandate.not-fulfilled": "not-fulfilled",
    "mandate.waived": "waived",
}
BLOCKADE = {
    "blockade.imposed": "imposed",
    "blockade.lift-proposed": "lift-proposed",
    "blockade.lift-ordered": "lift-ordered",
    "blockade.lifted": "lifted",
}
PROPOSAL = {
    "proposal.made": "made",
    "proposal.accepted": "accepted",
    "proposal.rejected": "rejected",
}


class Row(NamedTuple):
    """One record of the log."""

    position: int
    recorded_at: datetime
    event: Event


class MotionWords(NamedTuple):
    """What a motion is called on its axes, and in one word."""

    status: str | None
    decision: str | None
    follow_up: str | None


Words = MotionWords | str | None
"""A motion's words; the status of a mandate, blockade or proposal; the title of a meeting."""


# --- time -------------------------------------------------------------------------------


@lru_cache(maxsize=None)
def day_start(day: date, zone: str) -> datetime:
    """The first quarter of an hour, counted in UTC, that belongs to the day in the zone."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    while moment.astimezone(ZoneInfo(zone)).date() < day:
        moment += timedelta(minutes=15)
    return moment


def day_end(day: date, zone: str) -> datetime:
    """The last microsecond of the day in the zone."""
    return day_start(day + timedelta(days=1), zone) - timedelta(microseconds=1)


def last_day(text: str) -> date:
    """The last day of a day, a month or a year."""
    match [int(part) for part in text.split("-")]:
        case [year, month, day]:
            return date(year, month, day)
        case [year, 12] | [year]:
            return date(year, 12, 31)
        case [year, month]:
            return date(year, month + 1, 1) - timedelta(days=1)
    raise AssertionError(text)


def counts_from(text: str, zone: str) -> datetime:
    """The instant from which an event of that time counts."""
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(UTC)
    return day_start(last_day(text.removeprefix("../")), zone)


def end_of(moment: Moment, zone: str) -> datetime:
    """The last instant of a day, or the instant itself."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    if isinstance(moment, date):
        return day_end(moment, zone)
    return counts_from(moment, zone) if "T" in moment else day_end(last_day(moment), zone)


# --- the book ---------------------------------------------------------------------------


def chain(position: int | None, rows: Sequence[Row]) -> list[int]:
    """A record, the one that it replaces, the one that this replaces, and so on."""
    if position is None:
        return []
    (event,) = (row.event for row in rows if row.position == position)
    return [position, *chain(event.corrects, rows)]


def takers(rows: Sequence[Row]) -> list[tuple[int, set[int]]]:
    """The records that take others back: what they retract, and all that they replace."""
    found = []
    for row in rows:
        retracted = {row.event.position} if row.event.type == "record.retracted" else set()
        if taken := retracted | set(chain(row.event.corrects, rows)):
            found.append((row.position, taken))
    return found


def withdrawn(position: int, by: list[tuple[int, set[int]]]) -> bool:
    """Whether a record that stands takes this one back."""
    return any(position in taken and not withdrawn(taker, by) for taker, taken in by)


class Oracle:
    """What the ledger should say."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.rows: list[Row] = []

    def add(self, position: int, recorded_at: datetime, event: Event) -> None:
        """Hear of a record."""
        self.rows.append(Row(position, recorded_at, event))

    def known(self, known_at: Moment | int | None) -> list[Row]:
        """The records that the ledger held."""
        if known_at is None:
            return self.rows
        if isinstance(known_at, int):
            return [row for row in self.rows if row.position <= known_at]
        limit = end_of(known_at, self.zone)
        return [row for row in self.rows if row.recorded_at <= limit]

    def standing(self, as_of: Moment, known_at: Moment | int | None = None) -> list[Row]:
        """The records that count, in the order of valid time."""
        rows, limit = self.known(known_at), end_of(as_of, self.zone)
        by = takers(rows)
        keyed = [
            # a correction keeps the place of the first record that it replaces
            (counts_from(str(row.event.on), self.zone), chain(row.position, rows)[-1], row.position)
            for row in rows
            if not withdrawn(row.position, by)
        ]
        at = {row.position: row for row in rows}
        return [at[position] for instant, _, position in sorted(keyed) if instant <= limit]

    def words(self, as_of: Moment, known_at: Moment | int | None = None) -> dict[str, Words]:
        """What every subject on record is called."""
        streams: dict[str, list[Event]] = {}
        for row in self.standing(as_of, known_at):
            if row.event.type.partition(".")[0] in FOLD:
                streams.setdefault(row.event.subject, []).append(row.event)
        return {
            subject: FOLD[subject.partition("/")[0]](events) for subject, events in streams.items()
        }

    def unfit(self, events: Sequence[Event]) -> bool:
        """Whether one of these new records would take back, or bring back, what it cannot."""
        rows = list(self.rows)
        for event in events:
            by = takers(rows)
            better = None
            if event.corrects is not None:
                if not fit(event.corrects, event, rows, by):
                    return True
                by.append((len(rows) + 1, set(chain(event.corrects, rows))))
                (old,) = (row.event for row in rows if row.position == event.corrects)
                better = old.position if old.type == "record.retracted" else None
            if event.type == "record.retracted" and event.position != event.corrects:
                if event.position != better and not fit(event.position, event, rows, by):
                    return True
            rows.append(Row(len(rows) + 1, datetime.now(UTC), event))
            by = takers(rows)
            firsts = [
                chain(row.position, rows)[-1] for row in rows if not withdrawn(row.position, by)
            ]
            if len(set(firsts)) < len(firsts):  # one fact would stand twice
                return True
        return False


def fit(position: int, event: Event, rows: list[Row], by: list[tuple[int, set[int]]]) -> bool:
    """Whether a record can be taken back: it stands, is about the same, and not the first."""
    subjects = [row.event.subject for row in rows if row.position == position > 1]
    return subjects == [event.subject] and not withdrawn(position, by)


# --- the fold ---------------------------------------------------------------------------


def motion(events: Sequence[Event]) -> MotionWords:
    """A motion, from its events in order."""
    decisions: list[str | None] = [None]
    follow_up: str | None = None
    for event in events:
        if event.type in DECIDES:
            decisions.append(DECIDES[event.type])
            follow_up = "open" if event.type == "motion.adopted" else None
        elif event.type in FOLLOWS:
            follow_up = FOLLOWS[event.type]
        elif event.type == "motion.lapsed":
            if follow_up:
                follow_up = "lapsed"
            else:
                decisions.append("lapsed")
        elif event.type == "motion.resumed":
            if decisions[-1] in SET_ASIDE:
                earlier = [decision for decision in decisions if decision not in SET_ASIDE]
                decisions.append(earlier[-1] or "submitted")
                follow_up = "open" if decisions[-1] == "adopted" else None
            elif follow_up:
                follow_up = "open"
    decision = decisions[-1]
    return MotionWords(decision if follow_up in (None, "open") else follow_up, decision, follow_up)


def mandate(events: Sequence[Event]) -> str | None:
    """A mandate, from its events in order."""
    word = condition = None
    met = False
    for event in events:
        word = MANDATE.get(event.type, word)
        met = met or event.type == "mandate.condition-met"
        if event.type == "mandate.given":
            condition = event.condition
    return "waiting" if word == "given" and condition and not met else word


def blockade(events: Sequence[Event]) -> str | None:
    """A blockade, from its events in order."""
    word = None
    for event in events:
        word = BLOCKADE.get(event.type, word)
        if event.type == "blockade.lifted" and event.replaced_by:
            word = "replaced"
    return word


def proposal(events: Sequence[Event]) -> str | None:
    """A proposal, from its events in order."""
    return PROPOSAL[events[-1].type]


def meeting(events: Sequence[Event]) -> str | None:
    """A meeting, from its events in order: the title last given."""
    return events[-1].title


FOLD = {
    "motion": motion,
    "mandate": mandate,
    "blockade": blockade,
    "proposal": proposal,
    "meeting": meeting,
}
