"""The vocabulary: every event an association's ledger knows, frozen, named for ever.

Here: the event classes, the values only they use, and how subjects are named. Not here:
what an event does to a state (`state`), when it is legal (`rules`), its bytes (`codec`).

A type name (`motion.adopted`) is part of every ledger written: it never changes. What is written
under a version never changes either: even one more field makes a new version, with an upcaster.
Under the old one, whoever does not know the field would take the record for a damaged one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, ClassVar, cast

import attrs
from attrs import field, frozen
from attrs.converters import optional

from govledger.errors import InvalidInput, brief, invalid
from govledger.profiles import Named, named
from govledger.source import Source, source
from govledger.values import (
    PERSONAL,
    count,
    digest,
    digests,
    flag,
    line,
    one_of,
    origin,
    personal,
    personals,
    several,
    structure,
    text,
    texts,
)
from govledger.votes import Tally, packed, tally
from govledger.when import When, when, zone_name

# --- subjects ---------------------------------------------------------------------------

LEDGER = "ledger/self"
"""The subject of what is said of the ledger itself."""

KINDS = (
    "motion",
    "mandate",
    "blockade",
    "proposal",
    "meeting",
    "response",
    "agreement",
    "statement",
    "ledger",
)
"""Our kinds of subject, as they stand before the slash; extensions add theirs."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


def subject_name(value: str, kind: str | None = None) -> str:
    """The name `kind/slug` that `value` says: as a whole, or by the slug alone of that `kind`.

    Slugs match `[a-z0-9][a-z0-9.-]*`, at most 100 characters. Whether there is such a kind the
    ledger's vocabulary knows. Raises `InvalidInput` for any other name, or one of another kind.

    >>> from govledger.fields import subject_name
    >>> subject_name("roof", "budget"), subject_name("motion/rob-ii")
    ('budget/roof', 'motion/rob-ii')
    """
    if not isinstance(value, str):
        raise invalid("not-a-subject", f"{brief(value)} does not name a subject", _SUBJECT_FORM)
    return _subject_name(value, kind)


@lru_cache(maxsize=4_096)
def _subject_name(value: str, kind: str | None) -> str:
    given, slash, slug = value.partition("/")
    if not slash:
        given, slug = kind or "", value
    if _KIND.fullmatch(given) is None or _SLUG.fullmatch(slug) is None:
        raise invalid("not-a-subject", f"{brief(value)} does not name a subject", _SUBJECT_FORM)
    if kind is not None and given != kind:
        raise invalid(
            "wrong-kind",
            f'"{value}" is a {given}, and a {kind} is wanted here',
            f"name a {kind}, {kind}/…, or take an event that is about a {given}",
        )
    if given == "ledger" and slug != "self":
        raise invalid("not-a-subject", f"{brief(value)} is no ledger", f"write {LEDGER}")
    return f"{given}/{slug}"


_SUBJECT_FORM = "name it kind/slug, the slug in lower case: motion/rob-ii, mandate/rob-ii.2"


def kind_of(subject: str) -> str:
    """The part of a subject's name before the slash."""
    return subject.partition("/")[0]


def slug_of(subject: str) -> str:
    """The part of a subject's name after the slash."""
    return subject.partition("/")[2]


def versioned(value: str) -> str:
    """A name with a version, as extensions have one: `budget@1`. Raises `InvalidInput`."""
    name = line(value)
    if _VERSIONED.fullmatch(name) is None:
        raise invalid(
            "not-a-version",
            f"{brief(name)} is not a name with a version",
            "write it in lower case, with the version behind: budget@1",
        )
    return name


def unversioned(name: str) -> str:
    """Such a name without its version.

    >>> unversioned("budget@1")
    'budget'
    """
    return name.partition("@")[0]


_VERSIONED = re.compile(r"[a-z][a-z0-9-]{0,39}@[1-9][0-9]{0,8}", re.ASCII)

REFERENCE = {"reference": True}
"""Metadata of a field that names other subjects, which must be on record by then.

>>> from attrs import field, fields, frozen
>>> from govledger import Event
>>> from govledger.fields import REFERENCE, motion
>>> @frozen(kw_only=True, slots=False)
... class BudgetProposed(Event):
...     motion: str = field(converter=motion, metadata=REFERENCE)
>>> fields(BudgetProposed).motion.metadata == REFERENCE
True
"""


def motion(value: str) -> str:
    """The name of a motion: `value`, or the motion of that slug. Errors as for `subject_name`.

    >>> from govledger.fields import motion
    >>> motion("bins")
    'motion/bins'
    """
    return subject_name(value, "motion")


def meeting(value: str) -> str:
    """The name of a meeting: `value`, or the meeting of that slug. Errors as for `subject_name`.

    >>> from govledger.fields import meeting
    >>> meeting("agm-2024")
    'meeting/agm-2024'
    """
    return subject_name(value, "meeting")


def proposal(value: str) -> str:
    """The name of a subject; of a proposal where only the slug is given."""
    return subject_name(value, None if "/" in str(value) else "proposal")


def mover(value: str) -> str:
    """The name of a subject; of a motion where only the slug is given."""
    return subject_name(value, None if "/" in str(value) else "motion")


def _mandate(value: str) -> str:
    return subject_name(value, "mandate")


def _blockade(value: str) -> str:
    return subject_name(value, "blockade")


def _proposal(value: str) -> str:
    return subject_name(value, "proposal")


def _response(value: str) -> str:
    return subject_name(value, "response")


def _agreement(value: str) -> str:
    return subject_name(value, "agreement")


def _statement(value: str) -> str:
    return subject_name(value, "statement")


def _ledger(value: str) -> str:
    return subject_name(value, "ledger")


def subjects(value: str | Iterable[str]) -> tuple[str, ...]:
    """The names of subjects of any kind that `value` holds; a single one stands for itself.

    Errors as for `subject_name`.

    >>> from govledger.fields import subjects
    >>> subjects(["motion/bins", "meeting/agm-2024"])
    ('motion/bins', 'meeting/agm-2024')
    """
    return several(value, subject_name)


# --- values of the vocabulary -----------------------------------------------------------


class UntilKind(StrEnum):
    """How the end of a validity is known. Only `exact` ever ends by itself.

    >>> from govledger import UntilKind
    >>> UntilKind("at-least") is UntilKind.AT_LEAST
    True
    """

    EXACT = "exact"
    AT_LEAST = "at-least"
    UNTIL_EVENT = "until-event"


def _until_kind(value: str) -> UntilKind:
    return one_of(UntilKind, value, "unknown-until", "a kind of end")


@frozen(kw_only=True)
class Until:
    """The end of a validity: `exact` or `at-least` a time, or `until-event` in words.

    `kind` is an `UntilKind`, `when` the time, `event` the words; one of the two is given. Raises
    `InvalidInput` otherwise.

    >>> from govledger import Until
    >>> str(Until(kind="at-least", when="2019-06-05"))
    '2019-06-05'
    """

    kind: UntilKind = field(converter=_until_kind)
    when: When | None = field(default=None, converter=optional(when))
    event: str | None = field(default=None, converter=optional(line))

    def __attrs_post_init__(self) -> None:
        wants_event = self.kind is UntilKind.UNTIL_EVENT
        wanted, other = ("event", "when") if wants_event else ("when", "event")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise invalid(
                "half-an-until",
                f'an end of kind "{self.kind}" takes "{wanted}" alone',
                "write {kind: exact, when: 2019-06-05}, {kind: at-least, when: 2019-06-05} "
                "or {kind: until-event, event: the new budget}",
                "kind" if getattr(self, other) is None else other,
            )

    def __str__(self) -> str:
        return str(self.event if self.when is None else self.when)


def until(value: Until | Mapping[str, object]) -> Until:
    """The `Until` of a `value`: one, or a mapping of its fields. Errors as for `Until`.

    >>> from govledger.fields import until
    >>> str(until({"kind": "until-event", "event": "the new budget"}))
    'the new budget'
    """
    return structure(Until, value)


@frozen(kw_only=True)
class Due:
    """A deadline: `by` a time (inclusive), `before` a time (exclusive), an `event` in words.

    An event may stand beside a time; the ledger cannot tell when it happens, so only times
    ever make a mandate overdue. Raises `InvalidInput` for both times, or nothing at all.

    >>> from govledger import Due
    >>> str(Due(before="2019-06-05", event="ahead of the budget"))
    'before 2019-06-05; ahead of the budget'
    """

    by: When | None = field(default=None, converter=optional(when))
    before: When | None = field(default=None, converter=optional(when))
    event: str | None = field(default=None, converter=optional(line))

    def __attrs_post_init__(self) -> None:
        if self.by is not None and self.before is not None:
            raise invalid(
                "two-deadlines", "a deadline is either by or before a time", _DUE_FORM, "before"
            )
        if (self.by, self.before, self.event) == (None, None, None):
            raise invalid("empty-deadline", "the deadline says nothing", _DUE_FORM)
        for edge in (self.by, self.before):
            if edge is not None and edge.upto:
                raise invalid("not-a-deadline", f'"{edge}" has no beginning', _DUE_FORM)

    def __str__(self) -> str:
        edge = self.by or (f"before {self.before}" if self.before else None)
        return "; ".join(str(part) for part in (edge, self.event) if part)


_DUE_FORM = (
    "write 2019-02, {before: 2019-06-05}, {event: two weeks after the assembly} "
    "or {by: 2019-02, event: before the budget}"
)


_TIME_BEGINS = tuple("0123456789.")


def due(value: Due | When | str | date | Mapping[str, object]) -> Due:
    """The `Due` of a `value`: one, a time, a text, or a mapping of its fields.

    Text that begins like a time is one, and "before 2019-06-05" is understood too, as `str()`
    writes it; other text is an event. Raises `InvalidInput` as `Due` does.

    >>> from govledger.fields import due
    >>> due("before 2019-06-05").before, due("two weeks after the assembly").event
    (When(text='2019-06-05'), 'two weeks after the assembly')
    """
    if isinstance(value, str) and value.startswith("before "):
        edge = value.removeprefix("before ")
        return Due(before=edge) if edge.startswith(_TIME_BEGINS) else Due(event=value)
    if isinstance(value, When | date) or (
        isinstance(value, str) and value.startswith(_TIME_BEGINS)
    ):
        try:
            return Due(by=value)
        except InvalidInput as error:
            raise invalid(error.problems[0].code, error.problems[0].message, _DUE_FORM) from None
    if isinstance(value, str):
        return Due(event=value)
    return structure(Due, value)


# --- versions ---------------------------------------------------------------------------

Fields = dict[str, Any]
"""The fields of an event as JSON: those of its type beside those that every event has."""

Upcaster = Callable[[Fields], Fields]
"""Turns the fields of one version of an event type into those of the next. It is given a mapping
that it may keep, and raises `ValueError` for what cannot be of that version."""


def unchanged(fields: Fields) -> Fields:
    """The upcaster to a version that may say more, and says nothing otherwise.

    >>> unchanged({"profile": "vng@1"})
    {'profile': 'vng@1'}
    """
    return fields


def _in_columns(data: Fields) -> Fields:
    """The fields of a vote with its roll call packed, as they are stored."""
    tally = data.get("tally")
    if not tally or not tally.get("roll_call"):
        return data
    return data | {"tally": tally | {"roll_call": packed(tally["roll_call"])}}


_SINCE_2 = frozenset({"called_twice"})
"""What a tally has since version 2 of the events that hold one."""


def _second(fields: Fields) -> Fields:
    """Version 2 of a vote, from version 1: there, roll calls are told member by member."""
    tally = fields.get("tally", {})
    if (
        "majority" in fields
        or not _SINCE_2.isdisjoint(tally)
        or not isinstance(tally.get("roll_call", []), list)
    ):
        raise ValueError("version 1 says nothing like that")
    return _in_columns(fields)


# --- the events -------------------------------------------------------------------------


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class Event:
    """What every event states.

    `subject` is what it is about (`motion/rob-ii`, or the slug alone), `on` when it happened
    in the association, `source` where that was read, `note` a remark, `corrects` the
    position of the record it replaces, `recorded_by` who wrote it down. `upcasters` of a type lead
    from its version 1 to 2, from 2 to 3, and so on, up to the one that is written today.

    Every class of events below this one takes these too, all but `subject` by their names, and
    raises `InvalidInput` for a value that will not do. Events are frozen, and equal where they say
    the same.

    >>> from govledger import Event, MotionWithdrawn
    >>> said = MotionWithdrawn("bins", on="2024-03-14", source={"document": "minutes"})
    >>> isinstance(said, Event), said.type, said.kind, said.subject
    (True, 'motion.withdrawn', 'motion', 'motion/bins')
    """

    type: ClassVar[str]
    kind: ClassVar[str | None] = None
    upcasters: ClassVar[tuple[Upcaster, ...]] = ()
    """How to get from version 1 of the type to 2, from 2 to 3, and so on."""

    subject: str = field(converter=subject_name, kw_only=False)
    on: When = field(converter=when)
    source: Source | None = field(default=None, converter=optional(source))
    note: str | None = field(default=None, converter=optional(text))
    corrects: int | None = field(default=None, converter=optional(count))
    recorded_by: str | None = field(default=None, converter=optional(personal), metadata=PERSONAL)

    # Said once for all of them: attrs would make them anew for forty classes at every import.

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.subject, self.on))

    def __repr__(self) -> str:
        said = (f"{f.name}={getattr(self, f.name)!r}" for f in attrs.fields(type(self)))
        return f"{type(self).__name__}({', '.join(said)})"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionEvent(Event):
    """What is said of a motion."""

    kind = "motion"
    subject: str = field(converter=motion, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandateEvent(Event):
    """What is said of a mandate."""

    kind = "mandate"
    subject: str = field(converter=_mandate, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class BlockadeEvent(Event):
    """What is said of a blockade."""

    kind = "blockade"
    subject: str = field(converter=_blockade, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ProposalEvent(Event):
    """What is said of a proposal."""

    kind = "proposal"
    subject: str = field(converter=_proposal, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MeetingEvent(Event):
    """What is said of a meeting."""

    kind = "meeting"
    subject: str = field(converter=meeting, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ResponseEvent(Event):
    """What is said of a response."""

    kind = "response"
    subject: str = field(converter=_response, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class AgreementEvent(Event):
    """What is said of an agreement."""

    kind = "agreement"
    subject: str = field(converter=_agreement, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class StatementEvent(Event):
    """What is said of a statement."""

    kind = "statement"
    subject: str = field(converter=_statement, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class LedgerEvent(Event):
    """What is said of the ledger itself."""

    kind = "ledger"
    subject: str = field(default=LEDGER, converter=_ledger, kw_only=False)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class LedgerOpened(LedgerEvent):
    """The ledger begins: whose it is, where its days begin, whose rules hold.

    `name` is whose it is, `timezone` an IANA name, `profile` the name and version of one, `origin`
    the name of its log in checkpoints. `Ledger.open` records it; nobody else can.

    >>> from govledger import LedgerOpened
    >>> opened = LedgerOpened(on="2024-01-01", name="club", timezone="UTC", profile="general@1")
    >>> opened.subject
    'ledger/self'
    """

    type = "ledger.opened"
    upcasters = (unchanged,)
    name: str = field(converter=line)
    timezone: str = field(converter=zone_name)
    profile: Named = field(converter=named)
    origin: str | None = field(default=None, converter=optional(origin))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class LedgerProfileChanged(LedgerEvent):
    """From `on`, another profile's rules hold: one that ships by its name, any other whole.

    `profile` is its name, or a `Profile`. What happened before `on` is judged by the earlier one.

    >>> from govledger import LedgerProfileChanged
    >>> LedgerProfileChanged(on="2024-07-01", profile="parliament@1").profile
    'parliament@1'
    """

    type = "ledger.profile-changed"
    upcasters = (unchanged,)
    profile: Named = field(converter=named)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class LedgerExtended(LedgerEvent):
    """From this record on the ledger is kept with an extension, too.

    `extension` is its name and version, such as `budget@1`; another version of the same takes the
    place of the one before. The ledger records this by itself when it first writes with an
    extension that it was opened with.

    >>> from govledger import LedgerExtended
    >>> LedgerExtended(extension="budget@1", on="2024-01-01").extension
    'budget@1'
    """

    type = "ledger.extended"
    extension: str = field(converter=versioned)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MeetingConvened(MeetingEvent):
    """An assembly or other body meets.

    `title` is what it is called, `body` which body meets, `place` where.

    >>> from govledger import MeetingConvened
    >>> agm = MeetingConvened("agm-2024", title="Annual meeting", body="assembly", on="2024-03-14")
    >>> agm.subject
    'meeting/agm-2024'
    """

    type = "meeting.convened"
    title: str = field(converter=line)
    body: str | None = field(default=None, converter=optional(line))
    place: str | None = field(default=None, converter=optional(line))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionSubmitted(MotionEvent):
    """A motion is put before a meeting.

    `title` is what it is called, `meeting` where, `movers` (personal) by whom, `text_digest` the
    SHA-256 digest of its text. The meeting may be convened later.

    >>> from govledger import MotionSubmitted
    >>> bins = MotionSubmitted("bins", title="Bigger bins", movers=["Ann", "Bob"], on="2024-03-01")
    >>> bins.movers
    ('Ann', 'Bob')
    """

    type = "motion.submitted"
    title: str = field(converter=line)
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)
    movers: tuple[str, ...] = field(default=(), converter=personals, metadata=PERSONAL)
    text_digest: str | None = field(default=None, converter=optional(digest))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionAliasNoted(MotionEvent):
    """Another document calls the same motion by another name.

    `alias` is the other name.

    >>> from govledger import MotionAliasNoted
    >>> MotionAliasNoted("bins", alias="Motion 7", on="2024-03-14").alias
    'Motion 7'
    """

    type = "motion.alias-noted"
    alias: str = field(converter=line)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionAdmitted(MotionEvent):
    """The motion is found in order and will be dealt with.

    `text_digest` is the SHA-256 digest of the text that was admitted.

    >>> from govledger import MotionAdmitted
    >>> MotionAdmitted("bins", on="2024-03-14").type
    'motion.admitted'
    """

    type = "motion.admitted"
    text_digest: str | None = field(default=None, converter=optional(digest))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionAmended(MotionEvent):
    """The text of the motion changes before it is decided.

    `text_digest` is the SHA-256 digest of the text as amended.

    >>> from govledger import MotionAmended
    >>> MotionAmended("bins", on="2024-03-14", text_digest="ab" * 32).text_digest[:8]
    'abababab'
    """

    type = "motion.amended"
    text_digest: str | None = field(default=None, converter=optional(digest))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionVoteDeferred(MotionEvent):
    """The vote is postponed; nothing is decided yet.

    `until` is the time it was postponed to, if one was named.

    >>> from govledger import MotionVoteDeferred
    >>> str(MotionVoteDeferred("bins", on="2024-03-14", until="2024-06").until)
    '2024-06'
    """

    type = "motion.vote-deferred"
    until: When | None = field(default=None, converter=optional(when))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionReferred(MotionEvent):
    """The motion goes to another body before it is decided.

    `to` (personal) is that body.

    >>> from govledger import MotionReferred
    >>> MotionReferred("bins", on="2024-03-14", to="Finance committee").to
    'Finance committee'
    """

    type = "motion.referred"
    to: str = field(converter=personal, metadata=PERSONAL)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class _Voted(MotionEvent):
    """What came of a vote on a motion."""

    upcasters = (_second,)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionAdopted(_Voted):
    """The meeting adopts the motion.

    `meeting` is where, `tally` the count; `as_amended` says that its text was amended,
    `by_acclamation` that nobody counted, `majority` which majority of the profile was needed, if
    not the ordinary one.

    >>> from govledger import MotionAdopted
    >>> adopted = MotionAdopted("bins", on="2024-03-14", tally={"in_favour": 31, "against": 12})
    >>> adopted.tally.in_favour
    31
    """

    type = "motion.adopted"
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)
    tally: Tally | None = field(default=None, converter=optional(tally))
    as_amended: bool = field(default=False, converter=flag)
    by_acclamation: bool = field(default=False, converter=flag)
    majority: str | None = field(default=None, converter=optional(line))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionRejected(_Voted):
    """The meeting rejects the motion.

    `meeting` is where, `tally` the count, `majority` what it needed, if not the ordinary one.

    >>> from govledger import MotionRejected
    >>> MotionRejected("bins", meeting="agm-2024", on="2024-03-14").meeting
    'meeting/agm-2024'
    """

    type = "motion.rejected"
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)
    tally: Tally | None = field(default=None, converter=optional(tally))
    majority: str | None = field(default=None, converter=optional(line))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionWithdrawn(MotionEvent):
    """The movers take the motion back before it is decided.

    >>> from govledger import MotionWithdrawn
    >>> MotionWithdrawn("bins", on="2024-03-14", note="before the vote").note
    'before the vote'
    """

    type = "motion.withdrawn"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionReplaced(MotionEvent):
    """Another motion takes its place before it is decided.

    `by` is that motion.

    >>> from govledger import MotionReplaced
    >>> MotionReplaced("bins", by="bins-ii", on="2024-03-14").by
    'motion/bins-ii'
    """

    type = "motion.replaced"
    by: str = field(converter=motion, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionLapsed(MotionEvent):
    """The motion falls away: undecided, or adopted and no longer followed.

    >>> from govledger import MotionLapsed
    >>> MotionLapsed("bins", on="2025-03-14", note="not put to the vote within a year").type
    'motion.lapsed'
    """

    type = "motion.lapsed"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionHeldOver(MotionEvent):
    """An adopted motion is kept open when account is rendered; it stays adopted.

    `meeting` is where, `pending` what is still to be done, `review_on` when it is looked at again.

    >>> from govledger import MotionHeldOver
    >>> held = MotionHeldOver("bins", on="2024-06-20", pending=["an offer"], review_on="2024-12")
    >>> held.pending
    ('an offer',)
    """

    type = "motion.held-over"
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)
    pending: tuple[str, ...] = field(default=(), converter=texts)
    review_on: When | None = field(default=None, converter=optional(when))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionResumed(MotionEvent):
    """A deferred, referred or held-over motion is taken up again.

    >>> from govledger import MotionResumed
    >>> MotionResumed("bins", on="2024-09-01").type
    'motion.resumed'
    """

    type = "motion.resumed"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionCompleted(MotionEvent):
    """The meeting no longer follows the motion. It does not say that it was carried out.

    `meeting` is where, `because` the subjects that led to it, `in_light_of` a motion that it was
    weighed against.

    >>> from govledger import MotionCompleted
    >>> done = MotionCompleted("bins", on="2024-12-01", because=["mandate/bins.1"])
    >>> done.because
    ('mandate/bins.1',)
    """

    type = "motion.completed"
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)
    because: tuple[str, ...] = field(default=(), converter=subjects, metadata=REFERENCE)
    in_light_of: str | None = field(default=None, converter=optional(motion), metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionSuperseded(MotionEvent):
    """A later adopted motion takes the place of this adopted one.

    `by` is that motion.

    >>> from govledger import MotionSuperseded
    >>> MotionSuperseded("bins", by="bins-ii", on="2025-03-14").by
    'motion/bins-ii'
    """

    type = "motion.superseded"
    by: str = field(converter=motion, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionRescinded(MotionEvent):
    """The meeting takes back its decision to adopt.

    `meeting` is where.

    >>> from govledger import MotionRescinded
    >>> MotionRescinded("bins", meeting="agm-2025", on="2025-03-14").meeting
    'meeting/agm-2025'
    """

    type = "motion.rescinded"
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionReopened(MotionEvent):
    """A motion that was no longer followed is followed again.

    >>> from govledger import MotionReopened
    >>> MotionReopened("bins", on="2025-04-01").type
    'motion.reopened'
    """

    type = "motion.reopened"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MotionForceExtended(MotionEvent):
    """An adopted motion is kept in force until some end.

    `until` is that end, an `Until`.

    >>> from govledger import MotionForceExtended
    >>> kept = MotionForceExtended("bins", on="2024-06-20", until={"kind": "exact", "when": "2025"})
    >>> str(kept.until)
    '2025'
    """

    type = "motion.force-extended"
    until: Until = field(converter=until)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandateGiven(MandateEvent):
    """A motion charges somebody with a task.

    `motion` is that motion, `task` what is to be done, `addressee` (personal) by whom, `due` until
    when (a `Due`), `condition` what must come first.

    >>> from govledger import MandateGiven
    >>> order = MandateGiven(
    ...     "bins.1", motion="bins", task="Order the bins", addressee="Board",
    ...     due={"before": "2024-09-01"}, on="2024-03-14",
    ... )
    >>> str(order.due)
    'before 2024-09-01'
    """

    type = "mandate.given"
    motion: str = field(converter=motion, metadata=REFERENCE)
    task: str = field(converter=text)
    addressee: str = field(converter=personal, metadata=PERSONAL)
    due: Due | None = field(default=None, converter=optional(due))
    condition: str | None = field(default=None, converter=optional(text))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandateProgressed(MandateEvent):
    """Work on the task is reported; the note says what.

    >>> from govledger import MandateProgressed
    >>> MandateProgressed("bins.1", on="2024-05-01", note="three offers are in").note
    'three offers are in'
    """

    type = "mandate.progressed"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandateConditionMet(MandateEvent):
    """The condition of the mandate is met; it no longer waits.

    `evidence` names what shows it.

    >>> from govledger import MandateConditionMet
    >>> MandateConditionMet("bins.1", on="2024-05-01", evidence=["letter of 30 April"]).evidence
    ('letter of 30 April',)
    """

    type = "mandate.condition-met"
    evidence: tuple[str, ...] = field(default=(), converter=texts)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandateFulfilled(MandateEvent):
    """The task is done, with evidence.

    `evidence` names what shows it; the rules refuse it without.

    >>> from govledger import MandateFulfilled
    >>> MandateFulfilled("bins.1", on="2024-06-01", evidence=["invoice 2024-17"]).evidence
    ('invoice 2024-17',)
    """

    type = "mandate.fulfilled"
    evidence: tuple[str, ...] = field(default=(), converter=texts)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandatePartlyFulfilled(MandateEvent):
    """Part of the task is done.

    `evidence` names what shows it.

    >>> from govledger import MandatePartlyFulfilled
    >>> MandatePartlyFulfilled("bins.1", on="2024-06-01", evidence="invoice 2024-17").evidence
    ('invoice 2024-17',)
    """

    type = "mandate.partly-fulfilled"
    evidence: tuple[str, ...] = field(default=(), converter=texts)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandateNotFulfilled(MandateEvent):
    """It is established that the task will not be done.

    `evidence` names what shows it.

    >>> from govledger import MandateNotFulfilled
    >>> MandateNotFulfilled("bins.1", on="2024-09-01", evidence=["report of the board"]).type
    'mandate.not-fulfilled'
    """

    type = "mandate.not-fulfilled"
    evidence: tuple[str, ...] = field(default=(), converter=texts)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class MandateWaived(MandateEvent):
    """The task need no longer be done.

    >>> from govledger import MandateWaived
    >>> MandateWaived("bins.1", on="2024-09-01", note="the town gives us bins").subject
    'mandate/bins.1'
    """

    type = "mandate.waived"


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class BlockadeImposed(BlockadeEvent):
    """The association forbids itself something, until a condition is met.

    `by` is the motion that imposes it, `scope` what is forbidden, `release_condition` what ends it.

    >>> from govledger import BlockadeImposed
    >>> stop = BlockadeImposed("spending", by="budget-ii", scope="new contracts", on="2024-03-14")
    >>> stop.by
    'motion/budget-ii'
    """

    type = "blockade.imposed"
    by: str = field(converter=mover, metadata=REFERENCE)
    scope: str = field(converter=text)
    release_condition: str | None = field(default=None, converter=optional(text))


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class BlockadeConditionMet(BlockadeEvent):
    """The release condition is met: wholly, or the part that is named.

    `part` is that part, `evidence` names what shows it.

    >>> from govledger import BlockadeConditionMet
    >>> BlockadeConditionMet("spending", on="2024-05-01", part="the audit").part
    'the audit'
    """

    type = "blockade.condition-met"
    part: str | None = field(default=None, converter=optional(text))
    evidence: tuple[str, ...] = field(default=(), converter=texts)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class BlockadeLiftProposed(BlockadeEvent):
    """It is proposed to lift the blockade.

    `by` is the proposal to do so.

    >>> from govledger import BlockadeLiftProposed
    >>> BlockadeLiftProposed("spending", by="board-1", on="2024-05-02").by
    'proposal/board-1'
    """

    type = "blockade.lift-proposed"
    by: str = field(converter=proposal, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class BlockadeLiftOrdered(BlockadeEvent):
    """It is decided that the blockade is to be lifted; the act itself is still to come.

    `by` is the motion that decides it.

    >>> from govledger import BlockadeLiftOrdered
    >>> BlockadeLiftOrdered("spending", by="budget-iii", on="2024-06-01").by
    'motion/budget-iii'
    """

    type = "blockade.lift-ordered"
    by: str = field(converter=mover, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class BlockadeLifted(BlockadeEvent):
    """The blockade ends, perhaps under conditions, perhaps for another.

    `by` is the motion that lifts it, `conditions` what it asks for, `replaced_by` the other
    blockade.

    >>> from govledger import BlockadeLifted
    >>> lifted = BlockadeLifted("spending", by="budget", conditions=["two offers"], on="2024-06-02")
    >>> lifted.conditions
    ('two offers',)
    """

    type = "blockade.lifted"
    by: str = field(converter=mover, metadata=REFERENCE)
    conditions: tuple[str, ...] = field(default=(), converter=texts)
    replaced_by: str | None = field(default=None, converter=optional(_blockade), metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ProposalMade(ProposalEvent):
    """Somebody proposes a decision.

    `by` (personal) is who, `text` what is proposed, `regarding` the subjects that it is about.

    >>> from govledger import ProposalMade
    >>> made = ProposalMade("board-1", by="Board", text="Lift the blockade", on="2024-05-02")
    >>> made.subject
    'proposal/board-1'
    """

    type = "proposal.made"
    by: str = field(converter=personal, metadata=PERSONAL)
    text: str = field(converter=text)
    regarding: tuple[str, ...] = field(default=(), converter=subjects, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ProposalAccepted(ProposalEvent):
    """The proposal is decided on, in favour.

    `meeting` is where.

    >>> from govledger import ProposalAccepted
    >>> ProposalAccepted("board-1", meeting="agm-2024", on="2024-05-02").meeting
    'meeting/agm-2024'
    """

    type = "proposal.accepted"
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ProposalRejected(ProposalEvent):
    """The proposal is decided on, against.

    `meeting` is where.

    >>> from govledger import ProposalRejected
    >>> ProposalRejected("board-1", on="2024-05-02").type
    'proposal.rejected'
    """

    type = "proposal.rejected"
    meeting: str | None = field(default=None, converter=optional(meeting), metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class ResponseReceived(ResponseEvent):
    """An answer comes in from outside; the note says what it holds.

    `sender` (personal) is who answers, `regarding` the subjects that it is about.

    >>> from govledger import ResponseReceived
    >>> answer = ResponseReceived("town-1", sender="Town", regarding="motion/bins", on="2024-04-02")
    >>> answer.regarding
    ('motion/bins',)
    """

    type = "response.received"
    sender: str = field(converter=personal, metadata=PERSONAL)
    regarding: tuple[str, ...] = field(default=(), converter=subjects, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class AgreementReached(AgreementEvent):
    """Parties agree; the note says on what.

    `parties` (personal) are who, `regarding` the subjects that it is about.

    >>> from govledger import AgreementReached
    >>> AgreementReached("cleaning", parties=["Club", "Town"], on="2024-04-20").parties
    ('Club', 'Town')
    """

    type = "agreement.reached"
    parties: tuple[str, ...] = field(converter=personals, metadata=PERSONAL)
    regarding: tuple[str, ...] = field(default=(), converter=subjects, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class StatementMade(StatementEvent):
    """Somebody explains or asserts something; the note says what. It decides nothing.

    `by` (personal) is who, `regarding` the subjects that it is about.

    >>> from govledger import StatementMade
    >>> StatementMade("chair-1", by="Chair", regarding=["motion/bins"], on="2024-03-14").by
    'Chair'
    """

    type = "statement.made"
    by: str = field(converter=personal, metadata=PERSONAL)
    regarding: tuple[str, ...] = field(default=(), converter=subjects, metadata=REFERENCE)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class RecordRetracted(Event):
    """The record at `position`, of the same subject, counts as never said from here on.

    `reason` says why. `Ledger.retract` records it.

    >>> from govledger import RecordRetracted
    >>> RecordRetracted("motion/bins", position=4, reason="other minutes", on="2024-04-01").position
    4
    """

    type = "record.retracted"
    position: int = field(converter=count)
    reason: str = field(converter=text)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class PersonalDataErased(Event):
    """Personal texts were erased, on some legal basis. Recorded by itself it erases nothing.

    `count` is how many, `digests` are the seals of the texts, `basis` is that basis.
    `Ledger.erase` records it, and erases.

    >>> from govledger import PersonalDataErased
    >>> PersonalDataErased("motion/bins", count=1, basis="GDPR art. 17(1)", on="2025-01-10").count
    1
    """

    type = "personal-data.erased"
    count: int = field(converter=count)
    digests: tuple[str, ...] = field(default=(), converter=digests)
    basis: str = field(converter=text)


@frozen(kw_only=True, slots=False, eq=False, repr=False)
class UnknownEvent(Event):
    """What a record says whose type is not known here, of an extension that is not given, say.

    `stored` is the stored name of its type, with the version; `data` the fields of its own as
    JSON, where personal texts stand as commitments. It is read, shown and exported, never recorded.

    >>> from govledger import UnknownEvent
    >>> UnknownEvent("budget/2024", stored="budget.approved@1", data={}, on="2024-01-01").type
    'budget.approved'
    """

    stored: str
    data: Mapping[str, Any]

    @property
    def type(self) -> str:  # type: ignore[override]
        """The name of its type, without the version."""
        return self.stored.rpartition("@")[0]


VOCABULARY: tuple[type[Event], ...] = (
    LedgerOpened,
    LedgerProfileChanged,
    MeetingConvened,
    MotionSubmitted,
    MotionAliasNoted,
    MotionAdmitted,
    MotionAmended,
    MotionVoteDeferred,
    MotionReferred,
    MotionAdopted,
    MotionRejected,
    MotionWithdrawn,
    MotionReplaced,
    MotionLapsed,
    MotionHeldOver,
    MotionResumed,
    MotionCompleted,
    MotionSuperseded,
    MotionRescinded,
    MotionReopened,
    MotionForceExtended,
    MandateGiven,
    MandateProgressed,
    MandateConditionMet,
    MandateFulfilled,
    MandatePartlyFulfilled,
    MandateNotFulfilled,
    MandateWaived,
    BlockadeImposed,
    BlockadeConditionMet,
    BlockadeLiftProposed,
    BlockadeLiftOrdered,
    BlockadeLifted,
    ProposalMade,
    ProposalAccepted,
    ProposalRejected,
    ResponseReceived,
    AgreementReached,
    StatementMade,
    RecordRetracted,
    PersonalDataErased,
    LedgerExtended,
)
"""Our event types, in the order of the documentation; extensions add theirs."""

TERSER: Mapping[type[Event], Upcaster] = {MotionAdopted: _in_columns, MotionRejected: _in_columns}
"""Types that are stored in a terser form: what makes it, from JSON that says each field by itself.

The converters of their fields take both forms.
"""

SHARED_FIELDS = tuple(f.name for f in attrs.fields(Event))
"""The fields every event has."""


@cache
def _references(cls: Hashable) -> tuple[str, ...]:
    """The fields of an event type that name other subjects."""
    return tuple(f.name for f in attrs.fields(cast("Any", cls)) if "reference" in f.metadata)


def own_fields(cls: type[Event]) -> tuple[attrs.Attribute[Any], ...]:
    """The fields an event type adds to the shared ones."""
    return tuple(f for f in attrs.fields(cls) if f.name not in SHARED_FIELDS)


def references(event: Event) -> tuple[tuple[str, str], ...]:
    """The other subjects an event names, as (field, subject) pairs."""
    names = _references(cast("Hashable", type(event)))
    if not names:
        return ()
    found: list[tuple[str, str]] = []
    for name in names:
        value = getattr(event, name)
        if isinstance(value, str):
            found.append((name, value))
        elif value:
            found.extend((name, subject) for subject in value)
    return tuple(found)
