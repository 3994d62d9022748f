"""Calls that share a transaction: each is accepted or refused as if it had come alone."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest
import test_spans
from hypothesis import given
from hypothesis import strategies as st
from test_spans import HISTORIES, SOME, Clock, rows
from test_storage import submitted

import govledger as g
from govledger import recording
from govledger.storage.tables import tree

# --- as if each had come alone ----------------------------------------------------------


class Listening:
    """A ledger that notes the calls of `record`."""

    def __init__(self, ledger):
        self.ledger, self.zone, self.log, self.calls = ledger, ledger.zone, ledger.log, []

    def record(self, *events, key=None, breaches="refuse"):
        self.calls.append((events, key, breaches))
        return self.ledger.record(*events, key=key, breaches=breaches)


def some_calls(seed, calls, zone, profile):
    """Calls of a random history, some of them made again, or under a key of another."""
    with test_spans.opened(zone, profile) as ledger:
        listening = Listening(ledger)
        test_spans.tell(listening, seed, calls)
    chance, made = random.Random(seed), []
    for call in listening.calls:
        made.append(call)
        if chance.random() < 0.2:
            events, key, breaches = chance.choice(made)
            made.append((chance.choice([events, call[0]]), key, breaches))
    return made


def outcome(record):
    """What a call came to, without what differs between two ledgers."""
    try:
        return [(r.position, r.version, r.event, r.recorded_at, r.key) for r in record()]
    except g.GovledgerError as error:
        return type(error), error.problems, getattr(error, "head", None)


def one_by_one(ledger, calls):
    return [
        outcome(lambda call=call: ledger.record(*call[0], key=call[1], breaches=call[2]))
        for call in calls
    ]


def in_batches(ledger, calls, sizes):
    outcomes = []
    while calls:
        some, calls = calls[: (size := sizes())], calls[size:]
        pending = []
        try:
            with ledger.batch() as batch:
                for events, key, breaches in some:
                    pending.append(batch.record(*events, key=key, breaches=breaches))
        except* g.GovledgerError:
            pass
        outcomes += [outcome(lambda each=each: each.records) for each in pending]
    return outcomes


@SOME
@given(most=st.sampled_from([2, 5, 50]), **HISTORIES)
def test_a_batch_comes_to_what_its_calls_come_to_one_by_one(most, seed, calls, zone, profile):
    made = some_calls(seed, calls, zone, profile)
    sizes = random.Random(seed)
    told = []
    for way in (one_by_one, lambda *a: in_batches(*a, lambda: sizes.randint(1, most))):
        salts = random.Random(seed)
        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(recording, "new_salt", lambda salts=salts: salts.randbytes(16))
            ledger = stack.enter_context(test_spans.opened(zone, profile))
            told.append((way(ledger, made), rows(ledger), list(ledger.entries())))
            assert ledger.verify()
    for one, other in zip(*told, strict=True):
        assert one == other


def test_each_call_is_judged_on_what_those_before_it_left(new_ledger):
    ledger = new_ledger()
    with pytest.raises(ExceptionGroup) as raised, ledger.batch() as batch:
        first = batch.record(submitted("bins"))
        second = batch.record(g.MotionAdopted("bins", on="2025-03-02"))
        third = batch.record(g.MotionRejected("bins", on="2025-03-03"))
        fourth = batch.record(g.MotionLapsed("parks", on="2025-03-03"), breaches="flag")
        fifth = batch.record(submitted("trees"))
    assert [
        record.position for each in (first, second, fourth, fifth) for record in each.records
    ] == [
        2,
        3,
        4,
        5,
    ]
    with pytest.raises(g.RuleBreach):
        _ = third.records
    assert "1 of 5 calls were not recorded" in str(raised.value)
    assert raised.group_contains(g.RuleBreach)
    assert str(ledger.as_of("2025-03-04").statuses["motion/bins"]) == "adopted"
    assert ledger.verify()


def test_a_call_is_all_or_nothing_within_its_batch(new_ledger):
    ledger = new_ledger()
    with pytest.raises(ExceptionGroup), ledger.batch() as batch:
        batch.record(submitted("bins"), g.MotionAdopted("parks", on="2025-03-02"))
        batch.record(submitted("trees"))
    assert [record.subject for record in ledger.log(after=1)] == ["motion/trees"]
    assert ledger.verify()


def test_a_key_is_written_once_within_a_batch_too(new_ledger):
    ledger = new_ledger()
    with pytest.raises(ExceptionGroup) as raised, ledger.batch() as batch:
        first = batch.record(submitted("bins", movers="Zoe Zijl"), key="mail-17")
        again = batch.record(submitted("bins", movers="Zoe Zijl"), key="mail-17")
        other = batch.record(submitted("trees"), key="mail-17")
    assert again.records == first.records
    assert raised.group_contains(g.KeyConflict)
    with pytest.raises(g.KeyConflict):
        _ = other.records
    assert ledger.head() == 2


def test_the_profile_that_a_call_brings_holds_for_those_after_it(new_ledger):
    ledger = new_ledger()
    with pytest.raises(ExceptionGroup) as raised, ledger.batch() as batch:
        batch.record(submitted("bins"), g.MotionAdopted("bins", on="2025-03-02"))
        batch.record(submitted("parks"), g.MotionAdopted("parks", on="2025-03-02"))
        batch.record(g.MotionHeldOver("bins", on="2025-03-03"))
        batch.record(g.LedgerProfileChanged(on="2025-03-03", profile="parliament@1"))
        batch.record(g.MotionHeldOver("parks", on="2025-03-04"))
    assert raised.group_contains(g.RuleBreach, match="parliament@1")
    assert ledger.head() == 7
    assert ledger.profile.name == "parliament@1"


def test_a_block_that_fails_records_nothing(new_ledger):
    ledger = new_ledger()
    with pytest.raises(LookupError), ledger.batch() as batch:
        pending = batch.record(submitted("bins"))
        raise LookupError
    assert ledger.head() == 1
    with pytest.raises(g.InvalidInput, match="not-yet"):
        _ = pending.records


def test_what_is_asked_before_the_end_is_refused(new_ledger):
    ledger = new_ledger()
    with ledger.batch() as batch:
        pending = batch.record(submitted("bins"))
        with pytest.raises(g.InvalidInput, match="not-yet"):
            _ = pending.records
    assert pending.records[0].position == 2


def test_an_empty_batch_is_fine(new_ledger):
    ledger = new_ledger()
    with ledger.batch():
        pass
    assert ledger.head() == 1


def test_a_large_batch_is_written_in_several_transactions(new_ledger, monkeypatch):
    ledger = new_ledger()
    groups, serve = [], ledger._together._serve
    monkeypatch.setattr(
        ledger._together,
        "_serve",
        lambda calls: (groups.append(len(calls)), serve(calls))[1],
    )
    with ledger.batch() as batch:
        pending = [batch.record(submitted(f"m{n}")) for n in range(2_500)]
    assert groups == [1_000, 1_000, 500]
    assert [each.records[0].position for each in pending] == list(range(2, 2_502))
    assert ledger.verify()


def test_personal_texts_of_a_batch_are_sealed_and_told(new_ledger):
    ledger = new_ledger()
    with ledger.batch() as batch:
        one = batch.record(submitted("bins", movers="Zoe Zijl"))
        batch.record(submitted("trees", movers="Ann Ash"))
    assert one.records[0].event.movers == ("Zoe Zijl",)
    assert all(b"Zoe Zijl" not in entry.body for entry in ledger.entries())
    assert ledger.erase(name="Ann Ash", basis="asked").count == 1
    assert ledger.verify()


# --- when storage fails -----------------------------------------------------------------


def test_what_one_call_does_to_the_store_is_not_the_others_fault(new_ledger, monkeypatch):
    ledger = new_ledger()
    append = tree.append

    def refusing(session, frontier, entries):
        if any(b"trees" in entry.body for entry in entries):
            raise g.StorageError(g.errors.Problem(code="storage", message="no trees"))
        append(session, frontier, entries)

    monkeypatch.setattr(tree, "append", refusing)
    with pytest.raises(ExceptionGroup) as raised, ledger.batch() as batch:
        pending = [batch.record(submitted(name)) for name in ("bins", "trees", "parks")]
    assert raised.group_contains(g.StorageError, match="no trees")
    assert [record.subject for record in ledger.log(after=1)] == ["motion/bins", "motion/parks"]
    assert [pending[n].records[0].position for n in (0, 2)] == [2, 3]
    monkeypatch.undo()
    assert ledger.verify()


def test_a_ledger_that_is_closed_refuses_all_of_a_batch(new_ledger):
    ledger = new_ledger()
    with pytest.raises(ExceptionGroup) as raised, ledger.batch() as batch:
        batch.record(submitted("bins"))
        batch.record(submitted("trees"))
        _ = ledger.zone
        ledger.close()
    assert [error.problems[0].code for error in raised.value.exceptions] == ["closed"] * 2
    assert raised.value.exceptions[0] is not raised.value.exceptions[1]


# --- threads ----------------------------------------------------------------------------


def test_threads_lose_and_double_nothing(new_ledger, where):
    ledger, start = new_ledger(), Barrier(16)
    wanted = 15

    def record(thread):
        start.wait(30)
        told = []
        for n in range(wanted):
            name = f"t{thread}-{n}"
            (record,) = ledger.record(submitted(name, movers=f"Zoe {name}"), key=name)
            # durable and to be seen, once it is told
            assert next(ledger.log(after=record.position - 1)).event == record.event
            told.append((name, record.position))
        return told

    with ThreadPoolExecutor(16) as pool:
        told = [each for some in pool.map(record, range(16)) for each in some]
    assert sorted(position for _, position in told) == list(range(2, 2 + 16 * wanted))
    assert {r.key: r.position for r in ledger.log(after=1)} == dict(told)
    assert ledger.verify()


def test_of_threads_that_decide_a_motion_one_wins(new_ledger):
    ledger = new_ledger()
    ledger.record(*(submitted(f"m{n}") for n in range(20)))
    start, won = Barrier(8), []

    def decide(thread):
        start.wait(30)
        for n in range(20):
            event = (g.MotionAdopted, g.MotionRejected)[thread % 2](f"m{n}", on="2025-04-01")
            try:
                ledger.record(event)
            except g.RuleBreach:
                continue
            won.append(n)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decide, range(8)))
    assert sorted(won) == list(range(20))
    assert ledger.breaches() == ()
    assert ledger.verify()


def test_threads_that_race_with_a_key_write_it_once(new_ledger):
    ledger, start = new_ledger(), Barrier(8)

    def record(_):
        start.wait(30)
        return [ledger.record(submitted(f"m{n}"), key=f"key-{n}") for n in range(10)]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(record, range(8)))
    assert all(each == told[0] for each in told)
    assert ledger.head() == 11


def test_threads_share_transactions(new_ledger, monkeypatch):
    ledger = new_ledger()
    groups, serve, entered = [], ledger._together._serve, threading.Event()

    def slowly(calls):
        groups.append(len(calls))
        if not entered.is_set():
            entered.set()
            while len(ledger._together._waiting) < 7:
                pass
        return serve(calls)

    monkeypatch.setattr(ledger._together, "_serve", slowly)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ledger.record(submitted(f"m{n}")), range(8)))
    assert groups == [1, 7]
    assert ledger.head() == 9
