"""Datasets: reading, importing, judging. Each error has a file of its own in `errors/`."""

from pathlib import Path

import pytest

from govledger import InvalidInput, Ledger, RuleBreach
from govledger.dataset import import_dataset, judge_dataset, ledger_options, load, new_ledger

GOOD = """\
govledger: 1
ledger: {name: club, timezone: Europe/Amsterdam, profile: vng@1}
documents:
  minutes: {title: Minutes, url: "https://example.org/m", sha256: %s}
records:
  - motion.submitted: bins
    on: ../2024-03-14
    title: Größere Tonnen
    movers: [Anna, "Bob"]
    source: {document: minutes, span: [3, 9], sha256: %s, assertion: inferred}
  - motion.adopted: motion/bins
    on: 2024-03-14T20:00+01:00
    tally: {in_favour: 31, against: 12, roll_call: []}
    as_amended: true
    note: |
      First line.
      Second line.
  - mandate.given: bins.1
    on: 2024-03-14T20:00+01:00
    motion: bins
    task: Order them
    addressee: Board
    due: {by: 2024-09, event: before the budget}
expect:
  - {as_of: 2024-03-13, motion: bins, status: null}
  - {as_of: 2024-03-14, motion: bins, status: adopted, follow_up: open, force: null}
  - {as_of: 2024-10-01, mandate: bins.1, deadline: overdue, findings: [overdue]}
  - {as_of: 2024-10-01, known_at: 2, motion: bins, status: submitted, movers: [Anna, Bob]}
""" % ("a" * 64, "b" * 64)


@pytest.fixture
def write(tmp_path):
    def write(text, name="d.yaml"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def test_everything_is_read(write):
    dataset = load(write(GOOD))
    assert dataset.problems == ()
    submitted, adopted, mandate = (entry.event for entry in dataset.entries)
    assert submitted.title == "Größere Tonnen"
    assert submitted.movers == ("Anna", "Bob")
    assert submitted.source.span == (3, 9)
    assert (submitted.source.title, submitted.source.document_sha256) == ("Minutes", "a" * 64)
    assert adopted.tally.in_favour == 31
    assert adopted.as_amended is True
    assert adopted.note == "First line.\nSecond line."
    assert str(mandate.due) == "2024-09; before the budget"
    assert [entry.place.line for entry in dataset.entries] == [6, 11, 18]
    assert ledger_options(dataset) == {
        "name": "club",
        "timezone": "Europe/Amsterdam",
        "profile": "vng@1",
    }
    assert judge_dataset(dataset) == ()


def test_importing_twice_changes_nothing(write):
    dataset = load(write(GOOD))
    with new_ledger(dataset) as ledger:
        first = import_dataset(ledger, dataset)
        assert import_dataset(ledger, dataset) == first
        assert ledger.head() == 4
        assert ledger.profile.name == "vng@1"


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path):
    path = tmp_path / "d.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert judge_dataset(load(path)) == ()


def test_columns_count_characters(write):
    text = GOOD.replace("note: |", "nöte: |")
    (problem,) = load(write(text)).problems
    assert (problem.code, problem.place.line, problem.place.column) == ("unknown-field", 15, 5)
    assert problem.place.width == 4
    text = GOOD.replace("movers: [Anna,", "movers: [Änna, mötion: x, ")
    (problem,) = load(write(text)).problems
    assert problem.place.line == 9


def test_all_problems_come_at_once_in_the_order_of_the_file(write):
    text = (
        GOOD.replace("against: 12", "against: many")
        .replace("2024-03-13, motion", "2024-02-30, motion")
        .replace("vng@1", "vng@9")
        .replace("mandate.given", "mandate.give")
        .replace("assertion: inferred", "assertion: guessed")
    )
    problems = load(write(text)).problems
    assert [p.code for p in problems] == [
        "unknown-profile",
        "unknown-assertion",
        "not-a-count",
        "unknown-type",
        "impossible-date",
    ]
    lines = [p.place.line for p in problems]
    assert lines == sorted(lines)


def test_breaches_stand_at_the_line_of_their_record(write):
    text = GOOD.replace("on: ../2024-03-14", "on: 2024-04-01").replace(
        "status: adopted", "status: rejected"
    )
    found = [(p.code, p.place.line) for p in judge_dataset(load(write(text)))]
    assert ("not-on-record", 11) in found
    assert ("expectation-failed", 26) in found
    with Ledger.in_memory() as ledger:
        with pytest.raises(RuleBreach) as refused:
            import_dataset(ledger, load(write(text)))
        assert [p.place.line for p in refused.value.problems] == [11]
        assert ledger.head() == 1
        import_dataset(ledger, load(write(text)), breaches="flag")
        assert ledger.head() == 4


def test_a_dataset_with_problems_is_not_imported(write):
    dataset = load(write(GOOD.replace("    task: Order them\n", "")))
    with Ledger.in_memory() as ledger:
        with pytest.raises(InvalidInput) as refused:
            import_dataset(ledger, dataset)
        assert [p.code for p in refused.value.problems] == ["missing-field"]
        assert ledger.head() == 1


def test_unmet_expectations_name_what_is_on_record(write):
    text = GOOD.replace("status: adopted, follow_up: open", "status: rejected, follow_up: null")
    first, second = judge_dataset(load(write(text)))
    assert "status is adopted, not rejected" in first.message
    assert "follow_up is open, not null" in second.message
    assert (first.place.line, second.place.line) == (26, 26)
    assert first.place.column < second.place.column


def test_a_dataset_of_nothing_but_a_head_is_fine(write):
    dataset = load(write("govledger: 1\n"))
    assert judge_dataset(dataset) == ()
    with Ledger.in_memory() as ledger:
        assert import_dataset(ledger, dataset) == ()


def test_a_missing_file_is_the_callers_error():
    with pytest.raises(FileNotFoundError):
        load(Path("nowhere.yaml"))
