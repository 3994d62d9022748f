"""The page as a file: what is in it, what is not, and what it is made of."""

import re
import sys
import zlib
from base64 import b64decode, b64encode
from datetime import date, timedelta
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import attrs
import pytest
import tangled

from govledger import (
    InvalidInput,
    Ledger,
    LedgerProfileChanged,
    MandateGiven,
    MotionAdopted,
    MotionForceExtended,
    MotionSubmitted,
    Profile,
    StorageError,
    report,
)
from govledger.audit import Outcome
from govledger.headings import HEADINGS
from govledger.register import register
from govledger.report import page
from govledger.report.contents import gather
from govledger.report.days import Days, iso, number
from govledger.report.shell import SCRIPTS, text_of
from govledger.report.drawing import scale_of
from govledger.report.tellings import tellings
from govledger.report.timelines import lanes_of
from govledger.report.words import FINDINGS, MONTHS, WORDS, long_day
from govledger.rules import FINDINGS as MEANINGS
from govledger.rules import turns
from govledger.spans import NEVER
from govledger.speaking import Speaker
from govledger.terms import TERMS
from govledger.when import day_end, timezone


@pytest.fixture(scope="module")
def ledger():
    with tangled.tangled(8) as ledger:
        yield ledger


class Reader(HTMLParser):
    """Counts elements, and keeps what stands in scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.found, self.inside = [], {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, said = self.found[-1] if self.found else ("", {})
        if tag in ("script", "style"):
            self.inside.setdefault((tag, said.get("id")), data)


def everything(html):
    """The text of a page, and of the parts that only a browser opens."""
    parts = re.findall(r'id="part-\d+">([^<]*)<', html)
    opened = [zlib.decompress(b64decode(part)).decode() for part in parts]
    return "\n".join([unescape(html), *opened])


# --- what it is made of -----------------------------------------------------------------------


def test_the_same_ledger_gives_the_same_page(ledger):
    assert page(ledger, "2018-06-01") == page(ledger, "2018-06-01")


def test_names_are_withheld_unless_they_are_disclosed(ledger):
    assert "Zoe Zijl" not in everything(page(ledger, "2018-06-01"))
    assert "withheld" in everything(page(ledger, "2018-06-01"))
    assert "Zoe Zijl" in everything(page(ledger, "2018-06-01", disclose=True))


def test_what_was_erased_is_not_there():
    with tangled.tangled(2, rounds=0) as ledger:
        ledger.erase(name="Zoe Zijl", basis="GDPR art. 17(1)(b)")
        told = everything(page(ledger, "2018-06-01", disclose=True))
        assert "Zoe Zijl" not in told and "[erased]" in told


def test_nothing_that_was_recorded_later_is_there():
    with tangled.tangled(1, rounds=1) as ledger:
        known = ledger.head()
        ledger.record(MotionSubmitted("secret", title="Learned too late", on="2018-01-01"))
        assert "Learned too late" not in everything(page(ledger, "2018-12-31", known))
        assert "Learned too late" in everything(page(ledger, "2018-12-31"))


def test_it_asks_nobody_and_runs_only_its_own(ledger):
    html = page(ledger, "2018-06-01")
    read = Reader(html)
    policy = next(
        s["content"] for _, s in read.found if s.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        held = read.inside[tag, None]
        digest = b64encode(sha256(held.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert [said for tag, said in read.found if tag in ("link", "img", "iframe", "object")] == []
    assert [said for _, said in read.found if {"src", "style", "onclick"} & said.keys()] == []


def test_what_people_wrote_is_text():
    with Ledger.in_memory(name="</title><script>1</script>") as ledger:
        plain = Reader(page(ledger, "2024-03-01"))
        evil = "</script><script>alert(1)</script><!-- ]]> {{ 7*7 }} '\""
        ledger.record(MotionSubmitted("bins", title=evil, note=evil, on="2024-03-01"))
        html = page(ledger, "2024-03-01")
        found = [tag for tag, _ in Reader(html).found if tag == "script"]
        assert len(found) == len([tag for tag, _ in plain.found if tag == "script"])
        assert "{{ 7*7 }}" in html


def test_a_page_of_an_empty_ledger_is_a_page():
    with Ledger.in_memory(name="club") as ledger:
        for known in (0, 1):
            assert "Register of decisions: club" in page(ledger, "2024-03-01", known)


def test_a_year_has_what_something_happened_to_and_what_that_names(ledger):
    with Ledger.in_memory() as club:
        club.record(
            MotionSubmitted("old", title="Old", on="2017-03-01"),
            MotionSubmitted("new", title="New", on="2018-03-01"),
        )
        html = page(club, "2018-12-31", year=2018)
        assert "motion/new" in html and "motion/old" not in html
        assert "(1 are left out)" in html
        assert "--year 2018" in html
    known = ledger.head()
    some, every = gather(ledger, known, year=2018), gather(ledger, known)
    assert some.left_out == 0 and len(some.subjects) == len(every.subjects)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"as_of": "2018-06"}, "not-a-day"),
        ({"as_of": "2018-06-01T12:00Z"}, "not-a-day"),
        ({"as_of": "../2018-06-01"}, "not-a-day"),
        ({"language": "de"}, "unknown-language"),
        ({"known_at": 10**6}, "unknown-position"),
    ],
)
def test_what_is_no_question_is_told(ledger, asked, code):
    with pytest.raises(InvalidInput) as refused:
        page(ledger, **asked)
    assert refused.value.problems[0].code == code


def test_without_jinja_it_says_what_to_install(ledger, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(StorageError, match=r'pip install "govledger\[report\]"'):
        page(ledger, "2018-06-01")


def test_a_ledger_that_was_altered_is_told_as_that(ledger):
    failed = attrs.evolve(
        ledger.verify(), checks=(attrs.evolve(ledger.verify().checks[0], outcome=Outcome.FAIL),)
    )
    html = page(ledger, "2018-06-01", verified=failed)
    assert "<strong>The ledger does not agree with itself</strong>" in html
    assert html.count('class="alarm"') == 1 and "<pre>" not in html
    assert "<strong>Het grootboek klopt niet</strong>" in page(
        ledger, "2018-06-01", verified=failed, language="nl"
    )


def test_a_kept_checkpoint_stands_behind_the_verdict(ledger):
    kept = str(ledger.checkpoint()).encode()
    html = page(ledger, "2018-06-01", verified=ledger.verify(checkpoints=[kept]))
    assert "<strong>Extends a checkpoint that was given</strong>" in html
    assert kept.decode().strip() in html


@pytest.mark.parametrize("until", ["9999-12-31", "9999", "9998-06"])
def test_for_ever_is_no_day_on_a_picture(until):
    with Ledger.in_memory() as club:
        club.record(
            MotionSubmitted("bins", title="Bins", on="2024-03-01"),
            MotionAdopted("bins", on="2024-03-01"),
            MotionForceExtended("bins", on="2024-03-02", until={"kind": "exact", "when": until}),
            MandateGiven(
                "bins.1", motion="bins", task="Buy", addressee="A", due=until, on="2024-03-01"
            ),
        )
        for day in ("2024-03-01", "9999-12-31"):
            assert "<svg" in page(club, day)
        contents = gather(club, club.head())
        scale = scale_of(lanes_of(contents, "motion/bins", Speaker("en")), None, 960)
        assert iso(scale.last) < "2025"
        described = club.as_of("9999-12-31").describe("mandate/bins.1")
        (row,) = contents.named("mandate/bins.1").rows
        assert row.phases[-1][1]["deadline"] == described["deadline"]


def test_labels_are_those_of_what_was_known():
    later = Profile(name="later@1", title="a later one", labels={"en": {"adopted": "CARRIED"}})
    with Ledger.in_memory() as club:
        club.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
        before = page(club, "2024-03-02", 2)
        club.record(LedgerProfileChanged(on="2024-03-02", profile=later))
        assert "CARRIED" in page(club, "2024-03-02")
        assert "CARRIED" not in page(club, "2024-03-02", 2)
        assert "by the first 2 records" in before


# --- the words --------------------------------------------------------------------------------


def test_every_word_is_there_and_none_is_idle():
    scripts = [text_of(f"{name}.js") for name in SCRIPTS]
    code = "\n".join([*scripts, text_of("page.html"), *(p.read_text("utf-8") for p in sources())])
    asked = re.findall(r'(?:word|section)\("(\w+)"[,)]|word="(\w+)"', code)
    assert {w for pair in asked for w in pair if w} - WORDS.keys() == set()
    made = {w for w in WORDS if w.startswith(("verdict_", "means_"))}  # of a verdict's name
    idle = {w for w in WORDS.keys() - HEADINGS.keys() - made if not re.search(rf"\b{w}\b", code)}
    assert idle == set()


def sources():
    folder = Path(report.__file__).parent
    return [path for path in folder.glob("*.py") if path.name != "words.py"]


def test_findings_and_months_are_told_in_both_languages():
    never_written = {"unknown-position", "other-subject", "already-withdrawn", "record-too-large"}
    never_written |= {"cannot-withdraw", "already-open", "unknown-profile", "unknown-extension"}
    never_written |= {"shipped-profile", "other-rules"}
    assert FINDINGS.keys() == MEANINGS.keys() - never_written
    assert {len(months) for months in MONTHS.values()} == {12}
    assert long_day("2018-03-01", "nl") == "1 maart 2018"


# --- by days ----------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Pacific/Apia", "America/Toronto", "UTC"])
def test_a_day_shows_what_came_by_its_end(zone):
    days = Days(timezone(zone))
    rng = Random(zone)
    for day in [date(2011, 12, 28) + timedelta(days=n) for n in range(6)] + [date(1919, 3, 30)]:
        for instant in (
            day_end(day, days.zone),
            day_end(day, days.zone) + 1,
            day_end(day, days.zone) - rng.randrange(10**10),
        ):
            first = date.fromisoformat(iso(days.first(instant)))
            assert instant <= day_end(first, days.zone)
            assert day_end(first - timedelta(days=1), days.zone) < instant
    assert iso(number(date(1969, 7, 20))) == "1969-07-20"


def test_between_its_turns_the_same_is_said_of_a_state(ledger):
    """Day by day, nothing else is said of it than on the turn before."""
    states = {
        span.state for span in ledger.spans() if turns(span.state, ledger.zone, tangled.STRICT)
    }
    assert len(states) > 5
    for state in states:
        begin = number(state.since.day(ledger.zone))
        turned = {
            Days(ledger.zone).first(instant)
            for instant in turns(state, ledger.zone, tangled.STRICT)
        }
        before = None
        for day in range(begin, begin + 500):
            there = register(
                {state.subject: state},
                as_of=day_end(date.fromisoformat(iso(day)), ledger.zone),
                known_at=1,
                zone=ledger.zone,
                profile=tangled.STRICT,
                vocabulary=ledger.vocabulary,
            )
            said = there.describe(state.subject), there.findings
            assert before in (None, said) or day in turned, (state, iso(day))
            before = said


def test_tellings_say_for_all_days_what_why_says_of_one(ledger):
    days = Days(ledger.zone)
    for name in ledger.subjects():
        records = list(ledger.log(subject=name))
        told = tellings(records, days, ledger.vocabulary)
        for record in records:
            telling = [each for each in told if each.known_from <= record.position][-1]
            for day in {days.counts(each.on) + n for each in records for n in (-1, 0)}:
                why = ledger.why(name, iso(day), record.position).reasons
                standing = [
                    t for t in telling.standing if t.position <= record.position and t.day <= day
                ]
                deciding = [t.position for t in standing if t.moves][-1:]
                late = {
                    t.position for t in standing if t.late_from is not None and t.late_from <= day
                }
                taken = [(t.position, t.by, t.corrects) for t in telling.taken if t.day <= day]
                assert [r.record.position for r in why if not r.withdrawn_by] == [
                    t.position for t in standing
                ]
                assert [r.record.position for r in why if r.decides] == deciding
                assert {r.record.position for r in why if r.late} == late
                assert [
                    (r.record.position, r.withdrawn_by, r.corrected) for r in why if r.withdrawn_by
                ] == taken


# --- what it is made from -----------------------------------------------------------------------


def test_spans_answer_what_as_of_answers(new_ledger):
    """By the rule that stands in the docstring, in every store."""
    with tangled.tangled(11, rounds=4) as tangle, new_ledger(timezone=tangled.ZONE) as ledger:
        ledger.import_events(
            [r.event for r in tangle.log(after=1)],
            numbers=range(2, tangle.head() + 1),
            breaches="flag",
        )
        head = ledger.head()
        for day, known in tangled.moments(ledger, 15):
            end = day_end(day, ledger.zone)
            answered = ledger.as_of(day, known)
            standing = {}
            for span in ledger.spans(known_at=head):
                if span.since <= end and span.known_from <= known < span.known_until:
                    standing[span.subject] = span.state
            assert standing.keys() == answered.states.keys()
            assert {n: getattr(s, "status", None) for n, s in standing.items()} == answered.statuses
            judged = [
                j.finding
                for j in ledger.judged()
                if j.since <= end and j.known_from <= known < j.known_until
            ]
            assert tuple(judged) == answered.judged
            early = list(ledger.spans(known_at=known))
            assert all(
                s.known_from <= known and (s.known_until == NEVER or s.known_until <= known)
                for s in early
            )
        assert list(ledger.spans("motion/m1")) == [
            s for s in ledger.spans() if s.subject == "motion/m1"
        ]
        assert list(ledger.spans("motion/none")) == []


def test_headings_and_terms_are_told_in_both_languages():
    assert {len(words) for table in (HEADINGS, TERMS, WORDS) for words in table.values()} == {2}
