"""JSON Lines, out and in: what comes back says the same.

Each error has a file of its own in `errors/`.
"""

import io
import json

import pytest

from govledger import Ledger, MotionAdopted, MotionRejected, MotionSubmitted
from govledger.dataset import import_dataset, load, new_ledger
from govledger.interchange import jsonl


def exported(ledger):
    stream = io.BytesIO()
    jsonl.write(ledger.log(), stream)
    return stream.getvalue()


@pytest.fixture
def source():
    with Ledger.in_memory(name="club", timezone="Europe/Amsterdam", profile="vng@1") as ledger:
        ledger.record(
            MotionSubmitted("bins", title="Bins é 🗑", movers=["Anna"], on="2024-01-01"),
            MotionAdopted("bins", on="2024-01-02", tally={"in_favour": 3, "against": 1}),
        )
        ledger.record(
            MotionRejected("bins", on="2024-01-02", corrects=3, note="Misread"), breaches="refuse"
        )
        ledger.retract(4, reason="It was adopted after all")
        yield ledger


def test_a_line_has_the_documented_form(source):
    line = json.loads(exported(source).splitlines()[2])
    assert line["position"] == 3
    assert line["recorded_at"].endswith("Z")
    del line["recorded_at"], line["position"]
    assert line == {
        "type": "motion.adopted",
        "subject": "motion/bins",
        "on": "2024-01-02",
        "data": {"tally": {"in_favour": 3, "against": 1}},
    }


def test_a_whole_log_comes_back(source, tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(exported(source))
    dataset = jsonl.load(path)
    assert dataset.problems == ()
    with new_ledger(dataset) as copy:
        import_dataset(copy, dataset)
        import_dataset(copy, dataset)
        assert [r.event for r in copy.log()][1:] == [r.event for r in source.log()][1:]
        assert (copy.name, copy.zone.key, copy.profile.name) == (
            "club",
            "Europe/Amsterdam",
            "vng@1",
        )
        for day in ("2024-01-01", "2024-01-02"):
            for known in range(1, 6):
                assert copy.as_of(day, known).motions == source.as_of(day, known).motions


def test_positions_are_made_to_fit_where_records_stand_already(source, tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(exported(source))
    with Ledger.in_memory() as ledger:
        ledger.record(MotionSubmitted("other", title="Other", on="2024-01-01"))
        dataset = jsonl.load(path)
        import_dataset(ledger, dataset)
        assert import_dataset(ledger, dataset)[0].position == 3
        events = [r.event for r in ledger.log()]
        assert (events[4].corrects, events[5].position) == (4, 5)
        assert ledger.as_of("2024-01-02").motions["bins"].status == "adopted"
        assert ledger.verify()


def test_lines_without_positions_speak_of_the_ledgers(tmp_path):
    path = tmp_path / "more.jsonl"
    path.write_text(
        '{"type":"motion.submitted","subject":"motion/bins","on":"2024-01-01",'
        '"data":{"title":"Better bins"},"corrects":2}\n\n',
        "utf-8",
    )
    with Ledger.in_memory() as ledger:
        ledger.record(MotionSubmitted("bins", title="Bins", on="2024-01-01"))
        import_dataset(ledger, jsonl.load(path))
        assert ledger.as_of("2024-01-01").motions["bins"].title == "Better bins"


def test_yaml_and_json_lines_of_the_same_facts_are_the_same_events(tmp_path):
    yaml = tmp_path / "d.yaml"
    yaml.write_text(
        "govledger: 1\nrecords:\n  - motion.submitted: bins\n    on: 2024-01-01\n"
        "    title: Bins\n    movers: Anna\n",
        "utf-8",
    )
    lines = tmp_path / "d.jsonl"
    lines.write_text(
        '{"type":"motion.submitted","subject":"motion/bins","on":"2024-01-01",'
        '"data":{"title":"Bins","movers":["Anna"]}}\n',
        "utf-8",
    )
    (one,), (other,) = load(yaml).entries, jsonl.load(lines).entries
    assert one.event == other.event
