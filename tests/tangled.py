"""Tangled histories: a ledger with everything in it that makes a page hard to get right.

Breaches, facts that came late, corrections, retractions of both, deadlines, terms that pass, rules
that change, and change again once it is learned that they did; recorded over many days. And what a
page is compared with: the library's own answers, as JSON."""

import json
from datetime import UTC, date, datetime, timedelta
from random import Random

import attrs

from govledger import (
    Breach,
    GovledgerError,
    Lapse,
    Ledger,
    LedgerProfileChanged,
    MandateGiven,
    MotionAdopted,
    MotionForceExtended,
    MotionHeldOver,
    MotionSubmitted,
    Profile,
)
from govledger.testing.histories import arbitrary

STRICT = Profile(
    name="strict@1",
    title="a club in a hurry",
    lapse=Lapse(undecided="2 months", held_over="6 weeks"),
)
ZONE = "Europe/Amsterdam"


def tangled(seed, rounds=14, **options):
    """A ledger in memory with some two hundred records."""
    rng = Random(seed)
    moment = [datetime(2018, 1, 1, 9, tzinfo=UTC)]
    ledger = Ledger.in_memory(lambda: moment[0], name="tangle", timezone=ZONE, **options)
    ledger.record(*plain())
    for count in range(rounds):
        moment[0] += timedelta(days=rng.choice([0, 1, 17, 40]), hours=rng.choice([0, 5, 14]))
        for event in arbitrary(rng.choice, size=12):
            told(ledger, event, rng)
        if count in (4, 9):
            on = ("2018-09-01", "2018-04-01")[count == 9]
            ledger.record(LedgerProfileChanged(on=on, profile=(STRICT, "vng@1")[count == 9]))
    return ledger


def plain():
    """A motion that comes to everything that takes time."""
    return (
        MotionSubmitted("m1", title="<b>Benches</b>", movers=["Zoe Zijl"], on="../2018-01-10"),
        MotionAdopted("m1", on="2018-02-01"),
        MotionHeldOver("m1", on="2018-03-01", review_on="2018-05"),
        MotionForceExtended("m1", on="2018-03-01", until={"kind": "exact", "when": "2018-06-30"}),
        MotionSubmitted("m2", title="Bins", on="2018-01-31"),
        MandateGiven(
            "m1.1", motion="m1", task="Buy", addressee="Board", due="2018-05", on="2018-02-01"
        ),
        MandateGiven(
            "m1.2",
            motion="m1",
            task="Sell",
            addressee="Board",
            due={"before": "2018-10-28"},
            on="2018-02-01",
        ),
    )


def told(ledger, event, rng):
    """Record an event, mostly; or correct a record with it, or retract one."""
    position = rng.randrange(2, ledger.head() + 1)
    try:
        match rng.randrange(8):
            case 0:
                ledger.retract(position, reason="misread", on=event.on, breaches="flag")
            case 1:
                (record,) = ledger.log(after=position - 1, upto=position)
                ledger.record(
                    attrs.evolve(record.event, on=event.on, corrects=position, note="anew"),
                    breaches="flag",
                )
            case _:
                ledger.record(event, breaches="flag")
    except GovledgerError:
        pass  # of the book itself: withdrawn twice, say


# --- what a page is compared with -----------------------------------------------------------


def moments(ledger, number, seed=1):
    """Days and positions to ask about: around the days on which anything changes."""
    rng = Random(seed)
    days = sorted({span.state.since.day(ledger.zone) for span in ledger.spans()})
    for _ in range(number):
        day = rng.choice(days) + timedelta(days=rng.choice([-1, 0, 0, 1, 20, 100]))
        yield day, rng.randrange(1, ledger.head() + 1)


def statuses(register):
    return {name: word and str(word) for name, word in register.statuses.items()}


def findings(register):
    return [(f.subject, f.code, f.position, isinstance(f, Breach)) for f in register.findings]


def described(register, name):
    """What is said of a subject; the page leaves out what says nothing."""
    said = register.describe(name) or {}
    return {
        k: plainly(v)
        for k, v in said.items()
        if k not in ("id", "findings") and plainly(v) is not None
    }


def plainly(value):
    return None if value in (None, "", [], False) else json.loads(json.dumps(value))


def reasons(explanation):
    return [
        (r.record.position, r.decides, r.late, r.withdrawn_by, r.corrected, r.reason)
        for r in explanation.reasons
    ]


def changes(found):
    return sorted((c.subject, c.field, said(c.before), said(c.after)) for c in found)


def said(value):
    return json.dumps(plainly(value), sort_keys=True)


def last_day(ledger):
    return max(span.state.since.day(ledger.zone) for span in ledger.spans()) + timedelta(days=1)


DAY_ONE = date(2018, 1, 1)
