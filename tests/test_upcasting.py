"""A second version of an event type: old records mean what they meant, byte for byte.

`tests/ledgers/format-3` holds ledgers, and an export, of when version 1 of motion.adopted and
motion.rejected was written; `test_old_ledgers.py` holds today's code to what was said of them.
"""

import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from test_codec import EXAMPLES, events_of, examples
from test_old_ledgers import agrees

from govledger import Ledger, MotionAdopted, MotionRejected, UnreadableRecord
from govledger.audit.records import Log
from govledger.cli import main
from govledger.cli.datasets import read_dataset
from govledger.codec import Entry, canonical, current_version, decode, encode, exported
from govledger.codec import is_canonical, payload, recall
from govledger.dataset import import_dataset, import_keys, ledger_options
from govledger.integrity.personal import digests_in, personal_texts
from govledger.storage.tables.columns import DERIVED_TABLES

OLD = Path(__file__).parent / "ledgers" / "format-3"
LINES = OLD / "votes.jsonl"
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
VOTED = (MotionAdopted, MotionRejected)
TYPES = tuple(cls.type for cls in VOTED)
DATES = ("2024-03-10", "2024-04-03", "2024-12-31")


@pytest.fixture(params=["votes", "imported"])
def name(request):
    return request.param


@pytest.fixture
def path(name, tmp_path):
    """A copy of an old ledger."""
    return Path(shutil.copy(OLD / f"{name}.db", tmp_path / "ledger.db"))


@pytest.fixture
def told(name):
    """What the code that wrote it said of it."""
    return json.loads((OLD / f"{name}.json").read_text("utf-8"))


def described(ledger, known_at=None):
    """What a ledger says of its motions, on several dates."""
    registers = [ledger.as_of(day, known_at) for day in DATES]
    return [[r.describe(s) for s in r.subjects() if s.startswith("motion/")] for r in registers]


def derived(path):
    with closing(sqlite3.connect(path)) as connection:
        return {t: sorted(connection.execute(f"SELECT * FROM {t}")) for t in DERIVED_TABLES}


def roll_call_of(entry):
    return json.loads(entry.body).get("data", {}).get("tally", {}).get("roll_call")


def votes_in(ledger, subject):
    return [r for r in ledger.log() if r.subject == subject and r.type in TYPES]


# --- the corpus -------------------------------------------------------------------------


def test_the_corpus_is_of_version_1(path):
    with Ledger.open(path) as ledger:
        types = Counter(entry.type for entry in ledger.entries())
        calls = list(filter(None, map(roll_call_of, ledger.entries())))
    assert {t for t in types if t.startswith(TYPES)} == {f"{name}@1" for name in TYPES}
    assert sum(types[f"{name}@1"] for name in TYPES) == 14
    assert len(calls) == 7
    assert all(isinstance(call, list) for call in calls)
    assert all(current_version(cls) == 2 for cls in VOTED)


def test_it_is_the_same_after_all_is_derived_again(path, told):
    before = derived(path)
    with Ledger.open(path) as ledger:
        for day in DATES:
            replayed = {state.subject: state for state in ledger.replay(day)}
            assert {s.subject: s for s in ledger.as_of(day).states.values()} == replayed
        ledger.rebuild()
        assert agrees(ledger, told)
    assert derived(path) == before


def test_a_copy_keeps_the_bytes(path, told, tmp_path):
    with Ledger.open(path) as ledger:
        ledger.copy_to(tmp_path / "copy.db")
        with Ledger.open(tmp_path / "copy.db") as copy:
            assert list(copy.entries()) == list(ledger.entries())
            assert agrees(copy, told)


def test_both_versions_stand_in_one_motion(path, told):
    with Ledger.open(path) as ledger:
        before = described(ledger)
        (old,) = votes_in(ledger, "motion/roll")
        all_for = [attrs.evolve(v, choice="in-favour") for v in old.event.tally.roll_call]
        tally = {"in_favour": 45, "against": 0, "electorate": 45, "roll_call": all_for}
        (new,) = ledger.record(attrs.evolve(old.event, tally=tally, corrects=old.position))
        types = [e.type for e in ledger.entries() if e.position in (old.position, new.position)]
        assert types == ["motion.adopted@1", "motion.adopted@2"]

        def counted(known_at=None):
            return ledger.as_of("2024-12-31", known_at).motions["roll"].tally.in_favour

        assert (counted(told["head"]), counted()) == (20, 45)
        assert described(ledger, told["head"]) == before
        assert agrees(ledger, told, now=told["head"])
        ledger.rebuild()
        assert ledger.verify()
        ledger.retract(new.position, reason="It was right", on="2024-06-01")
        assert counted() == 20
        assert described(ledger) == before


def test_the_order_in_which_members_were_called_is_kept(path):
    with Ledger.open(path) as ledger:
        sealed = [r for r in ledger.log(sealed=True) if r.subject == "motion/roll"]
        entries = {e.position: e for e in ledger.entries()}
    (old,) = (r for r in sealed if r.type in TYPES)
    listed = roll_call_of(entries[old.position])
    assert [v.member.digest for v in old.event.tally.roll_call] == [
        vote["member"]["_sd"] for vote in listed
    ]
    assert [v.choice for v in old.event.tally.roll_call] == [vote["choice"] for vote in listed]


def test_a_name_is_erased_from_records_of_both_versions(tmp_path):
    path = shutil.copy(OLD / "votes.db", tmp_path / "ledger.db")
    with Ledger.open(path) as ledger:
        (old,) = votes_in(ledger, "motion/roll")
        ledger.record(attrs.evolve(old.event, corrects=old.position))
        held = [
            r for r in ledger.log() if "Heerlen" in dict(map(reversed, personal_texts(r.event)))
        ]
        assert {r.position for r in held} > {old.position, ledger.head()}
        erased = ledger.erase(name="Heerlen", basis="asked for")
        assert erased.count == len(held)
        assert b"Heerlen" not in Path(path).read_bytes()
        assert ledger.verify()
        for record in votes_in(ledger, "motion/roll"):
            assert [str(v.member) for v in record.event.tally.roll_call].count("[erased]") == 1


# --- lines ------------------------------------------------------------------------------


def imported(lines, path):
    """A new ledger with the records of a file."""
    dataset = read_dataset(lines)
    assert not dataset.problems
    with Ledger.open(path, **ledger_options(dataset)) as ledger:
        import_dataset(ledger, dataset, breaches="flag")
        assert ledger.verify()
        return described(ledger), [(f.code, f.subject) for f in ledger.findings("2024-12-31")]


def test_what_was_exported_then_is_imported_now(tmp_path):
    said = imported(LINES, tmp_path / "new.db")
    with Ledger.open(shutil.copy(OLD / "votes.db", tmp_path / "votes.db")) as ledger:
        assert described(ledger) == said[0]
        assert [(f.code, f.subject) for f in ledger.findings("2024-12-31")] == said[1]
        with (tmp_path / "now.jsonl").open("wb") as lines:
            lines.writelines(canonical(exported(record)) + b"\n" for record in ledger.log())
    with Ledger.open(tmp_path / "new.db") as ledger:
        calls = list(filter(None, map(roll_call_of, ledger.entries())))
        assert len(calls) == 7
        assert all(isinstance(call, dict) for call in calls)
    assert (tmp_path / "now.jsonl").read_bytes() == LINES.read_bytes()


def test_what_was_imported_then_is_known_now(tmp_path):
    with Ledger.open(shutil.copy(OLD / "imported.db", tmp_path / "ledger.db")) as ledger:
        head = ledger.head()
        assert import_dataset(ledger, read_dataset(LINES), breaches="flag")
        assert ledger.head() == head


DATASET = """govledger: 1
ledger: {name: club}
records:
  - motion.submitted: bins
    on: 2024-03-01
    title: Bigger bins
  - motion.adopted: bins
    on: 2024-03-14
    tally:
      in_favour: 3
      against: 2
      roll_call:
        - {member: Anna Aarts, choice: in-favour, weight: 1}
        - {member: Bram Bos, choice: against, weight: 2}
        - {member: Carla Cox, choice: in-favour, weight: 2}
"""

KEYS = {  # as the version that wrote the corpus made them
    "facts:a2840326d84500def75609a9d6c5a90f",
    "facts:7b55ef81da9702ec496e5e43b974af45",
    "facts:6204e14d9cab9ee0090c72d2643a9364",
}


def test_the_keys_of_a_dataset_are_what_they_were(tmp_path):
    (tmp_path / "club.yaml").write_text(DATASET)
    assert import_keys(read_dataset(tmp_path / "club.yaml")) > KEYS


def test_a_line_may_have_either_form(tmp_path):
    """And a ledger knows the one by the other."""
    lines = [json.loads(line) for line in LINES.read_text("utf-8").splitlines()]
    for line, fact in zip(lines[1:], read_dataset(LINES).entries, strict=True):
        line["data"] = payload(fact.event).get("data", {})
    (tmp_path / "packed.jsonl").write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    assert any(isinstance(roll, dict) for roll in _rolls(lines))
    with Ledger.open(shutil.copy(OLD / "imported.db", tmp_path / "ledger.db")) as ledger:
        head = ledger.head()
        assert import_dataset(ledger, read_dataset(tmp_path / "packed.jsonl"), breaches="flag")
        assert ledger.head() == head


def _rolls(lines):
    return [line.get("data", {}).get("tally", {}).get("roll_call") for line in lines]


# --- bytes ------------------------------------------------------------------------------


def of_version_1(event, **more):
    """An event as version 1 stored it: each vote by itself."""
    body = payload(event, packed=False) | {
        "position": 7,
        "recorded_at": "2024-06-01T12:00:00.000000Z",
    }
    return Entry(7, event.subject, 3, f"{event.type}@1", canonical(body | more))


old_votes = (
    st.sampled_from(VOTED)
    .flatmap(events_of)
    .map(
        lambda e: attrs.evolve(
            e, majority=None, tally=e.tally and attrs.evolve(e.tally, called_twice=0)
        )
    )
)


@examples(200)
@given(old_votes)
def test_version_1_says_what_version_2_does(event):
    entry = of_version_1(event)
    record = decode(entry)
    assert record.event == event
    assert is_canonical(entry, record)
    assert recall(entry).event == event
    today = encode(record)
    assert today.type == f"{event.type}@2"
    assert decode(today) == record
    assert digests_in([today.body]) == digests_in([entry.body])
    assert len(today.body) <= len(entry.body)


def test_the_bytes_of_version_1_are_still_read():
    lines = (Path(__file__).parent / "golden" / "canonical-1.jsonl").read_text("utf-8").splitlines()
    told = {type(e): attrs.evolve(e, majority=None) for e in EXAMPLES if type(e) in VOTED}
    for cls, line in zip(VOTED, map(json.loads, lines), strict=True):
        body = canonical(line["body"])
        entry = Entry(line["body"]["position"], line["subject"], 1, line["type"], body)
        assert line["type"] == f"{cls.type}@1"
        assert decode(entry).event == told[cls]
        assert is_canonical(entry, decode(entry))


ADOPTED = MotionAdopted(
    "bins",
    on="2024-03-14",
    source={"title": "Minutes"},
    tally={"in_favour": 2, "against": 1, "roll_call": [{"member": "Zoë", "choice": "against"}]},
)
SAID = json.loads(of_version_1(ADOPTED).body)


def with_data(**more):
    return SAID | {"data": SAID["data"] | more}


def with_tally(**more):
    return with_data(tally=SAID["data"]["tally"] | more)


NOT_CANONICAL = {
    "spaces": json.dumps(SAID, sort_keys=True, ensure_ascii=False).encode(),
    "order": json.dumps(dict(reversed(SAID.items())), separators=(",", ":")).encode(),
    "escapes": json.dumps(SAID, sort_keys=True, separators=(",", ":")).encode(),
    "twice": canonical(SAID).replace(b'"on":', b'"on":"2024-03-13","on":'),
    "a default": with_tally(absent=0),
    "another default": with_data(as_amended=False),
    "nothing": with_data(meeting=None),
    "an empty roll call": with_tally(roll_call=[]),
    "no data": {key: value for key, value in SAID.items() if key != "data"} | {"data": {}},
    "outside": SAID | {"as_amended": True},
    "inside": {k: v for k, v in SAID.items() if k != "source"}
    | {"data": SAID["data"] | {"source": SAID["source"]}},
    "a time": SAID | {"on": " 2024-03-14"},
    "a number": with_tally(in_favour="2"),
    "a slug": with_data(meeting="alv"),
    "a text": with_tally(unit="Zoe\u0308"),
    "a moment": SAID | {"recorded_at": "2024-06-01T12:00:00+00:00Z"},
    "a key": SAID | {"key": " mail"},
}


@pytest.mark.parametrize("case", NOT_CANONICAL)
def test_what_is_written_otherwise_is_not_canonical(case):
    given = NOT_CANONICAL[case]
    body = given if isinstance(given, bytes) else canonical(given)
    entry = attrs.evolve(of_version_1(ADOPTED), body=body)
    assert is_canonical(of_version_1(ADOPTED), decode(of_version_1(ADOPTED)))
    try:
        record = decode(entry)
    except UnreadableRecord:
        return  # that is found, too
    assert not is_canonical(entry, record)


def test_an_old_record_of_another_subject_or_place_is_not_canonical():
    entry = of_version_1(ADOPTED)
    record = decode(entry)
    for wrong in ({"subject": "bins"}, {"version": 4}, {"position": 8}):
        assert not is_canonical(attrs.evolve(entry, **wrong), record)
    large = of_version_1(attrs.evolve(ADOPTED, note="é" * 33_000))
    assert not is_canonical(large, decode(large))


def test_verify_finds_an_old_record_that_is_not_canonical():
    log = Log()
    log.last, log.count, log.versions["motion/bins"] = None, 6, 2
    assert log.read(of_version_1(ADOPTED)) is not None
    assert log.is_sound
    log.count, log.versions["motion/bins"] = 6, 2
    log.read(attrs.evolve(of_version_1(ADOPTED), body=canonical(with_tally(absent=0))))
    assert "canonical" in log.wrong


# --- other versions of govledger --------------------------------------------------------


def refused(entry):
    with pytest.raises(UnreadableRecord) as error:
        decode(entry)
    return error.value.problems[0]


def test_a_newer_version_is_told_from_damage():
    """What an older govledger says of version 2, this one says of version 3."""
    newer = refused(attrs.evolve(of_version_1(ADOPTED), type="motion.adopted@3"))
    assert newer.code == "unknown-record-type"
    assert "newer govledger" in newer.hint
    log = Log()
    log.read(attrs.evolve(of_version_1(ADOPTED), type="motion.adopted@3"))
    assert log.unreadable
    assert not log.wrong


@pytest.mark.parametrize(
    "more", [with_data(chair="A"), with_tally(chair="A")], ids=["own", "tally"]
)
@pytest.mark.parametrize("version", [1, 2])
def test_a_field_that_the_version_does_not_have_is_damage(version, more):
    """That is why one more field makes a new version."""
    entry = attrs.evolve(
        of_version_1(ADOPTED), type=f"motion.adopted@{version}", body=canonical(more)
    )
    assert refused(entry).code == "unreadable-record"


@pytest.mark.parametrize(
    "tally",
    [{"called_twice": 1}, {"roll_call": {"members": ["Zoë"], "choices": "-"}}],
    ids=["called_twice", "columns"],
)
def test_version_1_has_nothing_of_version_2(tally):
    body = canonical(with_tally(**tally))
    assert refused(attrs.evolve(of_version_1(ADOPTED), body=body)).code == "unreadable-record"
    assert decode(Entry(7, "motion/bins", 3, "motion.adopted@2", body))


def test_version_2_told_vote_by_vote_is_not_canonical():
    entry = attrs.evolve(of_version_1(ADOPTED), type="motion.adopted@2")
    assert decode(entry).event == ADOPTED
    assert not is_canonical(entry, decode(entry))


def test_a_proof_of_an_old_record_is_read(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    position = next(n for n in range(13, 30) if _type(path, n).startswith(TYPES))

    def run(*words):
        result = CliRunner().invoke(main, ["-l", str(path), *map(str, words)])
        assert result.exit_code == 0, result.output
        return result.output

    run("checkpoint", "--new-key", "club.key")
    run("checkpoint", "--sign", "--key", "club.key")
    run("prove", position, "-o", "old.tlog-proof")
    assert "motion." in run("verify", "--proof", "old.tlog-proof")


def _type(path, position):
    with Ledger.open(path) as ledger:
        (entry,) = ledger.entries(position - 1, position)
        return entry.type
