"""What writes the ledgers of a folder, once:
`PYTHONHASHSEED=0 PYTHONPATH=src python written_by.py FOLDER [LEDGER]...`.

It was run under Python 3.11.7 with SQLite 3.40.1 with the last version that wrote format 1
(commit a1e3f70), and with the first that wrote format 2 and that writes format 3. Clock and
chance are fixed, so the same code writes the same bytes. Beside each ledger it puts what that
code said of it: `told` below says what the keys mean.
"""

import json
import random
import shutil
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve

import govledger.ledger
import govledger.recording
from govledger import *
from govledger.codec import ENTRY_LIMIT, encode, entry_bytes
from govledger.dataset import import_dataset, ledger_options, load
from govledger.events import VOCABULARY
from govledger.interchange import jsonl
from govledger.storage.sqlite import FORMAT

BALV = Path(__file__).parents[2] / "examples" / "vng_balv_2018" / "balv-2018.yaml"
AMSTERDAM = "Europe/Amsterdam"


CHANCE = random.Random(3)
for module, salt in ((govledger.ledger, "_salt"), (govledger.recording, "new_salt")):
    if hasattr(module, salt):  # of format 3; where it stands, that has changed
        setattr(module, salt, lambda: CHANCE.randbytes(16))


class Clock:
    """Stands still until it is set."""

    def __init__(self, at):
        self.set(at)

    def set(self, at):
        self.now = datetime.fromisoformat(at).replace(tzinfo=UTC)

    def __call__(self):
        return self.now


def flag(ledger, *events):
    return ledger.record(*events, breaches="flag")


# --- the ledgers: each function writes one, and gives the dates and the stages to ask of --


def empty(path):
    Ledger.open(path, clock=Clock("2024-01-01T12:00"), timezone=AMSTERDAM).close()
    return ["2023-12-31", "2024-01-01", "2024-06-01"], [None, 0, 1, "2023-12-31", "2024-01-01"]


def balv(path):
    dataset = load(BALV)
    clock = Clock("2019-06-30T12:00")
    with Ledger.open(path, clock=clock, **ledger_options(dataset)) as ledger:
        import_dataset(ledger, dataset)
    return (
        "2018-06-26 2018-06-27 2018-11-06 2018-11-29 2018-11-30 2019-03-01 2019-06-05".split(),
        [None, 1, 12, 30, 45],
    )


def flagged(path):
    """Breaches on the books: standing, healed by a late fact, brought by one, taken back."""
    clock = Clock("2024-01-02T09:00")
    with Ledger.open(
        path, clock=clock, name="flagged", timezone=AMSTERDAM, profile="vng@1"
    ) as ledger:
        ledger.record(
            MeetingConvened("spring", title="Spring assembly", body="ALV", on="2024-03-10"),
            MeetingConvened("board", title="Board in March", body="Bestuur", on="2024-03-20"),
            *(
                MotionSubmitted(slug, title=slug.title(), meeting="spring", on="2024-03-01")
                for slug in "tally roll old new shut twice".split()
            ),
            key="opening",
        )
        clock.set("2024-03-11T09:00")
        flag(  # wrong tallies
            ledger,
            MotionAdopted("tally", tally={"in_favour": 10, "against": 20}, on="2024-03-10"),
            MotionRejected(
                "roll",
                tally={
                    "in_favour": 3,
                    "against": 4,
                    "abstained": 1,
                    "electorate": 7,
                    "roll_call": [
                        {"member": "Aalst", "choice": "in-favour", "weight": 2},
                        {"member": "Borne", "choice": "against", "weight": 4},
                        {"member": "Cuijk", "choice": "absent"},
                    ],
                },
                on="2024-03-10",
            ),
        )
        flag(  # unknown references, and one to itself
            ledger,
            MotionSubmitted("nowhere", title="Nowhere", meeting="nowhere", on="2024-03-01"),
            MandateGiven(
                "lost.1", motion="lost", task="Find it", addressee="Board", on="2024-03-10"
            ),
            MotionReplaced("twice", by="twice", on="2024-03-10"),
        )
        flag(  # illegal transitions
            ledger,
            MotionSubmitted("twice", title="Twice, again", on="2024-03-11"),
            MotionRejected("shut", on="2024-03-10"),
            MotionCompleted("shut", on="2024-03-12"),
            MotionReopened("tally", on="2024-03-12"),
            MotionAdmitted("roll", on="2024-03-12"),
        )
        flag(  # known only by what is unlawful
            ledger,
            MotionAliasNoted("ghost", alias="The ghost", on="2024-03-10"),
            MandateProgressed("ghost.1", note="Begun", on="2024-03-11"),
            BlockadeLifted("ghost", by="tally", on="2024-03-12"),
            ProposalAccepted("ghost", meeting="spring", on="2024-03-12"),
        )
        clock.set("2024-04-02T09:00")
        flag(  # adopted, and submitted on the record only later
            ledger,
            MotionAdopted("late", meeting="spring", on="2024-03-10"),
            MotionAdopted("old", on="2024-03-10"),
            MotionSuperseded("old", by="new", on="2024-03-15"),
            MotionCompleted("tally", meeting="board", on="2024-03-20"),
            MandateGiven(
                "tally.1",
                motion="tally",
                task="Count",
                addressee="Board",
                due="2024-04",
                on="2024-03-10",
            ),
            MandateFulfilled("tally.1", on="2024-05-10"),
            MandateConditionMet("tally.1", on="2024-04-01"),
            BlockadeImposed("spending", by="new", scope="Spending", on="2024-03-11"),
            BlockadeConditionMet("spending", on="2024-03-12"),
        )
        clock.set("2024-05-02T09:00")
        ledger.record(MotionSubmitted("late", title="Late", meeting="spring", on="../2024-03-09"))
        ledger.record(MotionAdopted("new", on="2024-03-14"))  # heals what another record says
        ledger.record(MotionSubmitted("lost", title="Lost, and found", on="2024-03-08"))
        clock.set("2024-06-03T09:00")
        flag(ledger, MotionWithdrawn("new", on="2024-03-13"))  # and this breaks it again
        flag(ledger, MotionWithdrawn("late", on="2024-03-09T20:00+01:00"))
        (taken_back,) = flag(ledger, MotionResumed("old", on="2024-05-01"))
        clock.set("2024-07-01T09:00")
        ledger.retract(taken_back.position, reason="It was another motion", on="2024-06-30")
        (wrong,) = (
            r for r in ledger.log() if r.type == "motion.adopted" and r.subject == "motion/tally"
        )
        ledger.record(
            evolve(wrong.event, tally={"in_favour": 20, "against": 10}, corrects=wrong.position)
        )
        ledger.record(
            ProposalMade(
                "vote", by="Board", text="Vote again", regarding="motion/tally", on="2024-06-01"
            )
        )
    return (
        "2024-03-01 2024-03-09 2024-03-10 2024-03-12 2024-03-20 2024-05-01 2024-07-01".split(),
        [None, 9, 14, 23, "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"],
    )


def withdrawn(path):
    """Taken back, brought back and said better, late, and in every form of time."""
    clock = Clock("2018-06-01T08:00")
    with Ledger.open(path, clock=clock, name="withdrawn", timezone=AMSTERDAM) as ledger:

        def say(at, *events, **options):
            clock.set(at)
            return ledger.record(*events, **options)[0].position

        def retract(at, position, reason, **options):
            clock.set(at)
            return ledger.retract(position, reason=reason, **options).position

        # Taken back, and brought back.
        say("2018-06-02T08:00", MeetingConvened("alv", title="ALV", on="2018-06-27"))
        say(
            "2018-06-28T09:00",
            MotionSubmitted("a", title="A", meeting="alv", on="../2018-06-27"),
            MotionSubmitted("b", title="B", on="2018-06"),
            MotionSubmitted("c", title="C", on="2018-06-15T00:00:00.5-05:00"),
            MotionSubmitted("h", title="H", on="2018"),
            MotionSubmitted("d", title="D", on="../2018-06"),
            MotionSubmitted("e", title="E", on="2018-06-20T10:00+02:00"),
            key="submitted",
        )
        adopted = say("2018-06-28T10:00", MotionAdopted("a", on="2018-06-27T14:30+02:00"))
        back = retract("2018-06-29T09:00", adopted, "The vote was about another motion")
        again = retract("2018-06-30T09:00", back, "It was about this one", on="2018-06-30")
        retract("2018-07-01T09:00", again, "It was not after all", key="third-thoughts")
        say("2018-07-02T09:00", MotionAdopted("a", on="2018-06-27T12:30:00.000001Z"))
        # Said better, and better still.
        titled = say("2018-07-03T09:00", MotionSubmitted("f", title="First", on="2018-05-01"))
        better = say(
            "2018-07-04T09:00",
            MotionSubmitted("f", title="Second", on="2018-05-02", corrects=titled),
        )
        best = say(
            "2018-07-05T09:00",
            MotionSubmitted(
                "f", title="Third", on="2018-05-03", movers=["X", "Y"], corrects=better
            ),
        )
        retract("2018-07-06T09:00", best, "The second was right")
        say("2018-07-07T09:00", MotionAdopted("f", on="2018-05-20"))
        # Another outcome of the same vote.
        vote = say("2018-07-08T09:00", MotionAdopted("e", on="2018-06-27T23:59:59+02:00"))
        vote = say("2018-07-09T09:00", MotionRejected("e", on="2018-06-27T22:00Z", corrects=vote))
        say("2018-07-10T09:00", MotionAdopted("e", on="2018-06-28", corrects=vote))
        # A retraction with a better reason, and one that meant another record.
        other = say("2018-07-11T09:00", MotionAliasNoted("b", alias="Bee", on="2018-07-01"))
        third = say("2018-07-11T10:00", MotionAliasNoted("b", alias="Bea", on="2018-07-01"))
        out = retract("2018-07-12T09:00", other, "Wrong", on="2018-07-12")
        out = say(
            "2018-07-13T09:00",
            RecordRetracted(
                "motion/b", position=other, reason="No such name", on="2018-07-12", corrects=out
            ),
        )
        say(
            "2018-07-14T09:00",
            RecordRetracted(
                "motion/b", position=third, reason="This one", on="2018-07-12", corrects=out
            ),
        )
        # Of one day: in the order of the log, a correction where the corrected stood.
        day = "2018-08-15"
        first = say("2018-08-16T09:00", MotionReferred("c", to="Committee", on=day))
        ledger.record(MotionResumed("c", on=day), MotionVoteDeferred("c", until="2018-09", on=day))
        ledger.record(
            MotionResumed("c", on=day), MotionAdopted("c", on=day), MotionHeldOver("c", on=day)
        )
        say("2018-08-17T09:00", MotionReferred("c", to="Council", on=day, corrects=first))
        # Late facts, between and before the others.
        say("2018-09-01T09:00", MotionAmended("c", text_digest="ab" * 32, on="2018-07-20"))
        say("2018-09-02T09:00", MotionAdmitted("f", on="2018-05-19T23:30-05:00"), breaches="flag")
        say("2018-09-03T09:00", MotionSubmitted("g", title="G", on="2017"))
        say("2018-09-04T09:00", MotionAdopted("g", on="../2018-06-27"))
        # A mandate and a blockade whose ground moves.
        given = MandateGiven(
            "g.1",
            motion="g",
            task="Ask",
            addressee="Board",
            due={"before": "2018-10"},
            on="2018-07",
        )
        task = say("2018-09-05T09:00", given)
        say("2018-09-06T09:00", evolve(given, due=Due(by="2018-10-28T03:00+01:00"), corrects=task))
        say("2018-09-07T09:00", BlockadeImposed("x", by="g", scope="X", on="2018-07-01"))
        lift = say(
            "2018-09-08T09:00", BlockadeLifted("x", by="a", on="2018-09-01"), breaches="flag"
        )
        retract("2018-09-09T09:00", lift, "It still stands", on="2018-09-09")
        # Whatever is left with nothing, or comes to an end by itself.
        alone = say("2018-09-10T09:00", StatementMade("s", by="Mayor", note="Yes", on="2018-09-01"))
        retract("2018-09-11T09:00", alone, "Never said", on="2018-09-02")
        say(
            "2018-09-12T09:00",
            MotionForceExtended(
                "g", until={"kind": "exact", "when": "2018-10-27"}, on="2018-09-12"
            ),
        )
        held = say("2018-10-28T00:30", MotionCompleted("g", on="2018-10-28T02:30+02:00"))
        say("2018-10-28T01:30", MotionCompleted("g", on="2018-10-28T02:30+01:00", corrects=held))
    return (
        "2017-12-31 2018-05-03 2018-06-27T12:30Z 2018-06-27 2018-06-30 2018-07-12 2018-08-15"
        " 2018-10-27 2018-10-28T01:00Z 2018-12-31".split(),
        [None, *range(2, 40, 3), "2018-06-29", "2018-07-13T09:00Z", "2018-08-16", "2018-09-08"],
    )


def profiles(path):
    """Whose rules hold when, with a change that was recorded late and one taken back."""
    clock = Clock("2020-01-01T12:00")
    with Ledger.open(path, clock=clock, name="profiles", timezone=AMSTERDAM) as ledger:
        tie = {"in_favour": 5, "against": 5}

        def vote(slug, outcome, on, **more):
            return MotionSubmitted(slug, title=slug.title(), on=on), outcome(slug, on=on, **more)

        ledger.record(MeetingConvened("board", title="Board", body="Board", on="2020-01-15"))
        ledger.record(*vote("general", MotionRejected, "2020-02-01", tally=tie))
        ledger.record(
            *vote("held", MotionAdopted, "2020-02-02"), MotionHeldOver("held", on="2020-03-01")
        )
        ledger.record(MotionCompleted("held", meeting="board", on="2020-03-02"))
        clock.set("2020-07-01T12:00")
        ledger.record(LedgerProfileChanged(profile="vng@1", on="2020-06-01", note="We are the VNG"))
        ledger.record(
            *vote("vng", MotionAdopted, "2020-07-01"), MotionHeldOver("vng", on="2020-07-02")
        )
        flag(ledger, MotionCompleted("vng", meeting="board", on="2020-08-01"))
        clock.set("2021-01-01T12:00")
        (house,) = ledger.record(LedgerProfileChanged(profile="parliament@1", on="2021-01-01"))
        ledger.record(*vote("house", MotionAdopted, "2021-02-01"))
        flag(ledger, MotionHeldOver("house", on="2021-03-01"))
        flag(ledger, *vote("tied", MotionRejected, "2021-04-01", tally=tie))
        ledger.record(MotionSubmitted("put-off", title="Put off", on="2021-04-02"))
        ledger.record(MotionVoteDeferred("put-off", until="2021-05", on="2021-04-03"))
        clock.set("2021-06-01T12:00")
        # Recorded late: it judges what was recorded before, and what is dated before that.
        flag(ledger, LedgerProfileChanged(profile="parliament@1", on="2020-07-02T00:00+02:00"))
        flag(ledger, LedgerProfileChanged(profile="vng@1", on="../2020-01-31"))
        clock.set("2021-09-01T12:00")
        (back,) = ledger.record(LedgerProfileChanged(profile="vng@1", on="2021-08-01"))
        ledger.record(
            *vote("last", MotionAdopted, "2021-08-02"), MotionHeldOver("last", on="2021-08-03")
        )
        clock.set("2021-10-01T12:00")
        ledger.retract(back.position, reason="The house stayed", on="2021-09-30", breaches="flag")
        clock.set("2021-11-01T12:00")
        flag(ledger, evolve(house.event, on="2021-02-15", corrects=house.position))
    return (
        "2020-01-31 2020-03-02 2020-07-02 2020-08-01 2021-03-01 2021-05-01 2021-12-31".split(),
        [None, 7, 13, 20, "2020-12-31", "2021-05-31", "2021-06-30", "2021-09-30", "2021-10-31"],
    )


# --- the wide one -----------------------------------------------------------------------

WORDS = (
    "Afval Begroting Überörtlich Naïef Žižkov 日本語 Ελλάδα Ænes Смета e\u0301ducation ½-jaarlijks"
    " “Zorg” façade – wĳk 🏛".split(" ")
)
MOTIONS = [f"m-{n:02}" for n in range(1, 15)]
MANDATES = [f"{slug}.{n}" for slug in MOTIONS[:4] for n in (1, 2)]
BLOCKADES = "agreements spending hiring data".split()
PROPOSALS = "lift budget merge advice".split()
MEETINGS = "alv-2020 alv-2021 alv-2022 balv-2023".split()


def wide(path):
    """Lawful records about forty subjects of every kind, as chance has them."""
    chance = random.Random(1848)
    pick, odds = chance.choice, lambda share: chance.random() < share
    clock = Clock("2020-01-06T09:00")
    seen = Counter()

    def words(most=4):
        return " ".join(pick(WORDS) for _ in range(chance.randint(1, most)))

    def some(names, most=3):
        return chance.sample(names, chance.randint(1, most))

    def digest():
        return sha256(chance.randbytes(8)).hexdigest()

    def tally(adopted):
        calls = [{"member": f"{pick(WORDS)} {n}", "weight": chance.randint(1, 3)} for n in range(9)]
        sides = ["against", "in-favour"]
        for call in calls:
            call["choice"] = pick(
                [sides[adopted]] * 4 + [sides[not adopted], "abstained", "absent"]
            )
        sums = {
            side: sum(call["weight"] for call in calls if call["choice"] == side)
            for side in ("in-favour", "against", "abstained", "absent")
        }
        counted = {side.replace("-", "_"): votes for side, votes in sums.items()}
        return {
            **counted,
            "unit": "votes" if odds(0.5) else "stemmen",
            "electorate": sum(sums.values()) if odds(0.5) else None,
            "roll_call": calls if odds(0.5) else (),
        }

    def moment():
        """When something happened: today for the most part, in all forms; or a while ago."""
        day = clock.now.date()
        if odds(0.15):
            day -= timedelta(days=chance.randint(1, 60))
        form = chance.random()
        if form < 0.6:
            return day.isoformat()
        if form < 0.7:
            return f"../{day}"
        if form < 0.75:
            return f"{day:%Y-%m}"
        return f"{day}T{chance.randint(0, 23):02}:{pick('0134')}0{pick(['Z', '+01:00', '-05:30'])}"

    def due():
        later = clock.now.date() + timedelta(days=chance.randint(-20, 500))
        return pick(
            [
                None,
                {"by": later.isoformat()},
                {"by": f"{later:%Y-%m}", "event": words()},
                {"before": later.isoformat()},
                {"before": f"{later:%Y}"},
                {"event": words()},
                {"by": f"{later}T12:00+02:00"},
            ]
        )

    def until():
        later = (clock.now.date() + timedelta(days=chance.randint(10, 300))).isoformat()
        return pick(
            [
                {"kind": "exact", "when": later},
                {"kind": "exact", "when": later[:7]},
                {"kind": "at-least", "when": later},
                {"kind": "until-event", "event": words()},
            ]
        )

    def a_subject():
        return pick(
            [f"motion/{pick(MOTIONS)}", f"mandate/{pick(MANDATES)}", f"blockade/{pick(BLOCKADES)}"]
        )

    def of_a_motion():
        slug, more = pick(MOTIONS), {"on": moment()}
        meeting = pick([None, None, *MEETINGS])
        return pick(
            [
                lambda: MotionSubmitted(
                    slug, title=words(8), meeting=meeting, movers=some(WORDS), **more
                ),
                lambda: MotionAliasNoted(slug, alias=words(), **more),
                lambda: MotionAdmitted(slug, text_digest=digest(), **more),
                lambda: MotionAmended(slug, text_digest=digest(), **more),
                lambda: MotionVoteDeferred(
                    slug, until=pick([None, "2024-01", "2023-05-01"]), **more
                ),
                lambda: MotionReferred(slug, to=words(), **more),
                lambda: MotionResumed(slug, **more),
                lambda: MotionAdopted(
                    slug, meeting=meeting, tally=tally(True), as_amended=odds(0.3), **more
                ),
                *[lambda: MotionAdopted(slug, by_acclamation=True, **more)] * 4,
                lambda: MotionRejected(slug, tally=tally(False), **more),
                lambda: pick([MotionWithdrawn, MotionLapsed, MotionRescinded])(slug, **more),
                lambda: pick([MotionReplaced, MotionSuperseded])(slug, by=pick(MOTIONS), **more),
                lambda: MotionHeldOver(
                    slug,
                    meeting=meeting,
                    pending=some(WORDS),
                    review_on=pick([None, "2024"]),
                    **more,
                ),
                lambda: MotionCompleted(
                    slug, because=[a_subject()], in_light_of=pick([None, *MOTIONS]), **more
                ),
                lambda: MotionReopened(slug, **more),
                *[lambda: MotionForceExtended(slug, until=until(), **more)] * 3,
            ]
        )()

    def of_a_mandate():
        slug, more = pick(MANDATES), {"on": moment(), "note": words(9)}
        return pick(
            [
                lambda: MandateGiven(
                    slug,
                    motion=slug[:-2],
                    task=words(9),
                    addressee=words(),
                    due=due(),
                    condition=pick([None, words()]),
                    **more,
                ),
                lambda: MandateProgressed(slug, **more),
                lambda: MandateConditionMet(slug, evidence=some(WORDS), **more),
                lambda: MandatePartlyFulfilled(slug, evidence=some(WORDS), **more),
                lambda: pick([MandateFulfilled, MandateNotFulfilled])(
                    slug, evidence=some(WORDS), **more
                ),
                lambda: MandateWaived(slug, **more),
            ]
        )()

    def of_a_blockade():
        slug, more = pick(BLOCKADES), {"on": moment()}
        return pick(
            [
                lambda: BlockadeImposed(
                    slug,
                    by=pick(MOTIONS),
                    scope=words(9),
                    release_condition=pick([None, words(), words()]),
                    **more,
                ),
                lambda: BlockadeConditionMet(slug, part=words(), evidence=some(WORDS), **more),
                lambda: BlockadeConditionMet(slug, **more),
                lambda: BlockadeLiftProposed(slug, by=pick(PROPOSALS), **more),
                lambda: BlockadeLiftOrdered(slug, by=pick(MOTIONS), **more),
                lambda: BlockadeLifted(
                    slug,
                    by=pick(MOTIONS),
                    conditions=some(WORDS),
                    replaced_by=pick([None, *BLOCKADES]),
                    **more,
                ),
            ]
        )()

    def of_the_rest():
        on, about = moment(), [a_subject() for _ in range(chance.randint(0, 2))]
        return pick(
            [
                lambda: MeetingConvened(
                    pick(MEETINGS), title=words(), body="ALV", place="Ede", on=on
                ),
                lambda: ProposalMade(
                    pick(PROPOSALS), by=words(), text=words(9), regarding=about, on=on
                ),
                lambda: pick([ProposalAccepted, ProposalRejected])(
                    pick(PROPOSALS), meeting=pick([None, *MEETINGS]), on=on
                ),
                lambda: ResponseReceived(
                    pick(["cabinet", "senate"]),
                    sender=words(),
                    regarding=about,
                    note=words(),
                    on=on,
                ),
                lambda: AgreementReached(
                    pick(["accord", "pact"]), parties=some(WORDS), regarding=about, on=on
                ),
                lambda: StatementMade(
                    pick(["mayor", "press"]), by=words(), regarding=about, note=words(), on=on
                ),
                lambda: PersonalDataErased(
                    a_subject(), count=2, digests=[digest()], basis="AVG art. 17", on=on
                ),
            ]
        )()

    def of_the_book():
        record = pick(list(ledger.log()))
        if odds(0.4):
            return RecordRetracted(
                record.subject, position=record.position, reason=words(), on=clock.now.date()
            )
        return evolve(record.event, note=words(9), corrects=record.position)

    with Ledger.open(path, clock=clock, name="Wíde", timezone=AMSTERDAM) as ledger:
        makers = [of_a_motion] * 7 + [of_a_mandate] * 3 + [of_a_blockade] * 2
        makers += [of_the_rest] * 2 + [of_the_book]
        while ledger.head() < 299:
            clock.now += timedelta(hours=chance.randint(1, 16), microseconds=chance.randint(0, 9))
            event = pick(makers)()
            if seen[event.type] == 18:  # enough of these
                continue
            if odds(0.2):
                where = {"document": pick(WORDS), "assertion": pick(list(Assertion))}
                if odds(0.5):
                    where |= {"span": (10, 20), "sha256": digest()}
                event = evolve(event, source=where, recorded_by=pick([None, "Griffier"]))
            key = pick([None, None, None, f"{words(2)} {ledger.head()}"])
            try:
                ledger.record(event, key=key)
            except RuleBreach:
                continue
            seen[event.type] += 1
        ledger.record(_as_large_as_can_be(ledger, clock))
    return (
        "2020-01-31 2020-06-30 2021-01-01 2021-07-01T00:00Z 2022-01-01 2023-01-01 2024-12-31".split(),
        [None, 60, 120, 180, 240, "2020-12-31", "2021-12-31"],
    )


def _as_large_as_can_be(ledger, clock):
    """A motion whose note makes its record take every byte that an entry may have."""
    head = ledger.head()

    def motion(note):
        return MotionSubmitted("large", title="As large as can be", note=note, on="2021-06-01")

    def size(note):
        record = Record(position=head + 1, version=1, recorded_at=clock.now, event=motion(note))
        return len(entry_bytes(encode(record)))

    note = "é" * 32_000
    note += "." * (ENTRY_LIMIT - size(note))
    assert size(note) == ENTRY_LIMIT
    return motion(note)


def erased(path):
    """Names in every personal field there is, some of them erased; one came in sealed."""
    clock = Clock("2024-04-01T12:00")
    with Ledger.open(path, clock=clock, timezone=AMSTERDAM) as ledger:
        ledger.record(
            MotionSubmitted(
                "bins",
                title="Bins",
                movers=["Anna Aarts", "Bram Bos"],
                on="2024-03-01",
                recorded_by="Greet Groen",
            ),
            MotionSubmitted("lamps", title="Lamps", movers=["Bram Bos"], on="2024-03-02"),
            MotionReferred("lamps", to="Dirk Dam", on="2024-03-03"),
            MotionAdopted(
                "bins",
                on="2024-03-14",
                tally={
                    "in_favour": 2,
                    "against": 1,
                    "roll_call": [
                        {"member": "Anna Aarts", "choice": "in-favour"},
                        {"member": "Bram Bos", "choice": "against"},
                        {"member": "Carla Cox", "choice": "in-favour"},
                    ],
                },
            ),
            MandateGiven("bins.1", motion="bins", task="Buy", addressee="Eva E.", on="2024-03-14"),
            ProposalMade("lift", by="Fien Fok", text="Let us", on="2024-03-14"),
            StatementMade("why", by="Anna Aarts", note="As said", on="2024-03-15"),
            ResponseReceived("letter", sender="Hans Haan", on="2024-03-16"),
            AgreementReached("deal", parties=[Sealed(43 * "A"), "Bram Bos"], on="2024-03-17"),
        )
        clock.set("2024-04-02T12:00")
        ledger.erase("motion/bins", basis="asked for")
        clock.set("2024-04-03T12:00")
        ledger.erase(name="Bram Bos", basis="asked for, too")
        clock.set("2024-04-04T12:00")
        ledger.record(MotionSubmitted("more", title="More", movers="Bram Bos", on="2024-04-04"))
    return ["2024-03-02", "2024-03-31", "2024-04-04"], [None, 5, 10, 11]


COUNCIL = {
    **{"Aalst": 3, "Borne": 2, "Cuijk": 4, "Dronten": 5, "Ede": 12, "Franeker": 1},
    **{"Goes": 4, "Heerlen": 9, "IJsselstein": 3, "Joure": 2},
}
"""The members of an association, and the votes of each."""


def called(choices, **weights):
    """A roll call of the council, in the order of its names: one letter for each choice."""
    words = {"f": "in-favour", "a": "against", "-": "abstained", ".": "absent"}
    weighed = COUNCIL | weights
    return [
        {"member": member, "choice": words[letter], "weight": weighed[member]}
        for member, letter in zip(COUNCIL, choices, strict=True)
    ]


def votes(path):
    """Roll calls, tallies and acclamations; corrected, withdrawn, erased, and at odds."""
    clock = Clock("2024-01-05T09:00")
    with Ledger.open(path, clock=clock, name="votes", timezone=AMSTERDAM) as ledger:
        slugs = "plain roll members cheers split short full turned back tie none".split()
        ledger.record(
            MeetingConvened("spring", title="Spring assembly", on="2024-03-10"),
            *(
                MotionSubmitted(slug, title=slug.title(), meeting="spring", on="2024-03-01")
                for slug in slugs
            ),
        )
        clock.set("2024-03-11T09:00")
        more = {"meeting": "spring", "on": "2024-03-10"}
        roll = {"in_favour": 20, "against": 16, "abstained": 7, "absent": 2, "electorate": 45}
        ledger.record(
            MotionAdopted("plain", tally={"in_favour": 31, "against": 12}, **more),
            MotionAdopted("cheers", by_acclamation=True, **more),
            MotionAdopted("none", as_amended=True, note="Nobody counted", **more),
            MotionAdopted(
                "roll", tally=roll | {"roll_call": called("af-fffaa-."), "unit": "votes"}, **more
            ),
            MotionRejected(
                "members",
                tally={
                    "in_favour": 1,
                    "against": 2,
                    "abstained": 1,
                    "unit": "members",
                    "roll_call": [
                        {"member": "Zoë Zijl", "choice": "against"},
                        {"member": "Anna Aarts", "choice": "in-favour"},
                        {"member": "Mees Mol", "choice": "abstained"},
                        {"member": "Bram Bos", "choice": "against", "weight": 1},
                    ],
                },
                recorded_by="Griffier",
                source={"title": "Minutes", "assertion": "inferred"},
                **more,
            ),
            key="spring",
        )
        flag(  # what was announced is not what was counted, or called, or there
            ledger,
            MotionAdopted("split", tally=roll | {"in_favour": 13, "against": 25}, **more),
            MotionAdopted("short", tally=roll | {"roll_call": called("af-fffaaa.")}, **more),
            MotionRejected("full", tally=roll | {"in_favour": 2, "electorate": 20}, **more),
        )
        flag(ledger, MotionAdopted("tie", tally={"in_favour": 5, "against": 5}, **more))
        clock.set("2024-03-20T09:00")
        counted = {"in_favour": 24, "against": 21, "roll_call": called("aaaaffffaa")}
        (wrong,) = flag(ledger, MotionRejected("turned", tally=counted, **more))
        counted |= {"in_favour": 26, "against": 19}
        (twice,) = ledger.record(MotionAdopted("back", tally=counted, **more))
        clock.set("2024-04-02T09:00")
        counted = {"in_favour": 21, "against": 24, "roll_call": called("aaaafaffff", Goes=3)}
        (better,) = flag(
            ledger, MotionRejected("turned", tally=counted, corrects=wrong.position, **more)
        )
        clock.set("2024-04-03T09:00")
        counted = {"in_favour": 30, "against": 15, "roll_call": called("aaaafaffff")}
        ledger.record(MotionAdopted("turned", tally=counted, corrects=better.position, **more))
        ledger.retract(twice.position, reason="The vote was put off", on="2024-04-03")
        clock.set("2024-05-01T09:00")
        ledger.erase(name="Bram Bos", basis="asked for", on="2024-05-01")
        ledger.record(MotionAdopted("back", tally=roll, on="2024-05-01"))
    return (
        "2024-03-01 2024-03-10 2024-04-03 2024-05-01".split(),
        [None, 13, 17, 21, 24, "2024-03-12", "2024-04-02"],
    )


def imported(path):
    """What was exported of `votes`, imported elsewhere."""
    lines = path.with_name("votes.jsonl")
    clock = Clock("2024-06-01T09:00")
    with Ledger.open(path, clock=clock, **ledger_options(next(jsonl.read(lines)))) as ledger:
        import_dataset(ledger, jsonl.load(lines), breaches="flag")
    return ["2024-03-01", "2024-03-10", "2024-05-01"], [None, 13, 24]


# --- what the code said -----------------------------------------------------------------


def entries_of(ledger):
    return ledger.entries() if FORMAT > 2 else map(encode, ledger.log())


def told(path, dates, stages):
    """What this code says of a ledger.

    `head`; `file`, the SHA-256 of the file; `entries`, those of the bytes of every entry, in
    order; `root`, that of the tree over them (from format 3 on); `views`, one for each date and
    stage (null: all that is known). A view names the
    subjects and the findings by their number in `described` and `found`.
    """
    described, found, views = {}, {}, []

    def number(pool, value):
        return pool.setdefault(json.dumps(value, ensure_ascii=False, sort_keys=True), len(pool))

    with TemporaryDirectory() as folder, Ledger.open(shutil.copy(path, folder)) as ledger:
        assert ledger.verify()
        entries = [sha256(entry_bytes(entry)).hexdigest() for entry in entries_of(ledger)]
        for as_of in dates:
            for known_at in stages:
                register = ledger.as_of(as_of, known_at)
                subjects = {
                    subject: number(described, register.describe(subject))
                    for subject in register.subjects()
                }
                findings = [
                    number(found, [f.code, f.subject, f.position, f.message])
                    for f in ledger.findings(as_of, known_at)
                ]
                view = {"as_of": as_of, "known_at": known_at}
                views.append(view | {"subjects": subjects, "found": sorted(findings)})
        root = {"root": ledger.checkpoint().root.hex()} if FORMAT > 2 else {}
        return root | {
            "head": ledger.head(),
            "file": sha256(path.read_bytes()).hexdigest(),
            "entries": entries,
            "described": [json.loads(text) for text in described],
            "found": [json.loads(text) for text in found],
            "views": views,
        }


def lined(value):
    """JSON with one line for each item of its lists."""

    def compact(item):
        return json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    parts = []
    for name, item in sorted(value.items()):
        shown = compact(item)
        if isinstance(item, list) and item:
            shown = "[\n" + ",\n".join(map(compact, item)) + "\n]"
        parts.append(f'"{name}":{shown}')
    return "{" + ",\n".join(parts) + "}\n"


def write(folder, *names):
    types = set()
    makers = [balv, empty, flagged, profiles, wide, withdrawn]
    if FORMAT > 2:
        makers += [erased, votes, imported]
    for make in makers:
        if names and make.__name__ not in names:
            continue
        path = folder / f"{make.__name__}.db"
        assert not path.exists(), f"{path} is frozen"
        dates, stages = make(path)
        assert [p.name for p in folder.glob(path.stem + ".db*")] == [path.name]
        said = told(path, dates, stages)
        path.with_suffix(".json").write_text(lined(said), "utf-8")
        with TemporaryDirectory() as copy, Ledger.open(shutil.copy(path, copy)) as ledger:
            types |= {record.type for record in ledger.log()}
            if make is votes:
                with path.with_suffix(".jsonl").open("xb") as lines:
                    jsonl.write(ledger.log(), lines)
    assert names or types == {event.type for event in VOCABULARY}, "a type of event is missing"


if __name__ == "__main__":
    write(Path(sys.argv[1]), *sys.argv[2:])
