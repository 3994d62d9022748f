"""The worked example: its expectations hold, and flipping any one of them is found.

The facts themselves stand in `examples/vng_balv_2018`; nothing of them is repeated here but
the few values that others script against.
"""

import json
from hashlib import sha256
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from govledger.cli import main
from govledger.cli.demo import example
from govledger.dataset import (
    import_dataset,
    judge_citations,
    judge_dataset,
    load,
    new_ledger,
    unmet,
)

DAYS = (
    "2018-06-26 2018-06-27 2018-11-06 2018-11-29 2018-11-30"
    " 2018-12-31 2019-02-28 2019-03-01 2019-06-05"
).split()
MOTIONS = "ibp-streep verdeelmodel rob-i ssa-i rob-ii ssa-ii zorgsysteem".split()
MANDATES = [
    *(f"rob-ii.{n}" for n in (1, 2, 3)),
    *(f"ssa-ii.{n}" for n in (1, 2, 3, 4, 5, 6)),
    *(f"zorgsysteem.{n}" for n in (1, 2, 3, 4)),
]
PATH = example()


@pytest.fixture(scope="module")
def dataset():
    return load(PATH)


@pytest.fixture(scope="module")
def ledger(dataset):
    with new_ledger(dataset) as ledger:
        import_dataset(ledger, dataset)
        yield ledger


def test_it_is_without_fault(dataset):
    assert judge_dataset(dataset) == ()


def test_every_motion_mandate_and_the_blockade_is_expected_on_every_day(dataset):
    expected = {(e.as_of, e.subject) for e in dataset.expectations}
    subjects = [
        *(f"motion/{slug}" for slug in MOTIONS),
        *(f"mandate/{slug}" for slug in MANDATES),
        "blockade/deelakkoorden",
    ]
    assert {(day, subject) for day in DAYS for subject in subjects} <= expected


def test_flipping_any_expected_value_is_found_at_its_line(dataset, ledger):
    for expectation in dataset.expectations:
        for name, (value, place) in expectation.fields.items():
            flipped = {**expectation.fields, name: (flip(value), place)}
            problems = list(unmet(ledger, [attrs.evolve(expectation, fields=flipped)]))
            assert [p.place for p in problems] == [place], (expectation, name)


def flip(value):
    if isinstance(value, dict):
        return {key: flip(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [*value, "something else"]
    return "adopted" if value != "adopted" else "completed"


def test_check_ends_with_3_at_the_line_of_a_flipped_expectation(dataset, tmp_path):
    lines = PATH.read_text("utf-8").splitlines(keepends=True)
    for expectation in dataset.expectations[:: len(dataset.expectations) // 12]:
        number = expectation.place.line
        value, _ = expectation.fields["status"]
        old = f"status: {'null' if value is None else value}"
        new = f"status: {flip(value)}"
        assert old in lines[number - 1]
        copy = tmp_path / "flipped.yaml"
        flipped = lines[number - 1].replace(old, new)
        copy.write_text("".join([*lines[: number - 1], flipped, *lines[number:]]), "utf-8")
        result = CliRunner().invoke(main, ["check", str(copy)])
        assert result.exit_code == 3
        assert f"flipped.yaml:{number}:" in result.output
        assert result.output.count("error[") == 1


def test_every_fact_has_a_source_and_copies_nothing(dataset):
    assert all(entry.event.source is not None for entry in dataset.entries)
    cited = [e for e in dataset.entries if e.event.source.span]
    assert len(cited) >= 50


def test_a_citation_that_does_not_hold_is_found(dataset, tmp_path):
    problems = list(judge_citations(dataset, tmp_path))
    assert {p.code for p in problems} == {"document-missing"}
    text = "Made up for this test: é, then more.\n" * 200
    (tmp_path / "document.txt").write_text(text, "utf-8")
    digest = sha256(text.encode()).hexdigest()
    documents = {
        name: attrs.evolve(document, sha256=digest) for name, document in dataset.documents.items()
    }
    span = (10, 20)
    good = attrs.evolve(
        dataset.entries[0].event.source,
        document_sha256=digest,
        span=span,
        sha256=sha256(text[10:20].encode()).hexdigest(),
    )
    for source, codes in (
        (good, []),
        (attrs.evolve(good, span=(11, 21)), ["span-differs"]),
        (attrs.evolve(good, span=(10, 10**6)), ["span-outside"]),
    ):
        entry = dataset.entries[0]
        entry = attrs.evolve(entry, event=attrs.evolve(entry.event, source=source))
        changed = attrs.evolve(dataset, documents=documents, entries=(entry,))
        assert [p.code for p in judge_citations(changed, tmp_path)] == codes


def test_the_register_says_the_uncertain_honestly(ledger):
    register = ledger.as_of("2019-06-05")
    codes = sorted(finding.code for finding in register.findings)
    assert codes == ["condition-not-met", *["no-decision"] * 4, "overdue", "overdue"]
    ssa = register.describe("motion/ssa-i")
    assert ssa["force"] == {"from": "2018-06-27", "until": "2019-06-05", "kind": "at-least"}
    assert (ssa["status"], ssa["decision"]) == ("held-over", "adopted")
    assert ledger.as_of("2030-01-01").describe("motion/ssa-i")["force"] == ssa["force"]


def test_what_others_script_against(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["demo"]).exit_code == 0

    def listed(kind, day):
        result = CliRunner().invoke(main, ["list", kind, "--as-of", day, "--format", "json"])
        return {row["id"]: row for row in json.loads(result.stdout)}

    motions = listed("motions", "2018-11-30")
    assert {k: v["status"] for k, v in motions.items()} == {
        "motion/ibp-streep": "completed",
        "motion/verdeelmodel": "completed",
        "motion/rob-i": "completed",
        "motion/ssa-i": "held-over",
        "motion/rob-ii": "adopted",
        "motion/ssa-ii": "adopted",
        "motion/zorgsysteem": "adopted",
    }
    keys = {"id", "title", "status", "decision", "follow_up", "force", "since"}
    assert all(keys <= set(row) for row in motions.values())
    mandates = listed("mandates", "2019-03-01")
    assert len(mandates) == 13
    assert mandates["mandate/ssa-ii.3"]["deadline"] == "overdue"
    assert mandates["mandate/rob-ii.2"]["deadline"] == "open"
    assert mandates["mandate/zorgsysteem.1"]["due"] is None
    assert mandates["mandate/zorgsysteem.1"]["deadline"] == "none"
    (blockade,) = listed("blockades", "2018-11-29").values()
    assert blockade["status"] == "lift-proposed"
    assert blockade["conditions_met"] == ["recommendations 2 and 3"]


def test_the_example_stands_in_the_repository_too():
    assert (Path(__file__).parents[1] / "examples/vng_balv_2018/README.md").exists()
