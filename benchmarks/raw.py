"""The practical limit: plain sqlite3 and msgspec, written for this one purpose.

Here: one table, states folded by a dispatch on the type, and the register by GROUP BY. Not
here: rules, verification, or anything a reader could be told beyond the answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.timeline import FOR_EVER, Fact, counts_from, standing

_LAYOUT = """
CREATE TABLE log (
    position INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    valid INTEGER NOT NULL,     -- the instant from which it counts
    place INTEGER NOT NULL,     -- its order among facts of one instant
    withdraws INTEGER,          -- the position that it corrects or retracts
    word INTEGER,               -- the status that it sets, by number
    body BLOB NOT NULL,
    UNIQUE (subject, version)
);
CREATE INDEX withdrawing ON log (withdraws) WHERE withdraws IS NOT NULL;
"""
_INSERT = "INSERT INTO log VALUES (?,?,?,?,?,?,?,?,?)"
_RETRACTED = "record.retracted"

Row = tuple[int, str, int, str, int, int, int | None, int | None, bytes]
Read = tuple[str, int, str, int, int | None, bytes]


class Line(msgspec.Struct):
    """A line of the file; whatever is not of this shape is refused."""

    position: int
    type: str
    subject: str
    on: str
    data: dict[str, Any] = {}
    source: dict[str, Any] | None = None
    note: str | None = None
    recorded_by: str | None = None
    corrects: int | None = None


class Body(msgspec.Struct, gc=False, omit_defaults=True):
    """What is stored of a line beside the columns."""

    on: str
    recorded_at: str
    data: dict[str, Any] = {}
    source: dict[str, Any] | None = None
    note: str | None = None
    recorded_by: str | None = None


_read_line = msgspec.json.Decoder(Line).decode
_read_body = msgspec.json.Decoder(Body).decode
_write_body = msgspec.json.Encoder().encode

_SETS = {
    # these say no word of their own
    "mandate.condition-met": "condition-met",
    "motion.resumed": "resumed",
    # a motion that is resumed does not return to these
    "motion.vote-deferred": "vote-deferred",
    "motion.referred": "referred",
    "motion.held-over": "held-over",
    # but to the last of the others
    "motion.submitted": "submitted",
    "motion.admitted": "admitted",
    "motion.adopted": "adopted",
    "motion.reopened": "adopted",
    "motion.rejected": "rejected",
    "motion.withdrawn": "withdrawn",
    "motion.replaced": "replaced",
    "motion.lapsed": "lapsed",
    "motion.rescinded": "rescinded",
    "motion.completed": "completed",
    "motion.superseded": "superseded",
    "mandate.given": "given",
    "mandate.progressed": "in-progress",
    "mandate.fulfilled": "fulfilled",
    "mandate.partly-fulfilled": "partly-fulfilled",
    "mandate.not-fulfilled": "not-fulfilled",
    "mandate.waived": "waived",
    "blockade.imposed": "imposed",
    "blockade.lift-proposed": "lift-proposed",
    "blockade.lift-ordered": "lift-ordered",
    "blockade.lifted": "lifted",
    "proposal.made": "made",
    "proposal.accepted": "accepted",
    "proposal.rejected": "rejected",
}
_WORDS = [*dict.fromkeys(_SETS.values()), "waiting"]
_NUMBER = {word: number for number, word in enumerate(_WORDS)}


# --- writing ----------------------------------------------------------------------------


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the log in a file, made where there is none; as durable as the others."""
    fresh = not path.exists()
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    if fresh:
        database.executescript(_LAYOUT)
    return database


def load(database: sqlite3.Connection, path: Path) -> None:
    """Import a file of lines in one transaction."""
    now = datetime.now(UTC).isoformat()
    database.execute("BEGIN IMMEDIATE")
    with path.open("rb") as lines:
        database.executemany(_INSERT, _rows(map(_read_line, lines), now))
    database.execute("COMMIT")


def append(database: sqlite3.Connection, line: Line) -> int:
    """Append one fact; gives its position."""
    now = datetime.now(UTC).isoformat()
    database.execute("BEGIN IMMEDIATE")
    (version,) = database.execute(
        "SELECT coalesce(max(version), 0) FROM log WHERE subject = ?", (line.subject,)
    ).fetchone()
    place = line.position
    if line.corrects is not None:
        (place,) = database.execute(
            "SELECT place FROM log WHERE position = ?", (line.corrects,)
        ).fetchone()
    written = database.execute(_INSERT, _row(line, version + 1, place, now))
    database.execute("COMMIT")
    return written.lastrowid or 0


def head(database: sqlite3.Connection) -> int:
    """The position of the last record."""
    (position,) = database.execute("SELECT coalesce(max(position), 0) FROM log").fetchone()
    return position


def _rows(lines: Iterable[Line], now: str) -> Iterator[Row]:
    versions: dict[str, int] = {}
    places: dict[int, int] = {}  # of corrections; other records stand at their position
    for line in lines:
        version = versions[line.subject] = versions.get(line.subject, 0) + 1
        place = line.position
        if line.corrects is not None:
            place = places[line.position] = places.get(line.corrects, line.corrects)
        yield _row(line, version, place, now)


def _row(line: Line, version: int, place: int, now: str) -> Row:
    kind, data = line.type, line.data
    withdraws = data["position"] if kind == _RETRACTED else line.corrects
    word = _SETS.get(kind)
    if word == "given" and "condition" in data:
        word = "waiting"
    elif word == "lifted" and "replaced_by" in data:
        word = "replaced"
    body = Body(line.on, now, data, line.source, line.note, line.recorded_by)
    return (
        line.position,
        line.subject,
        version,
        kind,
        counts_from(line.on),
        place,
        withdraws,
        None if word is None else _NUMBER[word],
        _write_body(body),
    )


# --- the register by GROUP BY -----------------------------------------------------------

# The latest fact of a group has the largest (valid, place). Both are packed into one number,
# with the word behind them: seconds << 30 | place << 6 | word. A retraction of a retraction is
# looked for, and no deeper.
_GROUP_BY = f"""
SELECT
    subject,
    max(moment) FILTER (WHERE word <> {_NUMBER["condition-met"]}) & 63,
    max(moment) FILTER (WHERE word > {_NUMBER["held-over"]}) & 63,
    max(word = {_NUMBER["condition-met"]})
FROM (
    SELECT subject, word, (valid / 1000000 << 30) + (place << 6) + word AS moment
    FROM log
    WHERE word IS NOT NULL AND valid <= :until AND position <= :known AND position NOT IN (
        SELECT withdraws FROM log AS later
        WHERE withdraws IS NOT NULL AND position <= :known AND NOT EXISTS (
            SELECT 1 FROM log AS last
            WHERE last.withdraws = later.position AND last.position <= :known
                AND last.type = '{_RETRACTED}'
        )
    )
)
GROUP BY subject
"""


def grouped(database: sqlite3.Connection, until: int, known: int) -> list[tuple[str, str]]:
    """Subject and status of all motions, mandates, blockades and proposals."""
    rows = database.execute(_GROUP_BY, {"until": until, "known": known})
    return [(subject, _word(latest, settled, met)) for subject, latest, settled, met in rows]


def _word(latest: int, settled: int, met: int) -> str:
    word = _WORDS[latest]
    if word == "resumed":
        return _WORDS[settled]
    return "given" if word == "waiting" and met else word


# --- the register by a replay -----------------------------------------------------------

_READ = """
SELECT subject, position, type, valid, withdraws, body FROM log
WHERE position <= ? AND (valid <= ? OR withdraws IS NOT NULL) ORDER BY subject, version
"""


def replay(
    database: sqlite3.Connection, until: int = FOR_EVER, known: int = FOR_EVER
) -> dict[str, State]:
    """The state of every subject at an instant, as known at a position."""
    states = {}
    rows = database.execute(_READ, (known, until))
    for subject, stream in groupby(rows, itemgetter(0)):
        state = None
        make = _KINDS.get(subject.partition("/")[0], State)
        for _, _, kind, _, _, body in _standing(list(stream), until):
            said = _read_body(body)
            if state is None:
                state = make(said.on)
            _FOLD[kind](state, said)
        if state is not None:
            states[subject] = state
    return states


def _standing(stream: list[Read], until: int) -> list[Read]:
    """The rows of a subject that stand, in order; most have nothing withdrawn and nothing late."""
    newest = 0
    for _, _, _, valid, withdraws, _ in stream:
        if valid < newest or withdraws is not None:
            facts = [Fact(r[3], r[1], r[4], r[2] == _RETRACTED, r) for r in stream]
            return standing(facts, until)
        newest = valid
    return stream


class State:
    """A subject as far as it was told of; what nothing was said of stands at its default."""

    status: str | None = None

    def __init__(self, since: str) -> None:
        self.since = since

    def becomes(self, status: str | None, on: str) -> None:
        """Move to a status, at that time if it is another."""
        if status != self.status:
            self.status = status
            self.since = on


class Motion(State):
    """A motion on its axes."""

    decision: str | None = None
    follow_up: str | None = None
    force: tuple[str, dict[str, Any]] | None = None
    before: str | None = None
    decided_on: str | None = None
    aliases: tuple[str, ...] = ()
    text_digest: str | None = None


class Mandate(State):
    """A task; `progress` is its status but for the waiting."""

    progress: str | None = None
    condition: str | None = None
    condition_met = False
    evidence: tuple[str, ...] = ()


class Blockade(State):
    """A blockade."""

    release_condition: str | None = None
    conditions_met: tuple[str, ...] = ()
    wholly_met = False


_KINDS: dict[str, type[State]] = {"motion": Motion, "mandate": Mandate, "blockade": Blockade}

_UNFOLLOWED: dict[str, Any] = {
    "follow_up": None,
    "follow_up_meeting": None,
    "pending": (),
    "review_on": None,
    "because": (),
    "in_light_of": None,
    "successor": None,
    "referred_to": None,
    "deferred_until": None,
}


Step = Callable[[Any, Body], None]


def _decide(motion: Motion, said: Body, decision: str, **also: Any) -> None:
    vars(motion).update(_UNFOLLOWED, decision=decision, force=None, **also)
    motion.becomes(decision, said.on)


def _follow(motion: Motion, said: Body, follow_up: str, **also: Any) -> None:
    vars(motion).update(_UNFOLLOWED, follow_up=follow_up, **also)
    motion.becomes(motion.decision if follow_up == "open" else follow_up, said.on)


def _decision(word: str) -> Step:
    return lambda motion, said: _decide(motion, said, word)


def _submitted(motion: Motion, said: Body) -> None:
    _decide(motion, said, "submitted", submitted_on=said.on, **said.data)


def _alias_noted(motion: Motion, said: Body) -> None:
    alias = said.data["alias"]
    if alias not in motion.aliases:
        motion.aliases = (*motion.aliases, alias)


def _admitted(motion: Motion, said: Body) -> None:
    _decide(motion, said, "admitted")
    _amended(motion, said)


def _amended(motion: Motion, said: Body) -> None:
    motion.text_digest = said.data.get("text_digest", motion.text_digest)


def _set_aside(motion: Motion, said: Body, decision: str, **also: Any) -> None:
    aside = motion.decision in ("vote-deferred", "referred")
    _decide(motion, said, decision, before=motion.before if aside else motion.decision, **also)


def _vote_deferred(motion: Motion, said: Body) -> None:
    _set_aside(motion, said, "vote-deferred", deferred_until=said.data.get("until"))


def _referred(motion: Motion, said: Body) -> None:
    _set_aside(motion, said, "referred", referred_to=said.data["to"])


def _resumed(motion: Motion, said: Body) -> None:
    if motion.decision in ("vote-deferred", "referred"):
        _decide(motion, said, motion.before or "submitted")
        if motion.decision == "adopted":
            _follow(motion, said, "open")
    elif motion.follow_up is not None:
        _follow(motion, said, "open")


def _adopted(motion: Motion, said: Body) -> None:
    _decide(motion, said, "adopted", decided_on=said.on, **said.data)
    motion.follow_up = "open"


def _rejected(motion: Motion, said: Body) -> None:
    _decide(motion, said, "rejected", decided_on=said.on, **said.data)


def _replaced(motion: Motion, said: Body) -> None:
    _decide(motion, said, "replaced", successor=said.data["by"])


def _lapsed(motion: Motion, said: Body) -> None:
    if motion.follow_up is None:
        _decide(motion, said, "lapsed")
    else:
        _follow(motion, said, "lapsed")


def _held_over(motion: Motion, said: Body) -> None:
    data = said.data
    _follow(motion, said, "held-over", follow_up_meeting=data.get("meeting"))
    motion.pending, motion.review_on = data.get("pending", ()), data.get("review_on")


def _completed(motion: Motion, said: Body) -> None:
    data = said.data
    _follow(motion, said, "completed", follow_up_meeting=data.get("meeting"))
    motion.because, motion.in_light_of = data.get("because", ()), data.get("in_light_of")


def _superseded(motion: Motion, said: Body) -> None:
    _follow(motion, said, "superseded", successor=said.data["by"])


def _reopened(motion: Motion, said: Body) -> None:
    _follow(motion, said, "open")


def _force_extended(motion: Motion, said: Body) -> None:
    # An earlier exact end that has passed begins a new force; the answers do not ask for it.
    since = motion.decided_on or said.on if motion.force is None else motion.force[0]
    motion.force = since, said.data["until"]


def _given(mandate: Mandate, said: Body) -> None:
    vars(mandate).update(said.data, progress="given")
    _waits(mandate, said)


def _mandate_condition_met(mandate: Mandate, said: Body) -> None:
    mandate.condition_met = True
    _waits(mandate, said)


def _waits(mandate: Mandate, said: Body) -> None:
    waits = mandate.progress == "given" and mandate.condition and not mandate.condition_met
    mandate.becomes("waiting" if waits else mandate.progress, said.on)


def _progress(word: str) -> Step:
    def step(mandate: Mandate, said: Body) -> None:
        mandate.progress = word
        if "evidence" in said.data:
            mandate.evidence = (*mandate.evidence, *said.data["evidence"])
        mandate.becomes(word, said.on)

    return step


def _imposed(blockade: Blockade, said: Body) -> None:
    vars(blockade).update(said.data)
    blockade.becomes("imposed", said.on)


def _blockade_condition_met(blockade: Blockade, said: Body) -> None:
    part = said.data.get("part")
    met = part or blockade.release_condition or ""
    blockade.conditions_met = tuple(dict.fromkeys((*blockade.conditions_met, met)))
    blockade.wholly_met = blockade.wholly_met or part is None


def _lifted(blockade: Blockade, said: Body) -> None:
    data = dict(said.data)
    vars(blockade).update(lifted_by=data.pop("by"), **data)
    blockade.becomes("replaced" if "replaced_by" in data else "lifted", said.on)


def _reaches(word: str) -> Step:
    return lambda state, said: state.becomes(word, said.on)


def _made(state: State, said: Body) -> None:
    vars(state).update(said.data)
    state.becomes("made", said.on)


def _told(state: State, said: Body) -> None:
    vars(state).update(said.data, note=said.note)


_FOLD: dict[str, Step] = {
    "ledger.opened": _told,
    "meeting.convened": _told,
    "motion.submitted": _submitted,
    "motion.alias-noted": _alias_noted,
    "motion.admitted": _admitted,
    "motion.amended": _amended,
    "motion.vote-deferred": _vote_deferred,
    "motion.referred": _referred,
    "motion.resumed": _resumed,
    "motion.adopted": _adopted,
    "motion.rejected": _rejected,
    "motion.withdrawn": _decision("withdrawn"),
    "motion.replaced": _replaced,
    "motion.lapsed": _lapsed,
    "motion.rescinded": _decision("rescinded"),
    "motion.held-over": _held_over,
    "motion.completed": _completed,
    "motion.superseded": _superseded,
    "motion.reopened": _reopened,
    "motion.force-extended": _force_extended,
    "mandate.given": _given,
    "mandate.condition-met": _mandate_condition_met,
    "mandate.progressed": _progress("in-progress"),
    "mandate.fulfilled": _progress("fulfilled"),
    "mandate.partly-fulfilled": _progress("partly-fulfilled"),
    "mandate.not-fulfilled": _progress("not-fulfilled"),
    "mandate.waived": _progress("waived"),
    "blockade.imposed": _imposed,
    "blockade.condition-met": _blockade_condition_met,
    "blockade.lift-proposed": _reaches("lift-proposed"),
    "blockade.lift-ordered": _reaches("lift-ordered"),
    "blockade.lifted": _lifted,
    "proposal.made": _made,
    "proposal.accepted": _reaches("accepted"),
    "proposal.rejected": _reaches("rejected"),
    "response.received": _told,
    "agreement.reached": _told,
    "statement.made": _told,
}


# --- proofs -----------------------------------------------------------------------------


def hashed(path: Path) -> int:
    """Hash the bytes of every record in a ledger file of govledger's; gives how many."""
    number = 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT * FROM records ORDER BY position")
        for _, subject, version, stored, body in rows:
            header = f"govledger/1\n{subject}\n{version}\n{stored}\n"
            sha256(b"\x00" + header.encode() + body).digest()
            number += 1
    return number
