"""Synthetic histories of one association as JSON Lines: seeded, lawful, of any length.

Here: the lives of meetings, motions, mandates and blockades, and the story that tells them all
at once. Not here: the words they use (`words`), or what any of it means to a reader.

A life is a generator. It yields what is recorded of its subjects, each fact with the day on
which it is recorded, and is sent the position that the record got. A heap merges the lives, so
memory holds what is under way, never the history.

    python -m benchmarks.generate --records 100000 --seed 1 -o history.jsonl
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count, islice, pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from benchmarks import words

Line = dict[str, Any]
Day = int
"""A day as a number (`date.toordinal`)."""

BEGIN = date(1990, 1, 1).toordinal()
END = date(2100, 1, 1).toordinal()
"""Meetings are planned so far ahead; histories are cut at their number of records long before."""

RECORDS_A_COUNCIL = 100_000
"""One council beside the assembly for so many records: they then span some 30 years."""

RETRACTABLE = frozenset(
    {
        "motion.alias-noted",
        "motion.amended",
        "motion.force-extended",
        "mandate.progressed",
        "statement.made",
    }
)
"""Facts on which nothing later rests, so that withdrawing them is lawful at any time."""

RETRACTED, CORRECTED = 0.008, 0.0087
"""How often a fact of these types is retracted, and any fact corrected."""


class Fact(NamedTuple):
    """A line, and when it is recorded.

    `earliest` is how far back a correction may move it; a passing fact is dealt with by the
    life that states it, so nobody else may withdraw it.
    """

    day: Day
    line: Line
    earliest: Day | None = None
    passing: bool = False


Life = Generator[Fact, int, None]


@dataclass
class Body:
    """A body that meets: the assembly, or the council of a municipality."""

    slug: str
    name: str
    place: str
    votes: int
    motions: tuple[int, int]
    days: Sequence[Day]
    newest: str = ""
    """The motion submitted last."""
    adopted: deque[str] = field(default_factory=lambda: deque(maxlen=20))

    def meeting(self, day: Day) -> str:
        """The name of the meeting of a day."""
        return f"meeting/{self.slug}-{_text(day)}"

    def later(self, day: Day, meetings: int = 1) -> Day:
        """The day of a later meeting."""
        return self.days[bisect_right(self.days, day) + meetings - 1]


class Story:
    """Lives told at once, in the order in which their facts are recorded."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)  # noqa: S311 - it must be the same every time
        self._agenda: list[tuple[Day, bool, int, Fact, Life]] = []
        self._serial = count()

    def begin(self, life: Life) -> None:
        """Let a life begin; its first fact must not lie before the present day."""
        fact = next(life, None)
        if fact is not None:
            self._plan(fact, life)

    def told(self) -> Iterator[Line]:
        """All lines from the second on, each with its position."""
        for position in count(2):
            *_, fact, life = heappop(self._agenda)
            yield {"position": position, **fact.line}
            if not fact.passing:
                self._reconsider(fact, position)
            with suppress(StopIteration):
                self._plan(life.send(position), life)

    def _plan(self, fact: Fact, life: Life) -> None:
        follows = fact.line["type"] != "meeting.convened"  # the rest of its day names it
        heappush(self._agenda, (fact.day, follows, next(self._serial), fact, life))

    def _reconsider(self, fact: Fact, position: int) -> None:
        drawn = self.rng.random()
        if drawn < CORRECTED:
            self.begin(corrected(self, fact, position))
        elif drawn > 1 - RETRACTED and fact.line["type"] in RETRACTABLE:
            self.begin(taken_back(self, fact, position))

    def happens(self, chance: float) -> bool:
        """True so often."""
        return self.rng.random() < chance

    def line(self, kind: str, subject: str, on: Day | str, **data: Any) -> Line:
        """A line about a subject; data that is None or empty is left out."""
        said = on if isinstance(on, str) else _text(on)
        line: Line = {"type": kind, "subject": subject, "on": said}
        data = {name: value for name, value in data.items() if value not in (None, [], False)}
        if data:
            line["data"] = data
        drawn = self.rng.random()
        if drawn < 0.4:
            line["source"] = {"title": f"Besluitenlijst {said[-10:]}"}
        elif drawn < 0.5:
            line["source"] = {
                "url": f"https://stukken.example/{said[-10:]}",
                "assertion": "inferred" if drawn < 0.45 else "external",
            }
        if drawn > 0.93:
            line["note"] = self.rng.choice(words.NOTES)
        elif 0.5 < drawn < 0.55:
            line["recorded_by"] = "griffie"
        return line


@lru_cache(maxsize=50_000)
def _text(day: Day) -> str:
    return date.fromordinal(day).isoformat()


def _month(day: Day) -> str:
    return _text(day)[:7]


def facts(records: int, seed: int) -> Iterator[Line]:
    """The lines of a history: its opening, then facts in the order of recording."""
    return islice(history(records, seed), records)


def history(scale: int, seed: int) -> Iterator[Line]:
    """The same without an end; `scale` is the number of records it is meant for."""
    data = {"name": "vereniging", "timezone": "Europe/Amsterdam", "profile": "vng@1"}
    opening = {"type": "ledger.opened", "subject": "ledger/self", "on": _text(BEGIN), "data": data}
    yield {"position": 1, **opening}
    story = Story(seed)
    for body in _bodies(story.rng, scale // RECORDS_A_COUNCIL):
        story.begin(convened(story, body))
    yield from story.told()


def _bodies(rng: Random, councils: int) -> Iterator[Body]:
    yield Body("alv", "ALV", "Utrecht", 350, (12, 28), _schedule(rng, (80, 105)))
    for number in range(councils):
        town = words.town(number)
        slug = f"raad-{town.lower()}"
        low = rng.randint(10, 25)
        days = _schedule(rng, (28, 42))
        yield Body(slug, "Raad", town, rng.randrange(19, 46, 2), (low, low + 25), days)


def _schedule(rng: Random, gap: tuple[int, int]) -> list[Day]:
    days = [BEGIN + rng.randint(10, 60)]
    while days[-1] < END:
        days.append(days[-1] + rng.randint(*gap))
    return days


# --- meetings and motions ---------------------------------------------------------------


def convened(story: Story, body: Body) -> Life:
    """The meetings of a body, some of them announced; each brings its motions."""
    rng = story.rng
    year, number = 0, 0
    for before, day in pairwise((BEGIN, *body.days)):
        announced = max(before + 1, day - rng.randint(8, 45)) if story.happens(0.2) else day
        for _ in range(rng.randint(*body.motions)):
            this = date.fromordinal(day).year
            year, number = this, number + 1 if this == year else 1
            slug = f"{body.slug}-{year}-{number:03}"
            early = story.happens(0.3)
            submitted = max(before + 1, day - rng.randint(2, 40)) if early else day
            story.begin(motion(story, body, slug, submitted, day, announced))
        title = f"Vergadering {body.name} {body.place} {_text(day)}"
        where = {"body": body.name, "place": body.place}
        line = story.line("meeting.convened", body.meeting(day), day, title=title, **where)
        yield Fact(announced, line)


def motion(story: Story, body: Body, slug: str, submitted: Day, meets: Day, announced: Day) -> Life:
    """A motion from its submission to whatever was last heard of it."""
    rng, name = story.rng, f"motion/{slug}"
    twice = story.happens(0.003)
    position = yield Fact(
        submitted,
        story.line(
            "motion.submitted",
            name,
            f"../{_text(submitted)}" if submitted == meets and story.happens(0.2) else submitted,
            title=words.title(rng),
            meeting=body.meeting(meets) if submitted >= announced else None,
            movers=rng.sample(words.MOVERS, rng.choice((1, 1, 1, 2, 3))),
            text_digest=f"{rng.getrandbits(256):064x}" if story.happens(0.3) else None,
        ),
        passing=twice,
    )
    if twice:
        yield retraction(story, name, submitted + rng.randint(1, 9), position, passing=True)
        return
    body.newest = name
    spoken_of(story, name, slug, submitted, meets)
    yield from prepared(story, name, submitted, meets)
    day = yield from decided_on(story, body, name, meets)
    drawn = rng.random()
    if drawn < 0.62:
        yield from adopted(story, body, slug, day)
    elif drawn < 0.87:
        against = {"meeting": body.meeting(day), "tally": tally(story, body, adopts=False)}
        yield Fact(day, story.line("motion.rejected", name, day, **against))
    elif drawn < 0.93:
        yield Fact(day, story.line("motion.withdrawn", name, day))
    elif drawn < 0.96 and body.newest != name:
        yield Fact(day, story.line("motion.replaced", name, day, by=body.newest))
    elif drawn < 0.98:
        yield Fact(day, story.line("motion.lapsed", name, day))


def spoken_of(story: Story, name: str, slug: str, submitted: Day, meets: Day) -> None:
    """Other names of a motion, many of them found late, and what others say of it."""
    rng = story.rng
    if story.happens(0.18):
        on = rng.randint(submitted, meets)
        heard = meets + rng.randint(60, 700) if story.happens(0.4) else on + rng.randint(0, 20)
        line = story.line("motion.alias-noted", name, on, alias=words.title(rng))
        story.begin(once(Fact(heard, line, earliest=submitted)))
    if story.happens(0.3):
        by = rng.choice(words.ADDRESSEES)
        on = rng.randint(submitted, meets + 90)
        line = story.line("statement.made", f"statement/{slug}", on, by=by, regarding=[name])
        line["note"] = words.task(rng)
        story.begin(once(Fact(on, line, earliest=submitted)))
    if story.happens(0.15):
        day = meets + rng.randint(20, 200)
        # Letters come in at an hour that is known.
        on = f"{_text(day)}T{rng.randint(9, 17):02}:{rng.randrange(60):02}+01:00"
        sender = rng.choice(words.SENDERS)
        said = {"sender": sender, "regarding": [name]}
        line = story.line("response.received", f"response/{slug}", on, **said)
        story.begin(once(Fact(day, line)))
    if story.happens(0.12):
        story.begin(proposed(story, slug, name, meets))


def once(fact: Fact) -> Life:
    """A life of one fact."""
    yield fact


def prepared(story: Story, name: str, submitted: Day, meets: Day) -> Life:
    """What is done with a motion before the meeting."""
    rng, day = story.rng, submitted
    if story.happens(0.4):
        day = rng.randint(day, meets)
        yield Fact(day, story.line("motion.admitted", name, day))
    if story.happens(0.25):
        digest = f"{rng.getrandbits(256):064x}"
        if day < meets and story.happens(0.4):  # found in the papers afterwards
            on = rng.randint(day, meets - 1)
            line = story.line("motion.amended", name, on, text_digest=digest)
            story.begin(once(Fact(meets + rng.randint(30, 400), line)))
        else:
            on = rng.randint(day, meets)
            yield Fact(on, story.line("motion.amended", name, on, text_digest=digest))


def decided_on(story: Story, body: Body, name: str, day: Day) -> Generator[Fact, int, Day]:
    """The day of the vote: that of the meeting, or of a later one."""
    drawn = story.rng.random()
    if drawn < 0.12:
        if drawn < 0.07:
            later = body.later(day)
            until = _text(later) if story.happens(0.5) else None
            yield Fact(day, story.line("motion.vote-deferred", name, day, until=until))
        else:
            later = body.later(day, 2)
            to = story.rng.choice(words.COMMITTEES)
            yield Fact(day, story.line("motion.referred", name, day, to=to))
        day = later
        yield Fact(day, story.line("motion.resumed", name, day))
    return day


def adopted(story: Story, body: Body, slug: str, day: Day) -> Life:
    """An adoption, now and then misheard at first, and what follows from it."""
    rng, name = story.rng, f"motion/{slug}"
    misheard = story.happens(0.01)
    now = day
    announced = story.line(
        "motion.adopted",
        name,
        day,
        meeting=body.meeting(day),
        tally=tally(story, body, adopts=True) if story.happens(0.8) else None,
        as_amended=story.happens(0.1),
        by_acclamation=story.happens(0.05),
    )
    denied = story.line("motion.rejected", name, day, meeting=body.meeting(day))
    if misheard and story.happens(0.5):
        position = yield Fact(day, announced, passing=True)
        found = day + rng.randint(1, 20)
        yield Fact(found, {**denied, "corrects": position}, passing=True)
        return
    if misheard:
        position = yield Fact(day, denied, passing=True)
        now = day + rng.randint(1, 20)
        yield retraction(story, name, now, position, passing=True)
    yield Fact(now, announced)
    stands = story.happens(0.985)
    if stands:  # another motion may rest on it, so nobody takes it back
        body.adopted.append(name)
    for number in range(1, 1 + rng.choice((0, 1, 1, 2, 2, 2, 3, 4))):
        story.begin(mandate(story, f"mandate/{slug}.{number}", name, day, now))
    if story.happens(0.04):
        story.begin(blockade(story, body, slug, day, now))
    if not stands:
        now = body.later(now, rng.randint(1, 8))
        line = story.line("motion.rescinded", name, now, meeting=body.meeting(now))
        yield Fact(now, line)
        return
    yield from followed(story, body, name, now)


def followed(story: Story, body: Body, name: str, day: Day) -> Life:
    """What later meetings do with an adopted motion."""
    rng = story.rng
    while True:
        day = body.later(day, rng.randint(1, 4))
        meeting, drawn = body.meeting(day), rng.random()
        if drawn < 0.42:
            pending = rng.sample(words.PENDING, rng.randint(0, 2))
            review = _text(body.later(day)) if story.happens(0.3) else None
            why = {"pending": pending, "review_on": review}
            yield Fact(day, story.line("motion.held-over", name, day, meeting=meeting, **why))
            if story.happens(0.15):
                day += rng.randint(3, 25)
                yield Fact(day, story.line("motion.resumed", name, day))
        elif drawn < 0.80:
            light = body.newest if story.happens(0.1) and body.newest != name else None
            line = story.line("motion.completed", name, day, meeting=meeting, in_light_of=light)
            yield Fact(day, line)
            if story.happens(0.97):
                return
            day += rng.randint(5, 60)
            yield Fact(day, story.line("motion.reopened", name, day))
        elif drawn < 0.86 and body.adopted[-1] != name:
            yield Fact(day, story.line("motion.superseded", name, day, by=body.adopted[-1]))
            return
        elif drawn < 0.89:
            yield Fact(day, story.line("motion.lapsed", name, day))
            return
        elif drawn < 0.94:
            yield Fact(day, story.line("motion.force-extended", name, day, until=_until(rng, day)))
        else:
            return  # nothing more is heard of it


def _until(rng: Random, day: Day) -> Line:
    kind = rng.choice(("exact", "at-least", "until-event"))
    if kind == "until-event":
        return {"kind": kind, "event": rng.choice(words.EVENTS)}
    return {"kind": kind, "when": _text(day + rng.randint(180, 720))}


def tally(story: Story, body: Body, *, adopts: bool) -> Line:
    """A count that comes to the announced result."""
    rng = story.rng
    absent = rng.randint(0, body.votes // 6)
    abstained = rng.randint(0, 2)
    cast = body.votes - absent - abstained
    fewer = rng.randint(0, (cast - 1) // 2)
    in_favour, against = (cast - fewer, fewer) if adopts else (fewer, cast - fewer)
    count_ = {"in_favour": in_favour, "against": against, "abstained": abstained}
    count_ |= {"absent": absent, "electorate": body.votes}
    if story.happens(0.02):
        chosen = ("in-favour", in_favour), ("against", against)
        called = zip(words.MOVERS, (c for c in chosen if c[1]), strict=False)
        roll = [{"member": who, "choice": what, "weight": n} for who, (what, n) in called]
        return {"in_favour": in_favour, "against": against, "unit": "leden", "roll_call": roll}
    return count_


# --- mandates, blockades, proposals -----------------------------------------------------


def mandate(story: Story, name: str, by: str, day: Day, now: Day) -> Life:
    """A task, the reports on it, some of which come late, and how it ends, if it does."""
    rng, given = story.rng, day
    condition = rng.choice(words.CONDITIONS) if story.happens(0.12) else None
    line = story.line(
        "mandate.given",
        name,
        given,
        motion=by,
        task=words.task(rng),
        addressee=rng.choice(words.ADDRESSEES),
        due=_due(rng, given) if story.happens(0.7) else None,
        condition=condition,
    )
    yield Fact(now, line)
    day = now
    if condition and story.happens(0.8):
        day += rng.randint(10, 200)
        line = story.line("mandate.condition-met", name, day)
        if story.happens(0.1):
            story.begin(once(Fact(day + rng.randint(150, 500), line)))
        else:
            yield Fact(day, line)
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
        day += rng.randint(20, 150)
        on: Day | str = day
        if story.happens(0.05) and (last := _month_before(day)) > given:
            on = _month(last)
        line = story.line("mandate.progressed", name, on)
        line["note"] = rng.choice(words.PROGRESS)
        earliest = given if on == day else None
        if story.happens(0.04):
            story.begin(once(Fact(day + rng.randint(150, 600), line, earliest)))
        else:
            yield Fact(day, line, earliest)
    yield from ended(story, name, day + rng.randint(5, 120))


def _month_before(day: Day) -> Day:
    """The last day of the month before."""
    return day - date.fromordinal(day).day


def ended(story: Story, name: str, day: Day) -> Life:
    """How a task ends: done, partly done, given up, let go, or in silence."""
    rng, drawn = story.rng, story.rng.random()
    evidence = [f"{rng.choice(words.EVIDENCE)}, {_text(day)}"]
    if drawn < 0.2:
        yield Fact(day, story.line("mandate.partly-fulfilled", name, day, evidence=evidence))
        if story.happens(0.5):
            return
        day += rng.randint(30, 300)
    if drawn < 0.65:
        yield Fact(day, story.line("mandate.fulfilled", name, day, evidence=evidence))
    elif drawn < 0.73:
        yield Fact(day, story.line("mandate.not-fulfilled", name, day))
    elif drawn < 0.82:
        yield Fact(day, story.line("mandate.waived", name, day))


def _due(rng: Random, day: Day) -> Line | str:
    drawn, edge = rng.random(), day + rng.randint(90, 500)
    if drawn < 0.4:
        return {"before": _text(edge)}
    if drawn < 0.8:
        return _month(edge) if drawn < 0.6 else _text(edge)
    if drawn < 0.9:
        return {"by": _text(edge), "event": rng.choice(words.EVENTS)}
    return {"event": rng.choice(words.EVENTS)}


def blockade(story: Story, body: Body, slug: str, day: Day, now: Day) -> Life:
    """Something the association forbids itself until, mostly, it no longer does."""
    rng, name, by = story.rng, f"blockade/{slug}", f"motion/{slug}"
    release = rng.choice(words.CONDITIONS) if story.happens(0.7) else None
    scope = f"{rng.choice(words.ACTS)} {rng.choice(words.TOPICS)}"
    line = story.line("blockade.imposed", name, day, by=by, scope=scope, release_condition=release)
    yield Fact(now, line)
    day = now
    for part in (rng.choice(words.EVENTS), None):
        if release and story.happens(0.5):
            day += rng.randint(20, 200)
            yield Fact(day, story.line("blockade.condition-met", name, day, part=part))
    if story.happens(0.3):
        return
    day = body.later(day)
    proposal = f"proposal/{slug}-opheffen"
    text = f"Hef op: {scope}"
    yield Fact(
        day, story.line("proposal.made", proposal, day, by="Bestuur", text=text, regarding=[name])
    )
    yield Fact(day, story.line("blockade.lift-proposed", name, day, by=proposal))
    day = body.later(day)
    if story.happens(0.2):
        meeting = body.meeting(day)
        yield Fact(day, story.line("proposal.rejected", proposal, day, meeting=meeting))
        return
    yield Fact(day, story.line("proposal.accepted", proposal, day, meeting=body.meeting(day)))
    if story.happens(0.3):
        yield Fact(day, story.line("blockade.lift-ordered", name, day, by=by))
        day += rng.randint(10, 60)
    successor = None
    if story.happens(0.15):
        successor = f"{name}-2"
        yield Fact(day, story.line("blockade.imposed", successor, day, by=by, scope=scope))
    conditions = rng.sample(words.PENDING, rng.randint(0, 2))
    line = story.line(
        "blockade.lifted", name, day, by=by, conditions=conditions, replaced_by=successor
    )
    yield Fact(day, line)


def proposed(story: Story, slug: str, about: str, day: Day) -> Life:
    """A proposal of the board, and what becomes of it."""
    rng, name = story.rng, f"proposal/{slug}"
    text = f"{rng.choice(words.ACTS)} {rng.choice(words.TOPICS)}"
    yield Fact(
        day, story.line("proposal.made", name, day, by="Bestuur", text=text, regarding=[about])
    )
    day += rng.randint(14, 150)
    drawn = rng.random()
    if drawn < 0.9:
        outcome = "accepted" if drawn < 0.65 else "rejected"
        yield Fact(day, story.line(f"proposal.{outcome}", name, day))


# --- second thoughts --------------------------------------------------------------------


def retraction(
    story: Story, subject: str, day: Day, position: int, *, passing: bool = False
) -> Fact:
    """A fact that takes a record back."""
    reason = story.rng.choice(words.REASONS)
    line = story.line("record.retracted", subject, day, position=position, reason=reason)
    return Fact(day, line, passing=passing)


def taken_back(story: Story, fact: Fact, position: int) -> Life:
    """A retraction; now and then it was a mistake itself."""
    rng, subject = story.rng, fact.line["subject"]
    day = fact.day + rng.randint(1, 200)
    mistaken = "corrects" not in fact.line and story.happens(0.1)
    position = yield retraction(story, subject, day, position, passing=True)
    if mistaken:
        yield retraction(story, subject, day + rng.randint(1, 60), position, passing=True)


def corrected(story: Story, fact: Fact, position: int) -> Life:
    """The same fact, said better: another day where nothing forbids it, or another detail."""
    rng, line = story.rng, {**fact.line, "corrects": position}
    data = line["data"] = dict(line.get("data", {}))
    if fact.earliest is not None and story.happens(0.5):
        on = date.fromisoformat(line["on"]).toordinal()
        line["on"] = _text(rng.randint(max(fact.earliest, on - 30), on))
    elif "tally" in data and data["tally"].get("absent"):
        count_ = data["tally"]
        data["tally"] = count_ | {
            "absent": count_["absent"] - 1,
            "abstained": count_["abstained"] + 1,
        }
    elif "title" in data:
        data["title"] += " (herzien)"
    elif "due" in data:
        data["due"] = {"event": rng.choice(words.EVENTS)}
    else:
        line["source"] = {"title": "Vastgestelde notulen", "assertion": "stated"}
    if not data:
        del line["data"]
    yield Fact(fact.day + rng.randint(1, 300), line, fact.earliest)


# --- the command ------------------------------------------------------------------------


def write(lines: Iterator[Line], path: Path, total: int) -> None:
    """Write lines to a file, and tell how far it is."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for number, line in enumerate(lines, start=1):
            file.write(encode(line) + b"\n")
            if number % 50_000 == 0 or number == total:
                sys.stderr.write(f"\r{number:,} of {total:,} records")
    sys.stderr.write("\n")


def main() -> None:
    """Write a history to a file."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.generate",
        description="Write a synthetic, lawful history of an association as JSON Lines.",
    )
    parser.add_argument(
        "--records",
        type=int,
        default=10_000,
        help="how many lines, the opening among them; about ten make a motion (default: 10000)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="same seed and size, same bytes (default: 1)"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write")
    given = parser.parse_args()
    write(facts(given.records, given.seed), given.output, given.records)


if __name__ == "__main__":
    main()
