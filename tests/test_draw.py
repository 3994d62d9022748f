"""The commands that draw: timelines in the terminal and as pictures, and the page."""

import json
import re
from xml.etree.ElementTree import fromstring

import pytest
from click.testing import CliRunner

from govledger import Ledger, MandateGiven, MotionAdopted, MotionForceExtended, MotionSubmitted
from govledger.cli import main

GOLDEN = {
    "timeline-motion": ("timeline", "motion/ssa-i", "--as-of", "2018-11-30"),
    "timeline-mandate": ("timeline", "mandate/ssa-ii.3", "--as-of", "2019-03-01"),
    "timeline-motions": ("timeline", "--as-of", "2018-11-29"),
    "timeline-blockade": ("timeline", "blockade/deelakkoorden", "--as-of", "2018-11-29"),
}


@pytest.fixture
def demo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert govledger("demo").exit_code == 0
    return tmp_path


def govledger(*words):
    return CliRunner().invoke(main, words, prog_name="govledger")


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("name", GOLDEN)
def test_timelines_are_drawn_like_this(demo, golden, name, lang):
    result = govledger(*GOLDEN[name], "--lang", lang)
    assert result.exit_code == 0, result.output
    golden(f"tests/golden/{name}.{lang}.txt", result.stdout)


@pytest.mark.parametrize("columns", [20, 40, 80, 300])
def test_a_timeline_fits_the_terminal(demo, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for subject in ("motion/rob-ii", "mandate/ssa-ii.3", "meeting/balv-2018"):
        result = govledger("timeline", subject, "--as-of", "2019-03-01")
        assert result.exit_code == 0, result.output
        assert max(len(line) for line in result.stdout.splitlines()[1:]) <= columns


def test_a_timeline_as_data(demo):
    told = json.loads(govledger("timeline", "motion/ssa-i", "--format", "json").stdout)
    lanes = {lane["lane"]: lane for lane in told}
    assert list(lanes) == ["decision", "follow-up", "in force", "records"]
    (force,) = lanes["in force"]["stretches"]
    assert (force["since"], force["until"], force["sure_until"]) == (
        "2018-06-27",
        None,
        "2019-06-05",
    )
    assert [m["first"] for m in lanes["records"]["marks"]][:2] == [None, "2018-06-27"]


def test_a_late_fact_and_one_that_was_taken_back_are_marked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Ledger.open("govledger.db") as ledger:
        ledger.record(MotionAdopted("bins", on="2024-03-14"), breaches="flag")
        ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
        ledger.retract(2, reason="misread", on="2024-04-01")
    marks = json.loads(govledger("timeline", "bins", "--format", "json").stdout)[-1]["marks"]
    assert [mark["kind"] for mark in marks] == ["told", "told", "taken"]
    early = ("timeline", "bins", "--known-at", "3", "--as-of", "2024-04-01")
    assert "○" in govledger(*early).stdout and "×" in govledger("timeline", "bins").stdout


def test_a_timeline_as_a_picture(demo):
    result = govledger("timeline", "motion/rob-ii", "--svg", "rob-ii.svg", "--as-of", "2018-11-30")
    assert result.exit_code == 0, result.output
    svg = fromstring((demo / "rob-ii.svg").read_text("utf-8"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"decision", "rob-ii.2", "adopted"} <= set(texts)
    assert govledger("timeline", "motion/rob-ii", "--svg", "nowhere/x.svg").exit_code == 1


def test_what_was_not_known_yet_has_no_timeline(demo):
    result = govledger("timeline", "motion/ssa-i", "--known-at", "1")
    assert (result.exit_code, result.stdout) == (0, "Nothing on record.\n")


def test_a_page_of_a_ledger_that_cannot_be_read_says_with_what_verdict(demo):
    import sqlite3

    with sqlite3.connect("govledger.db") as base:
        base.execute("UPDATE spans SET state = x'7b' WHERE subject = 3")
    base.close()
    result = govledger("report", "-o", "register.html")
    assert result.exit_code == 4
    assert "altered: no page was written" in result.stderr
    assert not (demo / "register.html").exists()


@pytest.mark.parametrize("kind", ["at-least", "exact"])
def test_for_ever_fits_the_terminal(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    with Ledger.open("govledger.db") as ledger:
        until = {"kind": kind, "when": "9998-06"}
        ledger.record(
            MotionSubmitted("bins", title="Bins", on="2024-03-01"),
            MotionAdopted("bins", on="2024-03-01"),
            MotionForceExtended("bins", on="2024-03-02", until=until),
            MandateGiven(
                "bins.1",
                motion="bins",
                task="Buy",
                addressee="A",
                due="9500-01-01",
                on="2024-03-01",
            ),
        )
    for day in ("2024-03-05", "9999-12-31"):
        result = govledger("timeline", "motion/bins", "--as-of", day)
        assert result.exit_code == 0, result.output
        assert max(len(line) for line in result.stdout.splitlines()) <= 120


def test_a_timeline_of_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Ledger.open("govledger.db"):
        pass
    assert govledger("timeline").stdout == "Nothing on record.\n"
    assert govledger("timeline", "motion/none").exit_code == 1


def test_a_page_is_written_whole_or_not_at_all(demo):
    result = govledger("report", "-o", "register.html", "--as-of", "2018-11-30", "--lang", "nl")
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"wrote register.html: 1\d\d kB, self-consistent\n", result.stderr)
    html = (demo / "register.html").read_text("utf-8")
    assert '<html lang="nl">' in html and len(html.encode()) < 200_000
    refused = govledger("report", "-o", "register.html", "--as-of", "2018-11")
    assert refused.exit_code == 2 and (demo / "register.html").read_text("utf-8") == html
    assert govledger("report", "-o", "govledger.db").exit_code == 2
    assert govledger("report").exit_code == 2
    assert "<!doctype html>" in govledger("report", "-o", "-").stdout


def test_a_page_of_an_altered_ledger_says_so(demo):
    import sqlite3

    with sqlite3.connect("govledger.db") as base:
        base.execute("UPDATE spans SET status = 'rejected' WHERE subject = 3")
    base.close()
    result = govledger("report", "-o", "register.html")
    assert result.exit_code == 4, result.output
    assert "<strong>The ledger does not agree with itself</strong>" in (
        demo / "register.html"
    ).read_text("utf-8")


def test_the_verdict_on_a_page_rests_on_what_was_kept(demo):
    (demo / "kept.checkpoint").write_text(govledger("checkpoint").stdout, "utf-8")
    result = govledger("report", "-o", "register.html", "--checkpoint", "kept.checkpoint")
    assert result.exit_code == 0 and "extends your checkpoint" in result.stderr
    (demo / "some.policy").write_text("quorum none\n", "utf-8")
    assert govledger("report", "-o", "register.html", "--policy", "some.policy").exit_code == 2
