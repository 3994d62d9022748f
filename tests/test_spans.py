"""Registers are answered from spans: they say what a replay of the log says, whatever was
told, and in whatever order; and a span that does not follow from the log is found."""

import random
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from naive_books import NaiveBooks
from oracle import Oracle
from test_storage import MANY, Child, posix
from test_time_machine import (
    DAYS,
    END,
    EVERY,
    OF_KIND,
    PROFILES,
    ZONES,
    fields,
    some_facts,
    some_time,
)

import govledger as g
from govledger.audit import Outcome
from govledger.codec import decode, decode_finding, decode_state
from govledger.events import LEDGER, kind_of, references
from govledger.history import regime, replay, timeline
from govledger.register import register
from govledger.rules import rule_of
from govledger.spans import NEVER, plan
from govledger.state import EVOLVE
from govledger.storage.tables import registers
from govledger.storage.tables.columns import DERIVED_TABLES, IDENTITY
from govledger.when import datetime_of, view_instant

# --- what is told -----------------------------------------------------------------------


class Clock:
    """A clock that moves on by an hour each time it is read."""

    def __init__(self):
        self.now = datetime(2018, 2, 18, 1, 30, tzinfo=UTC)

    def __call__(self):
        self.now += timedelta(hours=1)
        return self.now


def some_call(pick, oracle, story):
    """Events to be recorded together: facts of the day, late ones, or something taken back."""
    sort = pick(
        ["facts"] * 8 + ["late"] * 3 + ["back"] * 4 + ["both", "profile", "context", "erased"]
    )
    if sort == "facts":
        return some_facts(pick, oracle, [DAYS[story]])
    if sort == "late":
        return some_facts(pick, oracle, DAYS)
    if sort == "profile":
        on = some_time(pick, pick(DAYS))
        return [g.LedgerProfileChanged(on=on, profile=pick(PROFILES))]
    if sort == "context":
        about = pick(["motion/m1", "blockade/b1"])
        on = some_time(pick, pick(DAYS))
        return [g.ResponseReceived(pick("rst"), sender="The board", regarding=[about], on=on)]
    if sort == "erased":
        return [
            g.PersonalDataErased(pick(EVERY), on=some_time(pick, pick(DAYS)), count=1, basis="?")
        ]
    back = [taken_back(pick, oracle)]
    return back if sort == "back" else [*back, *some_facts(pick, oracle, DAYS)]


def taken_back(pick, oracle):
    """A record is retracted, or corrected: the same on another day, or something else."""
    standing = oracle.standing(END)
    retractions = [row for row in standing if row.event.type == "record.retracted"]
    target = pick(pick([oracle.rows, standing, standing, retractions or standing]))
    event, subject, kind = target.event, target.event.subject, kind_of(target.event.subject)
    on = pick([event.on, some_time(pick, pick(DAYS))])
    sort = pick(["retracted", "retracted", "moved", "something else"])
    if sort == "retracted":
        return g.RecordRetracted(subject, on=on, position=target.position, reason="Wrong")
    if sort == "moved" or kind not in OF_KIND:
        return attrs.evolve(event, on=on, corrects=target.position)
    cls = pick(OF_KIND[kind])
    told = fields(pick, cls, subject, oracle.words(END))
    return cls(subject, on=on, corrects=target.position, **told)


def tell(ledger, seed, calls):
    """Let things happen in a ledger, mostly in their order and lawful; not all are taken."""
    pick = random.Random(seed).choice
    oracle, story = Oracle(ledger.zone.key), 0
    for record in ledger.log():
        oracle.add(record.position, record.recorded_at, record.event)
    for call in range(calls):
        story = min(story + pick([0, 0, 0, 1, 1, 2]), len(DAYS) - 1)
        events = some_call(pick, oracle, story)
        try:
            key = pick([None, f"{seed}-{call}"])
            added = ledger.record(*events, key=key, breaches=pick(["refuse", "flag", "flag"]))
        except g.RuleBreach:
            continue
        for record in added:
            oracle.add(record.position, record.recorded_at, record.event)


def opened(zone="UTC", profile="general@1"):
    return g.Ledger.in_memory(clock=Clock(), timezone=zone, profile=profile)


HISTORIES = {
    "seed": st.integers(0, 2**32 - 1),
    "calls": st.integers(1, 40),
    "zone": st.sampled_from(ZONES),
    "profile": st.sampled_from(PROFILES),
}
SOME = settings(max_examples=1_000 if MANY else 60, deadline=None)


# --- what it comes to, by definition ----------------------------------------------------


def defined(ledger, records, as_of, known):
    """The register that a replay of what was known gives; its findings in no order."""
    known_then = [r for r in records if r.position <= known]
    told = replay(known_then, ledger.zone, as_of)
    about = [r for r in known_then if r.subject == LEDGER]
    when = {"as_of": as_of, "known_at": known, "zone": ledger.zone}
    held = regime(about, ledger.zone).profile_at(as_of)
    return register(told.states, told.findings, profile=held, **when)


def edges(ledger, records):
    """The instants from which something counts, those just before, and the end of days."""
    since = {record.on.counts_from(ledger.zone) for record in records}
    return sorted(since | {instant - 1 for instant in since} | {view_instant(END, ledger.zone)})


def described(register):
    """Each subject, described; the codes of its findings in no order."""
    found = {subject: register.describe(subject) for subject in register.states}
    return {name: {**said, "findings": Counter(said["findings"])} for name, said in found.items()}


def in_order(register, records):
    """The findings of a register by valid time, then by position.

    A replay gives those on a correction where it gives those on what it corrects: in another
    order, where several records count from one instant.
    """
    since = {record.position: record.on.counts_from(register.zone) for record in records}
    return sorted(register.judged, key=lambda f: (since[f.position], f.position))


def some_views(ledger, records, seed, times=4, heads=6):
    """Some pairs of an instant and a position, calls cut in two among them."""
    chance = random.Random(seed)
    instants, known = edges(ledger, records), range(len(records) + 1)
    for head in {*chance.sample(known, min(heads, len(known))), len(records)}:
        for instant in {*chance.sample(instants, min(times, len(instants))), instants[-1]}:
            yield instant, head


# --- rows -------------------------------------------------------------------------------

TABLES = tuple(DERIVED_TABLES)


def rows(ledger, *tables):
    """Every row of the derived tables of a ledger."""
    with ledger._store.read() as reading:
        ask = reading.session.select
        return {
            table: sorted(ask(f"SELECT {DERIVED_TABLES[table]} FROM {table}"), key=repr)
            for table in tables or TABLES
        }


def spans_of(ledger):
    """The spans of a ledger, by the names of their subjects."""
    names = {row[0]: row[1] for row in rows(ledger, "subjects")["subjects"]}
    found = {name: [] for name in names.values()}
    for subject, since, known_from, known_until, *_, state in rows(ledger, "spans")["spans"]:
        name = names[subject]
        found[name].append((since, known_from, known_until, decode_state(name, state)))
    return {name: sorted(spans, key=lambda s: s[:2]) for name, spans in found.items() if spans}


# --- any date, as known at any position -------------------------------------------------


@SOME
@given(**HISTORIES)
def test_any_date_is_told_as_a_replay_tells_it(seed, calls, zone, profile):
    with opened(zone, profile) as ledger:
        tell(ledger, seed, calls)
        records = list(ledger.log())
        for instant, known in some_views(ledger, records, seed):
            there, then = (
                ledger.as_of(datetime_of(instant), known),
                defined(ledger, records, instant, known),
            )
            assert dict(there.states) == dict(then.states)
            assert dict(there.statuses) == dict(then.statuses)
            assert described(there) == described(then)
            assert list(there.judged) == in_order(then, records)
            assert Counter(there.findings) == Counter(then.findings)
        assert ledger.verify()


@SOME
@given(**HISTORIES)
def test_a_replay_yields_the_states_of_the_register_by_name(seed, calls, zone, profile):
    with opened(zone, profile) as ledger:
        tell(ledger, seed, calls)
        records = list(ledger.log())
        for instant, known in some_views(ledger, records, seed):
            when = datetime_of(instant)
            again = {state.subject: state for state in ledger.replay(when, known)}
            told = replay([r for r in records if r.position <= known], ledger.zone, instant)
            assert again == told.states
            assert list(again) == sorted(ledger.as_of(when, known).states)


@SOME
@given(**HISTORIES)
def test_a_selection_is_that_part_of_the_register(seed, calls, zone, profile):
    with opened(zone, profile) as ledger:
        tell(ledger, seed, calls)
        records = list(ledger.log())
        for instant, known in some_views(ledger, records, seed, times=1, heads=2):
            when = datetime_of(instant)
            whole = ledger.as_of(when, known)

            def part(whole=whole, when=when, known=known, **chosen):
                there = ledger.as_of(when, known, **chosen)
                page = {"after", "limit"} & chosen.keys()
                assert page or list(there.states) == [
                    s for s in whole.states if fits(whole, s, chosen)
                ]
                for subject in there.states:
                    assert there.describe(subject) == whole.describe(subject)
                assert there.statuses == {s: whole.statuses[s] for s in there.states}
                assert there.judged == tuple(f for f in whole.judged if f.subject in there.states)
                return list(there.states)

            for subject in {record.subject for record in records} | {"motion/unheard-of"}:
                part(subject=subject)
            for kind in OF_KIND:
                if kind != "ledger":
                    part(kind=kind)
            with pytest.raises(g.InvalidInput, match="unknown-status"):
                part(status="unheard-of")
            for status in {str(s) for s in whole.statuses.values() if s} | {"adopted", "waived"}:
                part(status=status)
                part(status=status, kind="motion")
            for meeting in ("meeting/v1", "v2", "unheard-of"):
                part(meeting=meeting)
                part(meeting=meeting, status="adopted")
            for limit in (1, 2, 5):
                assert paged(part, limit) == list(whole.states)
                assert paged(part, limit, kind="motion") == part(kind="motion")
                assert paged(part, limit, status="adopted") == part(status="adopted")
                assert paged(part, limit, meeting="v1") == part(meeting="v1")


def fits(register, subject, chosen):
    """Whether a subject of a register is chosen, by definition."""
    state = register.states[subject]
    meeting = chosen.get("meeting", "").removeprefix("meeting/")
    return (
        chosen.get("subject", subject) == subject
        and chosen.get("kind", kind_of(subject)) == kind_of(subject)
        and ("status" not in chosen or str(getattr(state, "status", None)) == chosen["status"])
        and (not meeting or getattr(state, "meeting", None) == f"meeting/{meeting}")
    )


def paged(part, limit, **chosen):
    """The subjects of all pages, one after the other."""
    found = page = part(limit=limit, **chosen)
    while page:
        assert len(page) <= limit
        assert len(found) == len(set(found))
        page = part(limit=limit, after=page[-1], **chosen)
        found = [*found, *page]
    return found


@SOME
@given(**HISTORIES)
def test_new_breaches_are_those_that_a_replay_finds_and_did_not_find_before(
    seed, calls, zone, profile
):
    with opened(zone, profile) as ledger:
        tell(ledger, seed, calls)
        records = list(ledger.log())

    def broken(records):
        found = replay(records, ledger.zone).findings
        return Counter((rule_of(f.code), f.position) for f in found if isinstance(f, g.Breach))

    chance = random.Random(seed)
    for cut in {chance.randrange(len(records)) for _ in range(5)}:
        upto = min(len(records), cut + chance.randint(1, 4))
        held, added = records[:cut], records[cut:upto]
        found = plan(NaiveBooks(held, ledger.zone), added, ledger.zone).breaches
        assert Counter((rule_of(f.code), f.position) for f in found) == (
            broken(records[:upto]) - broken(held)
        )


# --- made again -------------------------------------------------------------------------


@SOME
@given(batch=st.sampled_from([1, 2, 3, 7, 1_000]), **HISTORIES)
def test_what_is_made_again_in_any_batches_is_the_same_row_by_row(
    batch, seed, calls, zone, profile
):
    with opened(zone, profile) as ledger, pytest.MonkeyPatch.context() as patch:
        tell(ledger, seed, calls)
        before = rows(ledger)
        for module in [m for name, m in sys.modules.items() if name.startswith("govledger.")]:
            if hasattr(module, "BATCH"):
                patch.setattr(module, "BATCH", batch)
        seen = []
        assert ledger.verify()
        assert ledger.rebuild(seen.append) == ledger.head()
        assert seen[-1] == ledger.head()
        assert rows(ledger) == before


@SOME
@given(**HISTORIES)
def test_planned_all_at_once_it_is_the_same_as_call_by_call(seed, calls, zone, profile):
    with opened(zone, profile) as ledger:
        tell(ledger, seed, calls)
        records = list(map(decode, ledger.entries()))
        there = rows(ledger)
        names = {row[0]: row[1] for row in there["subjects"]}
        planned = plan(NaiveBooks([], ledger.zone), records, ledger.zone, accepted=True)
        assert (planned.ended, planned.healed) == ((), ())
        assert tuple(planned.mentioned) == tuple(name for _, name in sorted(names.items()))
        assert {(key, *ends) for key, ends in planned.keys.items()} == set(there["keys"])
        assert {
            (named, naming) for named, several in planned.links.items() for naming in several
        } == {(names[named], names[naming]) for named, naming in there["links"]}
        spans = {(s.subject, s.since, s.known_from, s.known_until): s.state for s in planned.spans}
        assert spans == {
            (names[subject], *place): decode_state(names[subject], state)
            for subject, *place, _, _, state in there["spans"]
        }
        judged = Counter((*j.key, j.since, j.known_until, j.finding) for j in planned.judged)
        assert judged == Counter(
            (*place, decode_finding(names[subject], place[0], finding))
            for subject, *place, finding in there["findings"]
        )


# --- what a fact touches ----------------------------------------------------------------


@SOME
@given(**HISTORIES, late=st.booleans(), more=st.integers(0, 2**32 - 1))
def test_a_late_word_rewrites_only_the_spans_of_its_own_subject(
    seed, calls, zone, profile, late, more
):
    pick = random.Random(more).choice
    with opened(zone, profile) as ledger:
        tell(ledger, seed, calls)
        oracle = Oracle(zone)
        for record in ledger.log():
            oracle.add(record.position, record.recorded_at, record.event)
        before = rows(ledger, "spans")["spans"]
        event = pick(some_facts(pick, oracle, DAYS)) if late else taken_back(pick, oracle)
        try:
            (record,) = ledger.record(event, breaches="flag")
        except g.RuleBreach:
            assume(False)
        after = rows(ledger, "spans")["spans"]
        (own,) = (row[0] for row in rows(ledger, "subjects")["subjects"] if row[1] == event.subject)
        assert [row for row in after if row[0] != own] == [row for row in before if row[0] != own]
        # nothing that was known is lost: it only ends to be believed
        kept = {row[:3]: row[3:] for row in after if row[0] == own}
        for *place, known_until, status, meeting, state in (r for r in before if r[0] == own):
            until, *said = kept.pop(tuple(place))
            assert said == [status, meeting, state]
            assert until in ({known_until} if known_until != NEVER else {NEVER, record.position})
        assert {(place[2], until) for place, (until, *_) in kept.items()} <= {
            (record.position, NEVER)
        }


@SOME
@given(**HISTORIES)
def test_what_is_believed_is_one_span_for_every_instant_at_which_something_happened(
    seed, calls, zone, profile
):
    with opened(zone, profile) as ledger:
        tell(ledger, seed, calls)
        records = list(map(decode, ledger.entries()))
        books = NaiveBooks(records, ledger.zone)
        for subject, spans in spans_of(ledger).items():
            believed = [(since, state) for since, _, until, state in spans if until == NEVER]
            assert believed == [(span.since, span.state) for span in books.spans(subject)]
            assert all(known_from < until for _, known_from, until, _ in spans)


@SOME
@given(**HISTORIES)
def test_facts_that_come_in_their_order_add_one_span_each_and_touch_none(
    seed, calls, zone, profile
):
    """In their order, and a meeting is convened before anybody speaks of it."""
    with opened(zone, profile) as told, opened(zone, profile) as ledger:
        tell(told, seed, calls)
        facts = [
            (instant, record.event)
            for instant, record in timeline(list(told.log()), told.zone)
            if type(record.event) in EVOLVE
        ]
        named = {name for _, event in facts for _, name in references(event)}
        facts = [(i, e) for i, e in facts if e.kind != "meeting" or e.subject not in named]
        last = {}
        for instant, event in facts:
            before = rows(ledger, "spans")["spans"]
            (record,) = ledger.record(attrs.evolve(event, corrects=None), breaches="flag")
            after = rows(ledger, "spans")["spans"]
            assert len(after) == len(before) + 1
            if last.get(event.subject) != instant:
                assert set(before) < set(after)
            last[event.subject] = instant


# --- by hand ----------------------------------------------------------------------------


@pytest.fixture
def ledger(new_ledger):
    ledger = new_ledger(clock=Clock())
    yield ledger
    assert ledger.verify()
    before = rows(ledger)
    ledger.rebuild()
    assert rows(ledger) == before


def submitted(slug="m", on="2018-01-01", **more):
    return g.MotionSubmitted(slug, title=f"On {slug}", on=on, **more)


def adopted(slug="m", on="2018-02-01", **more):
    return g.MotionAdopted(slug, on=on, **more)


def told(ledger, subject="motion/m"):
    """The spans of a subject in words: since when it is what, and from when to when believed."""
    lines = []
    for since, known_from, known_until, state in spans_of(ledger).get(subject, ()):
        until = "" if known_until == NEVER else known_until
        status = getattr(state, "status", state.since)
        lines.append(f"{datetime_of(since):%Y-%m-%d} {status} {known_from}-{until}")
    return lines


def word(ledger, as_of=END, known_at=None, slug="m"):
    motion = ledger.as_of(as_of, known_at).motions.get(slug)
    return motion and str(motion.status)


def codes(ledger, known_at=None, as_of=END):
    return [(f.code, f.subject, f.position) for f in ledger.findings(as_of, known_at)]


def test_a_fact_that_follows_adds_one_span_and_touches_none(ledger):
    ledger.record(submitted(), adopted())
    assert told(ledger) == ["2018-01-01 submitted 2-", "2018-02-01 adopted 3-"]
    ledger.record(g.MotionHeldOver("m", on="2018-03-01"))
    assert told(ledger) == [
        "2018-01-01 submitted 2-",
        "2018-02-01 adopted 3-",
        "2018-03-01 held-over 4-",
    ]


def test_a_late_fact_tells_the_days_after_it_anew(ledger):
    ledger.record(submitted(), adopted(on="2018-03-01"), g.MotionHeldOver("m", on="2018-04-01"))
    ledger.record(g.MotionAliasNoted("m", alias="Motion 7", on="2018-02-01"))
    assert told(ledger) == [
        "2018-01-01 submitted 2-",
        "2018-02-01 submitted 5-",
        "2018-03-01 adopted 3-5",
        "2018-03-01 adopted 5-",
        "2018-04-01 held-over 4-5",
        "2018-04-01 held-over 5-",
    ]
    aliases = [ledger.as_of(END, known).motions["m"].aliases for known in (4, 5)]
    assert aliases == [(), ("Motion 7",)]


def test_a_late_fact_leaves_the_days_alone_that_come_out_the_same(ledger):
    ledger.record(submitted(), adopted(on="2018-03-01"), g.MotionHeldOver("m", on="2018-04-01"))
    ledger.record(g.MotionAdmitted("m", on="2018-02-01"), breaches="flag")
    assert told(ledger) == [
        "2018-01-01 submitted 2-",
        "2018-02-01 admitted 5-",
        "2018-03-01 adopted 3-",
        "2018-04-01 held-over 4-",
    ]


def test_a_fact_before_everything(ledger):
    ledger.record(adopted(on="2018-03-01"), breaches="flag")
    ledger.record(submitted(on="1960-01-01"))
    assert told(ledger)[0] == "1960-01-01 submitted 3-"
    assert [word(ledger, "1959-12-31"), word(ledger, "1960-01-01")] == [None, "submitted"]
    assert word(ledger, "1960-01-01", known_at=2) is None
    assert codes(ledger, known_at=2) == [("not-on-record", "motion/m", 2)]
    assert codes(ledger) == []


def test_facts_of_one_day_in_one_call_are_known_one_by_one(ledger):
    ledger.record(submitted(on="2018-01-01"), adopted(on="2018-01-01"))
    assert told(ledger) == ["2018-01-01 submitted 2-3", "2018-01-01 adopted 3-"]
    assert [word(ledger, "2018-01-01", known) for known in (1, 2, 3)] == [
        None,
        "submitted",
        "adopted",
    ]
    assert word(ledger, "2017-12-31") is None


def test_a_call_that_is_known_to_its_middle(ledger):
    ledger.record(
        submitted("m"),
        submitted("n"),
        adopted("m", on="2018-02-01"),
        adopted("n", on="2018-02-01"),
        g.MotionSuperseded("m", by="n", on="2018-02-01"),
    )
    assert [[word(ledger, END, known, slug) for slug in "mn"] for known in range(1, 7)] == [
        [None, None],
        ["submitted", None],
        ["submitted", "submitted"],
        ["adopted", "submitted"],
        ["adopted", "adopted"],
        ["superseded", "adopted"],
    ]


def test_a_call_whose_middle_breaks_a_rule_that_its_end_mends(ledger):
    ledger.record(adopted(), submitted())
    assert codes(ledger, known_at=2) == [("not-on-record", "motion/m", 2)]
    assert codes(ledger) == []


def test_a_subject_without_any_fact_left_is_gone_and_was_there(ledger):
    ledger.record(submitted("m"), submitted("n"))
    ledger.retract(2, reason="Wrong")
    assert told(ledger) == ["2018-01-01 submitted 2-4"]
    assert list(ledger.as_of(END).states) == ["motion/n"]
    assert list(ledger.as_of(END, 3).states) == ["motion/m", "motion/n"]
    assert ledger.as_of(END, subject="motion/m").states == {}
    assert [state.subject for state in ledger.replay(END)] == ["motion/n"]
    assert [page.subjects() for page in pages(ledger, 1)] == [("motion/n",)]
    assert ledger.as_of(END, after="motion/m").subjects() == ("motion/n",)
    assert ledger.record(submitted("m", on="2018-05-01"))
    assert told(ledger) == ["2018-01-01 submitted 2-4", "2018-05-01 submitted 5-"]
    assert list(ledger.as_of(END).states) == ["motion/m", "motion/n"]


def pages(ledger, limit, **chosen):
    seen, page = set(), ledger.as_of(END, limit=limit, **chosen)
    while page.states:
        assert not seen & page.states.keys()
        seen |= page.states.keys()
        yield page
        page = ledger.as_of(END, limit=limit, after=list(page.states)[-1], **chosen)


def test_a_subject_that_was_only_named_is_not_on_record(ledger):
    ledger.record(submitted("m", meeting="v", on="2018-01-01"), breaches="flag")
    assert list(ledger.as_of(END).states) == ["motion/m"]
    assert ledger.as_of(END, subject="meeting/v").states == {}
    assert list(ledger.as_of(END, meeting="v").states) == ["motion/m"]
    assert list(ledger.as_of(END, after="meeting/v").states) == []


def test_a_span_that_is_corrected_back_to_what_it_was(ledger):
    ledger.record(submitted(), adopted())
    ledger.record(g.MotionRejected("m", on="2018-02-01", corrects=3))
    ledger.record(adopted(corrects=4))
    assert told(ledger) == [
        "2018-01-01 submitted 2-",
        "2018-02-01 adopted 3-4",
        "2018-02-01 rejected 4-5",
        "2018-02-01 adopted 5-",
    ]
    assert [word(ledger, known_at=n) for n in (3, 4, 5)] == ["adopted", "rejected", "adopted"]


def test_a_retraction_that_is_retracted_brings_the_days_back(ledger):
    ledger.record(submitted(), adopted())
    ledger.retract(3, reason="Wrong")
    ledger.retract(4, reason="Right after all")
    assert told(ledger) == [
        "2018-01-01 submitted 2-",
        "2018-02-01 adopted 3-4",
        "2018-02-01 adopted 5-",
    ]


def test_a_correction_that_says_the_same_changes_nothing(ledger):
    ledger.record(submitted(), adopted(source={"document": "minutes.pdf"}))
    before = spans_of(ledger)
    ledger.record(adopted(corrects=3, note="Now with a note"))
    assert spans_of(ledger) == before


def test_an_earlier_span_is_corrected_under_later_ones(ledger):
    ledger.record(submitted(), adopted(), g.MotionHeldOver("m", on="2018-04-01"))
    ledger.record(adopted(on="2018-03-01", corrects=3))
    assert [word(ledger, "2018-02-15", known) for known in (4, 5)] == ["adopted", "submitted"]
    assert [word(ledger, "2018-03-15", known) for known in (4, 5)] == ["adopted", "adopted"]
    assert word(ledger) == "held-over"


def test_a_register_of_more_subjects_than_one_statement_can_name(ledger):
    ledger.record(*(submitted(f"m{n}", meeting="v") for n in range(1_100)), breaches="flag")
    for chosen in ({}, {"kind": "motion"}, {"status": "submitted"}, {"meeting": "v"}):
        there = ledger.as_of(END, **chosen)
        assert len(there.states) == len(there.judged) == 1_100
    assert sum(len(page.judged) for page in pages(ledger, 600, kind="motion")) == 1_100
    ledger.record(g.MeetingConvened("v", title="Spring", on="2018-06-01"))
    assert ledger.as_of(END).judged == ()
    assert len(ledger.as_of(END, ledger.head() - 1, kind="motion").judged) == 1_100


# --- findings that others heal and break ------------------------------------------------


def test_a_late_fact_about_another_subject_heals_a_finding(ledger):
    ledger.record(submitted("m"), submitted("n"), adopted("m"))
    ledger.record(g.MotionSuperseded("m", by="n", on="2018-03-01"), breaches="flag")
    assert codes(ledger) == [("successor-not-adopted", "motion/m", 5)]
    spans = rows(ledger, "spans")["spans"]
    ledger.record(adopted("n", on="2018-02-15"))
    assert codes(ledger) == []
    assert codes(ledger, known_at=5) == [("successor-not-adopted", "motion/m", 5)]
    assert set(rows(ledger, "spans")["spans"]) > set(spans)


def test_a_late_fact_about_another_subject_breaks_what_was_fine(ledger):
    ledger.record(submitted("m"), submitted("n"), adopted("m"), adopted("n"))
    ledger.record(g.MotionSuperseded("m", by="n", on="2018-03-01"))
    late = g.MotionRescinded("n", on="2018-02-15")
    with pytest.raises(g.RuleBreach) as refused:
        ledger.record(late)
    assert [(b.code, b.position) for b in refused.value.problems] == [("successor-not-adopted", 6)]
    ledger.record(late, breaches="flag")
    assert codes(ledger) == [("successor-not-adopted", "motion/m", 6)]
    assert codes(ledger, as_of="2018-02-28") == []
    assert codes(ledger, known_at=6) == []
    ledger.retract(7, reason="It was not")
    assert codes(ledger) == []
    assert codes(ledger, known_at=7) == [("successor-not-adopted", "motion/m", 6)]


def test_a_retracted_adoption_breaks_what_rests_on_it_and_a_correction_heals_it(ledger):
    ledger.record(submitted("m"), adopted("m"))
    ledger.record(g.MandateGiven("m.1", motion="m", task="Do", addressee="X", on="2018-02-01"))
    assert codes(ledger) == []
    ledger.record(
        g.RecordRetracted("motion/m", position=3, reason="Wrong", on="2018"), breaches="flag"
    )
    assert [subject for _, subject, _ in codes(ledger)] == ["mandate/m.1"]
    ledger.record(adopted("m", on="2018-01-15"))
    assert codes(ledger) == []
    assert [len(codes(ledger, known_at=n)) for n in (4, 5, 6)] == [0, 1, 0]


def test_a_meeting_that_is_convened_later_heals_those_that_named_it(ledger):
    ledger.record(submitted("m", meeting="v", on="2018-01-01"), breaches="flag")
    ledger.record(submitted("n", meeting="v", on="2018-01-02"), breaches="flag")
    unknown = [("unknown-reference", "motion/m", 2), ("unknown-reference", "motion/n", 3)]
    assert codes(ledger) == unknown
    ledger.record(g.MeetingConvened("v", title="Spring", on="2018-06-01"))
    assert codes(ledger) == []
    assert codes(ledger, known_at=3) == unknown
    ledger.record(
        g.RecordRetracted("meeting/v", position=4, reason="No", on="2018"), breaches="flag"
    )
    assert codes(ledger) == unknown
    assert codes(ledger, known_at=4) == []


def test_another_profile_heals_and_breaks_from_its_day_on(ledger):
    ledger.record(submitted("m"), adopted("m"), g.MotionHeldOver("m", on="2018-06-01"))
    change = g.LedgerProfileChanged(on="2018-05-01", profile="parliament@1")
    ledger.record(change, breaches="flag")
    assert codes(ledger) == [("not-in-profile", "motion/m", 4)]
    ledger.record(attrs.evolve(change, on="2018-06-02", corrects=5))
    assert codes(ledger) == []
    assert codes(ledger, known_at=5) == [("not-in-profile", "motion/m", 4)]


def test_a_profile_that_is_taken_back_heals_the_facts_of_its_very_day(ledger):
    ledger.record(submitted("m"), adopted("m"))
    ledger.record(g.LedgerProfileChanged(on="2018-06-01", profile="parliament@1"))
    ledger.record(g.MotionHeldOver("m", on="2018-06-01"), breaches="flag")
    assert codes(ledger) == [("not-in-profile", "motion/m", 5)]
    ledger.retract(4, reason="Wrong", on="2018-12-31")
    assert codes(ledger) == []


# --- spans that do not follow from the log ----------------------------------------------


@pytest.fixture(scope="module")
def told_before(tmp_path_factory):
    """A ledger in which all sorts of things were said, closed."""
    path = tmp_path_factory.mktemp("told") / "ledger.db"
    with g.Ledger.open(path, clock=Clock(), name="told") as ledger:
        tell(ledger, seed=7, calls=30)
    held = everything(path)
    assert all(len(there) > 3 for table, there in held.items() if table != "calendar")
    assert any(row[3] != NEVER for row in held["spans"])
    assert any(row[5] != NEVER for row in held["findings"])
    return path


@contextmanager
def copied(path):
    """A copy of a closed ledger, for a moment."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "ledger.db"
        copy.write_bytes(path.read_bytes())
        yield copy


ODD = (-1, 0, 1, 2, 3, 5, NEVER, NEVER - 1, None, "", "x", "motion/m1", b"", b"{}", b"\x00", 1.5)


SORTS = ("change", "change", "change", "nudge", "delete", "insert", "swap", "empty")


DAMAGES = st.tuples(
    st.sampled_from([table for table in TABLES if table != "calendar"]),
    st.sampled_from(SORTS),
    st.integers(0, 2**32 - 1),
)


def damage(connection, held, table, sort, pick):
    """Damage a table at random."""
    columns = DERIVED_TABLES[table].split(", ")
    row, other = pick(held[table]), pick(held[table])
    where = " AND ".join(f"{name} IS ?" for name in columns)
    match sort:
        case "change" | "nudge":
            at = pick(range(len(columns)))
            value = pick([*ODD, other[at]])
            if sort == "nudge":
                value = row[at] - pick([-1, 1, 1]) if isinstance(row[at], int) else f"{row[at]} "
                value = min(value, NEVER) if isinstance(value, int) else value
            changed = (*row[:at], value, *row[at + 1 :])
            connection.execute(f"UPDATE {table} SET {columns[at]} = ? WHERE {where}", (value, *row))
        case "delete":
            connection.execute(f"DELETE FROM {table} WHERE {where}", row)
        case "insert":
            at = pick(range(IDENTITY[table]))
            changed = (*row[:at], pick([*ODD, other[at]]), *row[at + 1 :])
            marks = ",".join("?" * len(columns))
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", changed
            )
        case "swap":
            last = columns[-1]
            for this, that in ((row, other), (other, row)):
                connection.execute(
                    f"UPDATE {table} SET {last} = ? WHERE {where}", (that[-1], *this[:-1], this[-1])
                )
        case "empty":
            connection.execute(f"DELETE FROM {table}")


def everything(path, *tables):
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: sorted(
                connection.execute(f"SELECT {DERIVED_TABLES[table]} FROM {table}"), key=repr
            )
            for table in tables or TABLES
        }


def names_of(table, there, held):
    """What a report may call the rows of a table that are not as they were."""
    changed = set(there[table]) ^ set(held[table])
    if table == "keys":
        return {str(row[0]) for row in changed}
    if table == "subjects":
        return {str(row[1]) for row in changed}
    names = {row[0]: row[1] for row in held["subjects"]}
    return {str(names.get(row[0], f"subject {row[0]}")) for row in changed}


@settings(
    max_examples=2_000 if MANY else 100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(damaged=DAMAGES)
def test_any_row_that_does_not_follow_from_the_log_is_found_and_made_again(told_before, damaged):
    held = everything(told_before)
    table, sort, seed = damaged
    with copied(told_before) as copy:
        try:
            with closing(sqlite3.connect(copy)) as connection, connection:
                damage(connection, held, table, sort, random.Random(seed).choice)
        except sqlite3.IntegrityError:
            assume(False)  # the table itself refuses it
        there = everything(copy)
        assume(there != held)
        with g.Ledger.open(copy, clock=Clock()) as ledger:
            report = ledger.verify()
            assert not report
            (check,) = (c for c in report.checks if c.outcome is Outcome.FAIL)
            assert check.name == "derived data"
            assert f'table "{table}"' in check.detail
            assert any(name in check.detail for name in names_of(table, there, held)), check
            assert ledger.rebuild() == ledger.head()
            assert rows(ledger) == held
            answers_right(ledger)


def answers_right(ledger):
    records = list(ledger.log())
    instant = view_instant(END, ledger.zone)
    for known in (len(records), len(records) // 2):
        there, then = ledger.as_of(END, known), defined(ledger, records, instant, known)
        assert dict(there.states) == dict(then.states)
        assert Counter(there.judged) == Counter(then.judged)


def test_what_was_derived_by_other_rules_of_a_time_zone_is_made_again_where_it_can_be(told_before):
    held = everything(told_before)
    with copied(told_before) as copy:
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("UPDATE calendar SET rules = 'those of 1999'")
            connection.execute("UPDATE spans SET since = since + 1")
        before = copy.read_bytes()
        with pytest.raises(g.StorageError) as refused:
            g.Ledger.open(copy, read_only=True)
        assert refused.value.problems[0].code == "other-calendar"
        assert copy.read_bytes() == before
        with g.Ledger.open(copy) as ledger:
            assert rows(ledger) == held
            assert ledger.verify()


@pytest.mark.parametrize("state", [b"\x00", b"{}", b"[]", b'{"since":"?"}', 5])
def test_a_span_that_cannot_be_read_is_a_clear_error(told_before, state):
    with copied(told_before) as copy:
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("UPDATE spans SET state = ?", (state,))
        with g.Ledger.open(copy) as ledger:
            with pytest.raises(g.GovledgerError):
                described(ledger.as_of(END))
            with pytest.raises(g.GovledgerError):
                ledger.record(g.MotionAliasNoted("m1", alias="x", on=END), breaches="flag")
            assert not ledger.verify()
            ledger.rebuild()
            answers_right(ledger)


def test_a_log_that_cannot_be_read_is_not_made_again(told_before):
    held = everything(told_before)
    with copied(told_before) as copy:
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("DROP TRIGGER records_are_never_changed")
            connection.execute("UPDATE records SET state = x'00' WHERE position = 9")
        with g.Ledger.open(copy) as ledger, pytest.raises(g.StorageError, match="record 9"):
            ledger.rebuild()  # which would cover up that it was altered
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("DELETE FROM tree")
        with g.Ledger.open(copy) as ledger, pytest.raises(g.UnreadableRecord):
            ledger.rebuild()
        assert everything(copy) == held


def test_a_ledger_that_is_only_read_is_not_made_again(told_before):
    with copied(told_before) as copy:
        before = copy.read_bytes()
        with g.Ledger.open(copy, read_only=True) as ledger:
            with pytest.raises(g.StorageError):
                ledger.rebuild()
            assert ledger.verify()
        assert copy.read_bytes() == before


# --- killed -----------------------------------------------------------------------------

REBUILDING = """
import sqlite3
path, stop, steps = sys.argv[1], int(sys.argv[2]), 0
Ledger.in_memory().close()  # loads what is loaded late
for module in list(sys.modules.values()):
    if hasattr(module, "BATCH"):
        module.BATCH = 10

def step(*_):
    global steps
    steps += 1
    if steps == stop:
        print("there", flush=True)
        time.sleep(60)

def connect(*arguments, connect=sqlite3.connect, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(step)  # at every statement
    connection.set_progress_handler(step, 1000)  # and within the longer ones
    return connection

sqlite3.connect = connect
with Ledger.open(path) as ledger:
    ledger.rebuild(step)
    print(steps)
"""


@posix
def test_a_ledger_is_whole_whoever_is_killed_while_making_it_again(told_before):
    """It is stopped dead at the first step, the last, and some between."""
    held = everything(told_before)
    with copied(told_before) as copy:
        (steps,) = map(int, Child(REBUILDING, copy, 0).finish())
    assert steps > 20
    stops = range(1, steps + 1) if MANY else {1 + n * (steps - 1) // 6 for n in range(7)}
    for stop in sorted(stops):
        with copied(told_before) as copy:
            with Child(REBUILDING, copy, stop) as child:
                assert child.line() == "there"
                child.process.send_signal(signal.SIGKILL)
            with g.Ledger.open(copy, clock=Clock()) as ledger:
                assert ledger.verify(), stop
                assert rows(ledger) == held
                answers_right(ledger)
            with g.Ledger.open(copy) as ledger:
                ledger.record(submitted("one-more", on=END))
                assert ledger.verify()


@pytest.mark.parametrize("many", [True, False])
def test_pages_are_found_by_name_and_by_when_subjects_began(told_before, monkeypatch, many):
    monkeypatch.setattr(registers, "_many_begun", lambda *_: many)
    with g.Ledger.open(told_before, read_only=True) as ledger:
        records = list(ledger.log())
        for known in range(0, len(records) + 1, 7):
            for day in ("1999-01-01", "2018-06-30", "2018-11-30", END):
                instant = view_instant(day, ledger.zone)
                then = defined(ledger, records, instant, known)
                whole = ledger.as_of(day, known)
                assert dict(whole.states) == dict(then.states)
                for kind in ("motion", "mandate"):
                    wanted = [name for name in whole.states if name.startswith(f"{kind}/")]
                    paged, after = [], None
                    while page := list(
                        ledger.as_of(day, known, kind=kind, after=after, limit=2).states
                    ):
                        paged += page
                        after = page[-1]
                    assert paged == wanted
