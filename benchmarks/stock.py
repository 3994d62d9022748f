"""The same ledger made with eventsourcing, as its documentation teaches.

Here: aggregates with decorated command methods, an application, and the replay that answers
"as of, as known at". Not here: any rule; these commands judge nothing.

An aggregate is loaded by folding its events as they were recorded, and so is wrong where facts
came late or were withdrawn. Hence the replay reads the notification log up to what was known,
and lets the events of each aggregate apply in the order of valid time.
"""

# ruff: noqa: ARG002, FBT001, FBT002 - a decorated method names what its event holds

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Notification

from benchmarks.timeline import FOR_EVER, Fact, counts_from, standing

Line = dict[str, Any]
Values = dict[str, Any]
Strings = list[str]

PAGE = 5_000
"""Notifications that are read at once."""

BATCH = 500
"""Events that are saved at once."""

# --- the aggregates ---------------------------------------------------------------------


class Subject(Aggregate):
    """What all subjects share.

    Every event holds `on`, the time of the fact; `valid`, the instant from which it counts;
    and `also`, what any fact may have: source, note, recorded_by, corrects.
    """

    status = None

    @staticmethod
    def create_id(subject: str) -> UUID:
        """The id of a subject follows from its name."""
        return uuid5(NAMESPACE_URL, subject)

    @event("Restated")
    def restate(self, on: str, valid: int, also: Values, data: Values) -> None:
        """Say better how it began: an aggregate cannot be created twice."""
        self.status = None
        self.__init__(self.subject, on, valid, also, **data)

    @event("Retracted")
    def retract(self, on: str, valid: int, also: Values | None, position: int, reason: str) -> None:
        """Say that the record at a position counts as never said."""

    def _becomes(self, status: str, on: str) -> None:
        if status != self.status:
            self.status = status
            self.since = on


class Motion(Subject):
    """A motion on its axes."""

    before = decided_on = tally = None
    as_amended = by_acclamation = False
    aliases = ()

    @event("Submitted")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        title: str,
        meeting: str | None = None,
        movers: Strings | None = None,
        text_digest: str | None = None,
    ) -> None:
        self.subject = subject
        self.title = title
        self.submitted_on = on
        self.meeting = meeting
        self.movers = movers
        self.text_digest = text_digest
        self._decide("submitted", on)

    def _decide(self, decision: str, on: str) -> None:
        vars(self).update(_UNFOLLOWED, decision=decision, force=None)
        self._becomes(decision, on)

    def _follow(self, follow_up: str, on: str) -> None:
        vars(self).update(_UNFOLLOWED, follow_up=follow_up)
        self._becomes(self.decision if follow_up == "open" else follow_up, on)

    @event("AliasNoted")
    def note_alias(self, on: str, valid: int, also: Values | None, alias: str) -> None:
        """Note another name."""
        if alias not in self.aliases:
            self.aliases = (*self.aliases, alias)

    @event("Admitted")
    def admit(
        self, on: str, valid: int, also: Values | None, text_digest: str | None = None
    ) -> None:
        """Find it in order."""
        self._decide("admitted", on)
        self.text_digest = text_digest or self.text_digest

    @event("Amended")
    def amend(
        self, on: str, valid: int, also: Values | None, text_digest: str | None = None
    ) -> None:
        """Change its text."""
        self.text_digest = text_digest or self.text_digest

    def _set_aside(self, decision: str, on: str) -> None:
        if self.decision not in _ASIDE:
            self.before = self.decision
        self._decide(decision, on)

    @event("VoteDeferred")
    def defer(self, on: str, valid: int, also: Values | None, until: str | None = None) -> None:
        """Postpone the vote."""
        self._set_aside("vote-deferred", on)
        self.deferred_until = until

    @event("Referred")
    def refer(self, on: str, valid: int, also: Values | None, to: str) -> None:
        """Send it to another body."""
        self._set_aside("referred", on)
        self.referred_to = to

    @event("Resumed")
    def resume(self, on: str, valid: int, also: Values | None) -> None:
        """Take it up again."""
        if self.decision in _ASIDE:
            self._decide(self.before or "submitted", on)
            if self.decision == "adopted":
                self._follow("open", on)
        elif self.follow_up is not None:
            self._follow("open", on)

    @event("Adopted")
    def adopt(
        self,
        on: str,
        valid: int,
        also: Values | None,
        meeting: str | None = None,
        tally: Values | None = None,
        as_amended: bool = False,
        by_acclamation: bool = False,
    ) -> None:
        """Adopt it."""
        self._decide("adopted", on)
        self.follow_up = "open"
        self.meeting = meeting or self.meeting
        self.decided_on = on
        self.tally = tally
        self.as_amended = as_amended
        self.by_acclamation = by_acclamation

    @event("Rejected")
    def reject(
        self,
        on: str,
        valid: int,
        also: Values | None,
        meeting: str | None = None,
        tally: Values | None = None,
    ) -> None:
        """Reject it."""
        self._decide("rejected", on)
        self.meeting = meeting or self.meeting
        self.decided_on = on
        self.tally = tally

    @event("Withdrawn")
    def withdraw(self, on: str, valid: int, also: Values | None) -> None:
        """Take it back."""
        self._decide("withdrawn", on)

    @event("Replaced")
    def replace(self, on: str, valid: int, also: Values | None, by: str) -> None:
        """Put another in its place."""
        self._decide("replaced", on)
        self.successor = by

    @event("Lapsed")
    def lapse(self, on: str, valid: int, also: Values | None) -> None:
        """Let it fall away."""
        if self.follow_up is None:
            self._decide("lapsed", on)
        else:
            self._follow("lapsed", on)

    @event("Rescinded")
    def rescind(self, on: str, valid: int, also: Values | None, meeting: str | None = None) -> None:
        """Take the adoption back."""
        self._decide("rescinded", on)

    @event("HeldOver")
    def hold_over(
        self,
        on: str,
        valid: int,
        also: Values | None,
        meeting: str | None = None,
        pending: Strings | None = None,
        review_on: str | None = None,
    ) -> None:
        """Keep it open."""
        self._follow("held-over", on)
        self.follow_up_meeting = meeting
        self.pending = pending
        self.review_on = review_on

    @event("Completed")
    def complete(
        self,
        on: str,
        valid: int,
        also: Values | None,
        meeting: str | None = None,
        because: Strings | None = None,
        in_light_of: str | None = None,
    ) -> None:
        """Follow it no longer."""
        self._follow("completed", on)
        self.follow_up_meeting = meeting
        self.because = because
        self.in_light_of = in_light_of

    @event("Superseded")
    def supersede(self, on: str, valid: int, also: Values | None, by: str) -> None:
        """Let a later one take its place."""
        self._follow("superseded", on)
        self.successor = by

    @event("Reopened")
    def reopen(self, on: str, valid: int, also: Values | None) -> None:
        """Follow it again."""
        self._follow("open", on)

    @event("ForceExtended")
    def extend(self, on: str, valid: int, also: Values | None, until: Values) -> None:
        """Keep it in force."""
        since = self.decided_on or on if self.force is None else self.force[0]
        self.force = since, until


_ASIDE = ("vote-deferred", "referred")
_UNFOLLOWED: Values = {
    "follow_up": None,
    "follow_up_meeting": None,
    "pending": None,
    "review_on": None,
    "because": None,
    "in_light_of": None,
    "successor": None,
    "referred_to": None,
    "deferred_until": None,
}


class Mandate(Subject):
    """A task; `progress` is its status but for the waiting."""

    condition_met = False
    evidence = ()

    @event("Given")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        motion: str,
        task: str,
        addressee: str,
        due: Values | str | None = None,
        condition: str | None = None,
    ) -> None:
        self.subject = subject
        self.motion = motion
        self.task = task
        self.addressee = addressee
        self.due = due
        self.condition = condition
        self._reach("given", on)

    def _reach(self, progress: str, on: str, evidence: Strings | None = None) -> None:
        self.progress = progress
        if evidence:
            self.evidence = (*self.evidence, *evidence)
        waits = progress == "given" and self.condition and not self.condition_met
        self._becomes("waiting" if waits else progress, on)

    @event("ConditionMet")
    def meet(
        self, on: str, valid: int, also: Values | None, evidence: Strings | None = None
    ) -> None:
        """Its condition is met."""
        self.condition_met = True
        self._reach(self.progress, on)

    @event("Progressed")
    def report(self, on: str, valid: int, also: Values | None) -> None:
        """Report on the work."""
        self._reach("in-progress", on)

    @event("Fulfilled")
    def fulfil(
        self, on: str, valid: int, also: Values | None, evidence: Strings | None = None
    ) -> None:
        """It is done."""
        self._reach("fulfilled", on, evidence)

    @event("PartlyFulfilled")
    def fulfil_partly(
        self, on: str, valid: int, also: Values | None, evidence: Strings | None = None
    ) -> None:
        """Part of it is done."""
        self._reach("partly-fulfilled", on, evidence)

    @event("NotFulfilled")
    def fail(
        self, on: str, valid: int, also: Values | None, evidence: Strings | None = None
    ) -> None:
        """It will not be done."""
        self._reach("not-fulfilled", on, evidence)

    @event("Waived")
    def waive(self, on: str, valid: int, also: Values | None) -> None:
        """It need not be done."""
        self._reach("waived", on)


class Blockade(Subject):
    """Something the association forbids itself."""

    conditions_met = ()
    wholly_met = False
    lifted_by = conditions = replaced_by = None

    @event("Imposed")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        by: str,
        scope: str,
        release_condition: str | None = None,
    ) -> None:
        self.subject = subject
        self.by = by
        self.scope = scope
        self.release_condition = release_condition
        self._becomes("imposed", on)

    @event("ConditionMet")
    def meet(
        self,
        on: str,
        valid: int,
        also: Values | None,
        part: str | None = None,
        evidence: Strings | None = None,
    ) -> None:
        """Its release condition is met, or a part of it."""
        met = part or self.release_condition or ""
        if met not in self.conditions_met:
            self.conditions_met = (*self.conditions_met, met)
        self.wholly_met = self.wholly_met or part is None

    @event("LiftProposed")
    def propose_lift(self, on: str, valid: int, also: Values | None, by: str) -> None:
        """Propose to lift it."""
        self._becomes("lift-proposed", on)

    @event("LiftOrdered")
    def order_lift(self, on: str, valid: int, also: Values | None, by: str) -> None:
        """Decide that it is to be lifted."""
        self._becomes("lift-ordered", on)

    @event("Lifted")
    def lift(
        self,
        on: str,
        valid: int,
        also: Values | None,
        by: str,
        conditions: Strings | None = None,
        replaced_by: str | None = None,
    ) -> None:
        """End it."""
        self.lifted_by = by
        self.conditions = conditions
        self.replaced_by = replaced_by
        self._becomes("replaced" if replaced_by else "lifted", on)


class Proposal(Subject):
    """A decision somebody proposes."""

    @event("Made")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        by: str,
        text: str,
        regarding: Strings | None = None,
    ) -> None:
        self.subject = subject
        self.by = by
        self.text = text
        self.regarding = regarding
        self._becomes("made", on)

    @event("Accepted")
    def accept(self, on: str, valid: int, also: Values | None, meeting: str | None = None) -> None:
        """Decide in favour of it."""
        self._becomes("accepted", on)

    @event("Rejected")
    def reject(self, on: str, valid: int, also: Values | None, meeting: str | None = None) -> None:
        """Decide against it."""
        self._becomes("rejected", on)


class Meeting(Subject):
    """A meeting of a body."""

    @event("Convened")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        title: str,
        body: str | None = None,
        place: str | None = None,
    ) -> None:
        self.subject = subject
        self.since = on
        self.title = title
        self.body = body
        self.place = place


class Response(Subject):
    """An answer from outside."""

    @event("Received")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        sender: str,
        regarding: Strings | None = None,
    ) -> None:
        self.subject = subject
        self.since = on
        self.parties = (sender,)
        self.regarding = regarding
        self.note = also.get("note") if also else None


class Statement(Subject):
    """What somebody asserts."""

    @event("Made")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        by: str,
        regarding: Strings | None = None,
    ) -> None:
        self.subject = subject
        self.since = on
        self.parties = (by,)
        self.regarding = regarding
        self.note = also.get("note") if also else None


class Association(Subject):
    """Whose ledger it is."""

    @event("Opened")
    def __init__(
        self,
        subject: str,
        on: str,
        valid: int,
        also: Values | None,
        name: str,
        timezone: str,
        profile: str,
    ) -> None:
        self.subject = subject
        self.since = on
        self.name = name
        self.timezone = timezone
        self.profile = profile


BEGINS = {
    "ledger.opened": Association,
    "meeting.convened": Meeting,
    "motion.submitted": Motion,
    "mandate.given": Mandate,
    "blockade.imposed": Blockade,
    "proposal.made": Proposal,
    "response.received": Response,
    "statement.made": Statement,
}
COMMANDS = {
    "record.retracted": "retract",
    "motion.alias-noted": "note_alias",
    "motion.admitted": "admit",
    "motion.amended": "amend",
    "motion.vote-deferred": "defer",
    "motion.referred": "refer",
    "motion.resumed": "resume",
    "motion.adopted": "adopt",
    "motion.rejected": "reject",
    "motion.withdrawn": "withdraw",
    "motion.replaced": "replace",
    "motion.lapsed": "lapse",
    "motion.rescinded": "rescind",
    "motion.held-over": "hold_over",
    "motion.completed": "complete",
    "motion.superseded": "supersede",
    "motion.reopened": "reopen",
    "motion.force-extended": "extend",
    "mandate.condition-met": "meet",
    "mandate.progressed": "report",
    "mandate.fulfilled": "fulfil",
    "mandate.partly-fulfilled": "fulfil_partly",
    "mandate.not-fulfilled": "fail",
    "mandate.waived": "waive",
    "blockade.condition-met": "meet",
    "blockade.lift-proposed": "propose_lift",
    "blockade.lift-ordered": "order_lift",
    "blockade.lifted": "lift",
    "proposal.accepted": "accept",
    "proposal.rejected": "reject",
}


def told(aggregate: Subject | None, line: Line) -> Subject:
    """The aggregate after the command that a line of the file stands for."""
    kind, data = line["type"], line.get("data", {})
    said = {
        "on": line["on"],
        "valid": counts_from(line["on"]),
        "also": {key: line[key] for key in _ALSO if key in line} or None,
    }
    if aggregate is None:
        return BEGINS[kind](subject=line["subject"], **said, **data)
    if kind in BEGINS:
        aggregate.restate(**said, data=data)
    else:
        getattr(aggregate, COMMANDS[kind])(**said, **data)
    return aggregate


_ALSO = ("source", "note", "recorded_by", "corrects")


# --- the application --------------------------------------------------------------------


class Book(Application[UUID]):
    """The application; the id of a notification is the position of a record."""

    def record(self, line: Line) -> int:
        """Record one fact; gives its position."""
        aggregate = None
        if line["type"] not in BEGINS or "corrects" in line:
            aggregate = self.repository.get(Subject.create_id(line["subject"]))
        (recording,) = self.save(told(aggregate, line))
        return recording.notification.id

    def replay(self, until: int = FOR_EVER, known: int | None = None) -> list[Subject]:
        """The subjects on record at an instant, as known at a position."""
        decode = self.mapper.to_domain_event
        subjects = []
        for stream in self._streams(known).values():
            told = [(notification.id, decode(notification)) for notification in stream]
            events = _standing(told, until)
            if events:
                created = told[0][1]
                subject = created.mutate(None)
                # Not mutate(): it wants the versions in the order of recording.
                for said in events[events[0] is created :]:
                    said.apply(subject)
                subjects.append(subject)
        return subjects

    def _streams(self, known: int | None) -> dict[UUID | str, list[Notification]]:
        """The notifications up to a position, by aggregate; to decode them later is faster."""
        start = 1
        streams: dict[UUID | str, list[Notification]] = {}
        while page := self.recorder.select_notifications(start, PAGE, known):
            for notification in page:
                streams.setdefault(notification.originator_id, []).append(notification)
            start = page[-1].id + 1
        return streams


def _standing(told: list[tuple[int, Any]], until: int) -> list[Any]:
    """The events that stand, in order; most subjects have nothing withdrawn and nothing late."""
    newest = 0
    for _, said in told:
        if said.valid < newest or _withdraws(said) is not None:
            break
        newest = said.valid
    else:
        return [said for _, said in told if said.valid <= until]
    facts = [
        Fact(said.valid, position, _withdraws(said), isinstance(said, Subject.Retracted), said)
        for position, said in told
    ]
    return standing(facts, until)


def _withdraws(said: Any) -> int | None:
    if isinstance(said, Subject.Retracted):
        return said.position
    return said.also.get("corrects") if said.also else None


def connect(path: Path) -> Book:
    """The application on SQLite, in a file; its connections are as durable as the others'."""
    return Book(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)})


def made(place: str) -> Book:
    """The application in a new place; `opened` where somebody has made it."""
    return opened(place, create="y")


def opened(place: str, create: str = "n") -> Book:
    """The application on SQLite in a file, or on PostgreSQL in a schema named like a ledger.

    Its tables are made by one who opens it: on PostgreSQL two at once fail.
    """
    parts = urlsplit(place)
    if not parts.scheme:
        return connect(Path(place))
    options = dict(parse_qsl(parts.query))
    return Book(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts.path.lstrip("/"),
            "POSTGRES_HOST": options.get("host", parts.hostname or "localhost"),
            "POSTGRES_PORT": str(parts.port or 5432),
            "POSTGRES_USER": unquote(parts.username or ""),
            "POSTGRES_PASSWORD": unquote(parts.password or "none"),
            "POSTGRES_SCHEMA": options["ledger"],
            "CREATE_TABLE": create,
        }
    )


def in_memory() -> Book:
    """The application on plain old Python objects."""
    return Book(env={"PERSISTENCE_MODULE": "eventsourcing.popo"})


def head(book: Book) -> int:
    """The position of the last record."""
    return book.recorder.max_notification_id() or 0


def load(book: Book, path: Path) -> None:
    """Import a file of lines in batches.

    The aggregates are kept at hand, which is faster than to load them again; their events are
    collected one by one, so that positions follow the file.
    """
    aggregates: dict[str, Subject] = {}
    batch: list[Any] = []
    with path.open("rb") as lines:
        for line in map(msgspec.json.Decoder().decode, lines):
            aggregate = told(aggregates.get(line["subject"]), line)
            aggregates[line["subject"]] = aggregate
            batch += aggregate.collect_events()
            if len(batch) >= BATCH:
                book.save(*batch)
                batch.clear()
    book.save(*batch)
