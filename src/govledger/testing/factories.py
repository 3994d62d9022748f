"""Factories: short, legal sequences of events for tests that are about something else.

Here: functions that give events. Not here: a counter or a memory; the name that is given is the
name that is used, so a test reads the same alone and among others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from govledger.events import (
    BlockadeImposed,
    Event,
    MandateGiven,
    MeetingConvened,
    MotionAdopted,
    MotionCompleted,
    MotionHeldOver,
    MotionRejected,
    MotionSubmitted,
    ProposalMade,
    slug_of,
)
from govledger.when import When

Day = When | str | date
"""When something happened, as events take it."""

DAY: Day = "2024-03-14"
"""When the events of a factory happen unless it is told otherwise."""

Events = tuple[Event, ...]
"""What a factory gives: events that may be recorded in this order."""


def a_meeting(slug: str, *, on: Day = DAY, **fields: Any) -> Events:
    """A meeting that is convened, called `slug`, `on` a day. `fields` as for `MeetingConvened`.

    >>> from govledger.testing import a_meeting
    >>> [event.type for event in a_meeting("agm-2024", on="2024-03-14")]
    ['meeting.convened']
    """
    return (MeetingConvened(slug, on=on, **{"title": _title(slug), **fields}),)


def a_motion(slug: str, *, on: Day = DAY, **fields: Any) -> Events:
    """A motion that is submitted, called `slug`, `on` a day. `fields` as for `MotionSubmitted`.

    A meeting that they name must be on record, or come.

    >>> from govledger.testing import a_motion
    >>> [event.type for event in a_motion("bins", title="Bigger bins")]
    ['motion.submitted']
    """
    return (MotionSubmitted(slug, on=on, **{"title": _title(slug), **fields}),)


def an_adopted_motion(
    slug: str, *, on: Day = DAY, meeting: str | None = None, **fields: Any
) -> Events:
    """A motion that is submitted and adopted on one day. `fields` as for `MotionAdopted`.

    `slug` names it, `on` is the day, `meeting` where both happen.

    >>> from govledger.testing import an_adopted_motion
    >>> [event.type for event in an_adopted_motion("bins")]
    ['motion.submitted', 'motion.adopted']
    """
    submitted = a_motion(slug, on=on, meeting=meeting)
    return (*submitted, MotionAdopted(slug, on=on, meeting=meeting, **fields))


def a_rejected_motion(
    slug: str, *, on: Day = DAY, meeting: str | None = None, **fields: Any
) -> Events:
    """A motion that is submitted and rejected on one day. `fields` as for `MotionRejected`.

    `slug` names it, `on` is the day, `meeting` where both happen.

    >>> from govledger.testing import a_rejected_motion
    >>> [event.type for event in a_rejected_motion("bins")]
    ['motion.submitted', 'motion.rejected']
    """
    submitted = a_motion(slug, on=on, meeting=meeting)
    return (*submitted, MotionRejected(slug, on=on, meeting=meeting, **fields))


def a_held_over_motion(slug: str, *, on: Day = DAY, **fields: Any) -> Events:
    """A motion that is adopted and held over on one day. `fields` as for `MotionHeldOver`.

    `slug` names it, `on` is the day.

    >>> from govledger.testing import a_held_over_motion
    >>> [event.type for event in a_held_over_motion("bins")]
    ['motion.submitted', 'motion.adopted', 'motion.held-over']
    """
    return (*an_adopted_motion(slug, on=on), MotionHeldOver(slug, on=on, **fields))


def a_completed_motion(slug: str, *, on: Day = DAY, **fields: Any) -> Events:
    """A motion that is adopted and completed on one day. `fields` as for `MotionCompleted`.

    `slug` names it, `on` is the day.

    >>> from govledger.testing import a_completed_motion
    >>> [event.type for event in a_completed_motion("bins")]
    ['motion.submitted', 'motion.adopted', 'motion.completed']
    """
    return (*an_adopted_motion(slug, on=on), MotionCompleted(slug, on=on, **fields))


def a_mandate(slug: str, *, on: Day = DAY, motion: str | None = None, **fields: Any) -> Events:
    """A mandate that is given, by an adopted motion. `fields` as for `MandateGiven`.

    `slug` names it, `on` is the day. Name a `motion` that is on record already; otherwise one is
    adopted first, whose name is that of the mandate up to its last dot, or "motion-" and that of
    the mandate.

    >>> from govledger.testing import a_mandate
    >>> [f"{event.type} {event.subject}" for event in a_mandate("bins.1")]
    ['motion.submitted motion/bins', 'motion.adopted motion/bins', 'mandate.given mandate/bins.1']
    """
    by, before = _footing(slug, on, motion)
    said = {"task": _title(slug), "addressee": "Board", **fields}
    return (*before, MandateGiven(slug, on=on, motion=by, **said))


def a_blockade(slug: str, *, on: Day = DAY, by: str | None = None, **fields: Any) -> Events:
    """A blockade that is imposed, by an adopted motion. `fields` as for `BlockadeImposed`.

    `slug` names it, `on` is the day, `by` a motion that is on record already; otherwise one is
    adopted first, as for `a_mandate`.

    >>> from govledger.testing import a_blockade
    >>> [event.type for event in a_blockade("spending")]
    ['motion.submitted', 'motion.adopted', 'blockade.imposed']
    """
    mover, before = _footing(slug, on, by)
    return (*before, BlockadeImposed(slug, on=on, by=mover, **{"scope": _title(slug), **fields}))


def a_proposal(slug: str, *, on: Day = DAY, **fields: Any) -> Events:
    """A proposal that is made, called `slug`, `on` a day. `fields` as for `ProposalMade`.

    >>> from govledger.testing import a_proposal
    >>> [event.type for event in a_proposal("board-1")]
    ['proposal.made']
    """
    return (ProposalMade(slug, on=on, **{"by": "Board", "text": _title(slug), **fields}),)


def several(factory: Callable[..., Events], count: int, slug: str = "", **fields: Any) -> Events:
    """The events of `count` subjects made by a `factory`, one after the other.

    They are called `slug`-1, `slug`-2 and so on; unless given, `slug` is the last word of the
    factory's name. `fields` go to the factory, the same each time.

    >>> from govledger.testing import a_motion, several
    >>> [event.subject for event in several(a_motion, 3)]
    ['motion/motion-1', 'motion/motion-2', 'motion/motion-3']
    """
    stem = slug or factory.__name__.rpartition("_")[2]
    return tuple(event for n in range(1, count + 1) for event in factory(f"{stem}-{n}", **fields))


def _title(slug: str) -> str:
    return (slug_of(slug) or slug).replace("-", " ").replace(".", " ").capitalize()


def _footing(slug: str, on: Day, motion: str | None) -> tuple[str, Events]:
    """The motion on which something rests, and the events that adopt it, where it is new."""
    if motion is not None:
        return motion, ()
    own = slug_of(slug) or slug
    stem = own.rpartition(".")[0] or f"motion-{own}"
    return stem, an_adopted_motion(stem, on=on)
