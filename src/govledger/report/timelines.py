"""Timelines: what became of a subject, as lanes of stretches and marks by days.

Here: which lanes there are, and what is in them. Not here: drawing them (`drawing`, the terminal
of the command line, and `files/timeline.js`, which tells the same from what a page holds).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from attrs import evolve, frozen

from govledger.events import kind_of, slug_of
from govledger.history import Record
from govledger.report.contents import Contents, Held, Row
from govledger.report.days import LAST, Day, Days, number
from govledger.speaking import Speaker
from govledger.when import When


@frozen(kw_only=True)
class Stretch:
    """From a day on (`since`) up to another, `status` holds; None where no end is known.

    `text` is what to write on it. From `sure_until` on, it may have ended.
    """

    since: Day
    until: Day | None
    status: str
    text: str
    sure_until: Day | None = None


@frozen(kw_only=True)
class Mark:
    """A record or a deadline, between two days; `first` is None where it may be any earlier one.

    `kind` is "told", "late" (recorded after what came later), "taken" (back), or "due".
    """

    first: Day | None
    last: Day
    kind: str
    text: str


@frozen(kw_only=True)
class Lane:
    """What is said of one thing over time."""

    label: str
    stretches: tuple[Stretch, ...] = ()
    marks: tuple[Mark, ...] = ()


def lanes_of(contents: Contents, name: str, speaker: Speaker) -> tuple[Lane, ...]:
    """The lanes of a subject, by all that the contents hold of it; those that say nothing left out.

    A motion has its axes and its mandates, any other its status; the last lane has the records.
    """
    held = contents.named(name)
    told = tuple(_believed(held, contents.known))
    match kind_of(name):
        case "motion":
            lanes = [
                Lane(label=speaker.word("decision"), stretches=_runs(told, "decision", speaker)),
                Lane(label=speaker.word("follow_up"), stretches=_runs(told, "follow_up", speaker)),
                Lane(label=speaker.word("force"), stretches=_forces(told, speaker)),
                *(
                    _mandate(contents, mandate, slug_of(mandate.name), speaker)
                    for mandate in mandates_of(contents, held)
                ),
            ]
        case "mandate":
            lanes = [_mandate(contents, held, speaker.word("status"), speaker)]
        case _:
            lanes = [Lane(label=speaker.word("status"), stretches=_runs(told, "status", speaker))]
    records = {record.position: record for record in contents.records_of(name)}
    marks = tuple(_marks(held, records, contents.days, speaker))
    lanes.append(Lane(label=speaker.word("records").lower(), marks=marks))
    return tuple(lane for lane in lanes if lane.stretches or lane.marks)


def overview(contents: Contents, speaker: Speaker) -> tuple[Lane, ...]:
    """The status of each subject that has one, in a lane of its own."""
    lanes = (
        Lane(
            label=slug_of(held.name),
            stretches=_runs(_believed(held, contents.known), "status", speaker),
        )
        for held in contents.subjects
    )
    return tuple(lane for lane in lanes if lane.stretches)


def mandates_of(contents: Contents, motion: Held) -> Iterator[Held]:
    """The mandates that a motion gave."""
    for name in motion.named_by:
        if kind_of(name) == "mandate" and contents.holds(name):
            held = contents.named(name)
            if any(said.get("motion") == motion.name for said in _said(held, contents.known)):
                yield held


def _said(held: Held, known: int) -> Iterator[Mapping[str, Any]]:
    return (said for _, _, said, _ in _believed(held, known))


_Believed = tuple[Day, Day | None, Mapping[str, Any], Row]


def _believed(held: Held, known: int) -> Iterator[_Believed]:
    """From when to when what is said of a subject, as known at a position, and in which row."""
    rows = [row for row in held.rows if row.known_from <= known < row.known_until]
    for row, after in pairwise([*rows, None]):
        assert row is not None  # noqa: S101 - only the last of a pair can be
        until = None if after is None else after.day
        if until != row.day:
            yield row.day, until, row.phases[0][1], row


def _runs(told: Iterable[_Believed], field: str, speaker: Speaker) -> tuple[Stretch, ...]:
    """Stretches in which a field stays the same."""
    found: list[Stretch] = []
    for since, until, said, _ in told:
        status = said.get(field)
        if found and found[-1].until == since and found[-1].status == status:
            found[-1] = evolve(found[-1], until=until)
        elif status:
            text = speaker.term(str(status))
            found.append(Stretch(since=since, until=until, status=str(status), text=text))
    return tuple(found)


def _forces(told: Iterable[_Believed], speaker: Speaker) -> tuple[Stretch, ...]:
    """Where a motion is in force: until a day, at least until one, or until something happens."""
    found: list[Stretch] = []
    before: Any = None
    for since, until, said, _ in told:
        force = said.get("force")
        follows = bool(found) and before is not None
        if force is not None and follows and force == before:
            found[-1] = evolve(found[-1], until=until)
        elif force is not None:
            begins = since if follows else number(When(force["from"]).last)
            found.append(_force(begins, until, force, speaker))
        before = force
    return tuple(map(_ended, found))


def _force(since: Day, until: Day | None, force: Mapping[str, Any], speaker: Speaker) -> Stretch:
    return Stretch(
        since=since,
        until=until,
        status=str(force["kind"]),
        text=f"{speaker.term(force['kind'])} {force['until']}",
        sure_until=None if force["kind"] == "until-event" else number(When(force["until"]).last),
    )


def _ended(force: Stretch) -> Stretch:
    """Force with an exact end ends by itself; any other may have ended after its bound."""
    if force.status != "exact" or force.sure_until is None:
        return force
    end = min(force.sure_until + 1, LAST)
    until = end if force.until is None else min(end, force.until)
    return evolve(force, until=until, sure_until=None)


def _mandate(contents: Contents, mandate: Held, label: str, speaker: Speaker) -> Lane:
    """How far a mandate has come, and when its deadline passes."""
    told = tuple(_believed(mandate, contents.known))
    due = tuple(mark for one in told for mark in _due(one, speaker))
    return Lane(label=label, stretches=_runs(told, "status", speaker), marks=due[-1:])


def _due(told: _Believed, speaker: Speaker) -> Iterator[Mark]:
    _, _, said, row = told
    for day, later in row.phases:
        if later.get("deadline") == "overdue":
            text = f"{speaker.word('due')} {speaker.value(said['due'], 'due')}"
            yield Mark(first=day - 1, last=day - 1, kind="due", text=text)
            return


def _marks(
    held: Held, records: Mapping[int, Record], days: Days, speaker: Speaker
) -> Iterator[Mark]:
    if not held.tellings:
        return
    telling = held.tellings[-1]
    kinds = {told.position: "told" for told in telling.standing}
    kinds |= {told.position: "late" for told in telling.standing if told.late_from is not None}
    kinds |= {taken.position: "taken" for taken in telling.taken}
    for position, kind in kinds.items():
        record = records[position]
        first, last = days.between(record.on)
        text = f"{position}  {record.on}  {speaker.term(record.type)}"
        yield Mark(first=first, last=last, kind=kind, text=text)
