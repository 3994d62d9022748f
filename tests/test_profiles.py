"""Profiles as data: read from YAML with every problem in its place, recorded whole, judged by.

What a count comes to is compared with a count of our own, in whole numbers.
"""

import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import attrs
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from test_codec import definitions, examples

from govledger import (
    PROFILES,
    Discharge,
    HeldOver,
    InvalidInput,
    Lapse,
    Ledger,
    LedgerProfileChanged,
    Majority,
    MeetingConvened,
    MotionAdopted,
    MotionCompleted,
    MotionHeldOver,
    MotionRejected,
    MotionResumed,
    MotionSubmitted,
    MotionVoteDeferred,
    Profile,
    RuleBreach,
    Share,
    Tally,
    Term,
    UnreadableRecord,
    read_profile,
)
from govledger import profiles
from govledger.cli import main
from govledger.codec import decode, encode, stored_type
from govledger.dataset import import_dataset, judge_dataset, load
from govledger.interchange import jsonl
from govledger.profiles import LARGEST, Base, Outcome, usable
from govledger.rules import Case, judge

CLUB = """\
govledger_profile: 1
name: club@1
title: a tennis club
extends: general@1
majorities:
  statutes: {share: at least 2/3, quorum: more than 1/2}
weights: {unit: members, equal: true}
discharge: {only: [assembly]}
lapse: {undecided: 2 years, held_over: 18 months}
labels: {nl: {held-over: blijft staan}}
"""


def club(text=CLUB):
    return read_profile("club.yaml", text=text)


def second(**changes):
    return attrs.evolve(club(), name="club@2", **changes)


# --- those that ship --------------------------------------------------------------------

FILES = Path(__file__).parents[1] / "examples" / "profiles"


@pytest.mark.parametrize("profile", PROFILES)
def test_a_shipped_profile_can_be_said_in_a_file(profile):
    read = read_profile(FILES / f"{profile.name.partition('@')[0]}.yaml")
    assert read == profile
    assert usable(read) == profile.name  # so it is recorded by its name


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_that_extends_another_changes_what_it_says(profile):
    own = {"name": "own@1", "title": "our own", "extends": profile.name}
    assert Profile.from_definition(own) == attrs.evolve(profile, name="own@1", title="our own")
    own["majorities"] = {"statutes": {"share": "at least 2/3"}}
    own["labels"] = {"nl": {"adopted": "aanvaard", "held-over": "blijft staan"}}
    read = Profile.from_definition(own)
    assert read.majority == profile.majority
    assert read.majorities["statutes"] == Majority(share="at least 2/3")
    theirs = profile.labels.get("nl", {})
    assert read.labels["nl"] == {**theirs, **own["labels"]["nl"]}
    own["majorities"]["ordinary"] = {"share": "at least 1/2"}  # not the share with their tie
    assert Profile.from_definition(own).majority == Majority(share="at least 1/2")


def test_the_page_shows_files_that_can_be_read(tmp_path):
    page = (FILES.parents[1] / "docs" / "how-to" / "profiles.md").read_text("utf-8")
    rules, dataset, changed = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert rules == (FILES / "sportbond.yaml").read_text("utf-8")
    (tmp_path / "minutes.yaml").write_text(dataset)
    assert judge_dataset(load(tmp_path / "minutes.yaml")) == ()
    first = read_profile("rules.yaml", text=rules)
    assert read_profile("rules.yaml", text=changed).name == first.name.replace("@1", "@2")


# --- both ways between a profile and data -----------------------------------------------


@examples(100)
@given(definitions)
def test_a_definition_says_all_of_a_profile(data):
    profile = Profile.from_definition(data)
    said = profile.definition()
    assert Profile.from_definition(said) == profile
    assert Profile.from_definition(json.loads(json.dumps(said))) == profile
    assert Profile.from_definition(data | said).definition() == said


@examples(50)
@given(definitions)
def test_a_file_says_what_its_data_do(data):
    data["labels"] = {language: {"adopted": "aanvaard"} for language in data.get("labels", {})}
    text = yaml.safe_dump({"govledger_profile": 1, **data})
    assert club(text) == Profile.from_definition(data)


def test_a_definition_is_written_in_full():
    """Its meaning must not hang on what a later version takes for granted."""
    assert Profile(name="club@1", title="a club").definition() == {
        "name": "club@1",
        "title": "a club",
        "majorities": {
            "ordinary": {"share": "more than 1/2", "of": "votes cast", "tie": "rejected"}
        },
        "held_over": "kept-open",
    }


# --- what a file may not say ------------------------------------------------------------


def problems(text, name="club.yaml"):
    with pytest.raises(InvalidInput) as refused:
        read_profile(name, text=text)
    return [(p.place.line, p.place.column, p.code) for p in refused.value.problems]


def test_all_that_is_wrong_is_told_at_its_place():
    text = """\
govledger_profile: 2
name: club
majorities:
  ordinary: {share: 1/2, off: votes cast}
  statutes: {share: at least 3/2}
weights: {equal: yes}
lapse: {undecided: soon, held-over: 18 months}
held_over: kept open
labels:
  nl: {adopted: [aanvaard]}
discharged: {only: ALV}
"""
    assert problems(text) == [
        (1, 1, "missing-field"),  # the title
        (1, 20, "unknown-version"),
        (2, 7, "not-a-profile-name"),
        (4, 21, "not-a-share"),
        (4, 26, "unknown-field"),
        (5, 21, "not-a-share"),
        (6, 18, "not-a-flag"),
        (7, 20, "not-a-term"),
        (7, 26, "unknown-field"),
        (8, 12, "unknown-rule"),
        (10, 17, "not-text"),
        (11, 1, "unknown-field"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(1, 1, "not-a-mapping")]),
        ("- a list\n", [(1, 1, "not-a-mapping")]),
        ("club\n", [(1, 1, "not-a-mapping")]),
        ("name: club@1\ntitle: a club\n", [(1, 1, "missing-field")]),
        (CLUB + "title: again\n", [(11, 1, "duplicate-key")]),
        (CLUB + "---\n" + CLUB, [(11, 1, "several-documents")]),
        (CLUB.replace("a tennis club", "&a club"), [(3, 8, "anchor")]),
        (CLUB.replace("a tennis club", "!!str club"), [(3, 8, "tag")]),
        (CLUB.replace("[assembly]", "[assembly"), [(8, 28, "not-yaml")]),
        (CLUB.replace("a tennis club", "x" * 70_000), [(3, 8, "scalar-too-long")]),
        (CLUB.replace("a tennis club", "x" * 50_000), [(1, 1, "profile-too-large")]),
        (CLUB.replace("a tennis club", "[" * 20 + "]" * 20), [(3, 20, "too-deep")]),
        (CLUB.replace("general@1", "club@1"), [(4, 10, "unknown-profile")]),
        (CLUB.replace("{nl: {held-over:", "{nl: {held-ovre:"), [(10, 15, "unknown-term")]),
        (CLUB.replace("{nl: {held-over:", "{no: {held-over:"), [(10, 10, "unknown-language")]),
        (CLUB.replace("18 months", "18 months "), []),
    ],
)
def test_what_a_file_may_not_say(text, found):
    if not found:
        assert club(text) == club()
    else:
        assert problems(text) == found


def test_a_file_is_read_from_disk(tmp_path):
    path = tmp_path / "club.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + CLUB.replace("\n", "\r\n").encode())
    assert read_profile(path) == club()
    path.write_bytes(CLUB.replace("tennis", "café").encode("latin-1"))
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read_profile(path)
    with pytest.raises(InvalidInput, match="not UTF-8"):
        club(CLUB.replace("tennis", "\ud800"))
    with pytest.raises(FileNotFoundError):
        read_profile(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1/2",
            "0.5",
            "half",
            "50%",
            "more than",
            "more than half",
            "at least 1/0",
            "at least -1/2",
        ),
        *(
            "more than 1",
            "more than 3/2",
            "at least 0",
            "at least 5/4",
            "At least 1/2",
            "more than ½",
        ),
        *("at least 1/2 of votes cast", "at least 1e3", f"at least 1/{10**12}", None, 1, 0.5),
    ],
)
def test_what_is_no_share(text):
    with pytest.raises(InvalidInput):
        Share(text)


@pytest.mark.parametrize("text", ["a year", "0 days", "1.5 years", "-1 day", "18months", None, 18])
def test_what_is_no_term(text):
    with pytest.raises(InvalidInput):
        Term(text)


# --- majorities, against a count of our own ---------------------------------------------

parts = st.integers(0, 12)
shares = st.tuples(st.sampled_from(["more than", "at least"]), parts, st.integers(1, 12)).filter(
    lambda s: 0 < s[1] <= s[2] if s[0] == "at least" else s[1] < s[2]
)
votes = st.integers(0, 12) | st.integers(0, 2**52)


def reaches(share, number, whole):
    """The share, worked out in whole numbers."""
    words, over, under = share
    if whole == 0:
        return False
    left, right = number * under, over * whole
    return left > right or (left == right and words == "at least")


def counted(share, of, tie, tally):
    """What a tally comes to, as the bylaws would be applied by hand."""
    wholes = {
        "votes cast": tally.in_favour + tally.against,
        "those present": tally.in_favour + tally.against + tally.abstained,
        "electorate": tally.electorate
        if tally.electorate is not None
        else tally.in_favour + tally.against + tally.abstained + tally.absent,
    }
    if reaches(share, tally.in_favour, wholes[of]):
        return "adopted"
    return tie if tally.in_favour == tally.against else "rejected"


def telling(**said):
    """An example on the edge."""
    usual = {"share": ("more than", 1, 2), "of": Base.CAST, "tie": Outcome.REJECTED}
    more = {"quorum": None, "electorate": 10, "announced": MotionAdopted, "unit": "votes"}
    return example(**usual | more | said)


@examples(1_000)
@given(
    share=shares,
    of=st.sampled_from(list(Base)),
    tie=st.sampled_from(list(Outcome)),
    quorum=st.none() | shares,
    counts=st.tuples(votes, votes, votes, votes),
    electorate=st.none() | votes,
    announced=st.sampled_from([MotionAdopted, MotionRejected]),
    unit=st.sampled_from(["votes", "members", "inhabitants"]),
)
@telling(tie=Outcome.UNDECIDED, counts=(5, 5, 0, 0))
@telling(share=("at least", 1, 2), counts=(5, 5, 0, 0))
@telling(share=("at least", 2, 3), counts=(0, 0, 9, 0))
@telling(quorum=("more than", 1, 2), counts=(5, 0, 0, 5))
@telling(quorum=("at least", 1, 2), counts=(5, 0, 0, 5))
@telling(quorum=("at least", 1, 2), counts=(5, 0, 0, 5), electorate=None)
def test_every_disagreement_of_count_and_result_is_found(
    share, of, tie, quorum, counts, electorate, announced, unit
):
    rule = {"share": "{} {}/{}".format(*share), "of": of}
    if (*share, of) == ("more than", 1, 2, Base.CAST):
        rule["tie"] = tie
    else:
        tie = "rejected"
    if quorum is not None:
        rule["quorum"] = "{} {}/{}".format(*quorum)
    majorities = {"ordinary": {"share": "at least 1"}, "tried": rule}
    profile = Profile(
        name="club@1", title="a club", majorities=majorities, weights={"unit": "members"}
    )
    names = ("in_favour", "against", "abstained", "absent")
    tally = Tally(**dict(zip(names, counts, strict=True)), electorate=electorate, unit=unit)
    event = announced("m", tally=tally, majority="tried", on="2024")
    found = {f.code for f in judge(case(event, profile))}
    expected = set()
    word = "adopted" if announced is MotionAdopted else "rejected"
    if counted(share, of, tie, tally) != word:
        expected.add("tally-against-outcome")
    if quorum is not None and electorate is None:
        expected.add("quorum-unknown")
    elif quorum is not None and not reaches(quorum, sum(counts[:3]), electorate):
        expected.add("no-quorum")
    if electorate is not None and sum(counts) > electorate:
        expected.add("tally-over-electorate")
    if unit == "inhabitants":
        expected.add("other-unit")
    assert found == expected


def case(event, profile):
    from govledger.state import evolve

    before = evolve(None, MotionSubmitted("m", title="M", on="2023"))
    return Case(event, 2, before, lambda _: None, (), profile)


def test_a_majority_that_is_not_named_is_the_ordinary_one():
    count = {"in_favour": 5, "against": 4, "electorate": 12}
    assert not list(judge(case(MotionAdopted("m", tally=count, on="2024"), club())))
    (finding,) = judge(
        case(MotionAdopted("m", tally=count, majority="statutes", on="2024"), club())
    )
    assert "statutes: at least 2/3 of votes cast" in finding.message
    (finding,) = judge(case(MotionAdopted("m", majority="statute", on="2024"), club()))
    assert (finding.code, finding.hint) == ("unknown-majority", 'did you mean "statutes"?')


# --- bodies and terms -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("only", "never", "allowed"),
    [
        ((), (), {"ALV", "Bestuur", "Raad"}),
        (("alv",), (), {"ALV"}),
        ((), ("BESTUUR",), {"ALV", "Raad"}),
        (("ALV", "Raad"), ("raad",), {"ALV"}),
    ],
)
def test_who_may_discharge(only, never, allowed):
    rule = Discharge(only=only, never=never)
    assert {body for body in ("ALV", "Bestuur", "Raad") if rule.allows(body)} == allowed


def months_later(day, months):
    """A month at a time; then the day itself, or the last before it that there is."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


@examples(200)
@given(
    st.dates(date(1000, 1, 1), date(2900, 12, 31)),
    st.integers(1, 600),
    st.sampled_from(["day", "week", "month", "year"]),
)
@example(date(2024, 1, 31), 1, "month")
@example(date(2024, 2, 29), 4, "year")
@example(date(2024, 2, 29), 1, "year")
def test_a_term_ends_on_the_same_day_of_a_later_month(day, number, unit):
    after = Term(f"{number} {unit}").after(day)
    if unit in ("day", "week"):
        assert after - day == timedelta(days=number * (7 if unit == "week" else 1))
    else:
        assert after == months_later(day, number * (12 if unit == "year" else 1))


@pytest.mark.parametrize("text", ["8000 years", "99999 months", "99999 years", "99999 weeks"])
def test_a_term_beyond_all_dates_never_passes(text):
    assert Term(text).after(date(9000, 1, 1)) == date.max


@pytest.fixture
def ledger():
    lapse = Lapse(undecided="1 month", vote_deferred="2 weeks", held_over="1 year")
    with Ledger.in_memory(profile=second(lapse=lapse), timezone="Europe/Amsterdam") as ledger:
        yield ledger


def told(ledger, day, **known):
    return [f.message for f in ledger.findings(day, **known) if f.code == "term-passed"]


def test_a_term_that_passes_is_a_notice_and_changes_nothing(ledger):
    ledger.record(
        MotionSubmitted("bins", title="Bins", on="2024-01-31"),
        MotionSubmitted("some-day", title="Some day in January", on="2024-01"),
        MotionVoteDeferred("some-day", on="2024-02-10"),
    )
    assert told(ledger, "2024-02-24") == []
    assert told(ledger, "2024-02-25") == [
        "motion/some-day: its vote deferred since 2024-02-10, for longer than 2 weeks,"
        " and no decision on record"
    ]
    assert len(told(ledger, "2024-02-29")) == 1  # the last day of February is still in time
    assert told(ledger, "2024-03-01")[0] == (
        "motion/bins: undecided since 2024-01-31, for longer than 1 month,"
        " and no decision on record"
    )
    assert ledger.as_of("2034-01-01").motions["bins"].status == "submitted"
    assert ledger.as_of("2024-03-01").describe("motion/bins")["findings"] == ["term-passed"]


def test_a_term_runs_while_the_motion_is_so(ledger):
    ledger.record(
        MotionSubmitted("bins", title="Bins", on="2024-01-01"),
        MotionAdopted("bins", on="2024-01-20"),
        MotionHeldOver("bins", on="2024-02-29"),
        MotionHeldOver("bins", on="2024-11-01"),  # which does not begin the term anew
    )
    assert told(ledger, "2025-02-28") == []
    assert told(ledger, "2025-03-01") == [
        "motion/bins: held over since 2024-02-29, for longer than 1 year, and no decision on record"
    ]
    ledger.record(MotionResumed("bins", on="2025-03-02"))
    assert told(ledger, "2025-03-01") != []
    assert told(ledger, "2025-03-02") == told(ledger, "2030-01-01") == []


def test_the_terms_are_those_of_the_profile_of_that_day_as_it_was_known(ledger):
    ledger.record(MotionSubmitted("bins", title="Bins", on="2024-01-01"))
    longer = attrs.evolve(second(), name="club@3", lapse=Lapse(undecided="2 years"))
    (changed,) = ledger.record(LedgerProfileChanged(profile=longer, on="2025-01-01"))
    assert told(ledger, "2024-12-31") != []
    assert told(ledger, "2025-01-01") == []
    assert told(ledger, "2025-01-01", known_at=changed.position - 1) != []
    assert told(ledger, "2026-01-02") != []
    assert ledger.as_of("2024-12-31").profile.name == "club@2"
    assert ledger.as_of("2025-01-01").profile == longer
    ledger.retract(changed.position, reason="It was put off.")
    assert told(ledger, "2025-01-01") != []
    assert told(ledger, "2025-01-01", known_at=changed.position) == []


# --- recorded whole ---------------------------------------------------------------------


def history(ledger):
    """Adoptions by the rules of two versions, and what is found on them."""
    ledger.record(
        MeetingConvened("board-1", title="Board", body="Board", on="2024-01-01"),
        MotionSubmitted("bins", title="Bigger bins", on="2024-01-01"),
        MotionSubmitted("lamps", title="More lamps", on="2024-01-01"),
        LedgerProfileChanged(profile=second(majorities={"ordinary": {}}), on="2024-07-01"),
    )
    count = {"in_favour": 25, "against": 15, "electorate": 60, "unit": "members"}
    ledger.record(
        MotionAdopted("bins", tally=count, majority="statutes", on="2024-06-30"),
        MotionAdopted("lamps", tally=count, majority="statutes", on="2024-07-01"),
        MotionCompleted("lamps", meeting="board-1", on="2024-08-01"),
        breaches="flag",
    )
    return found(ledger)


def found(ledger):
    return {(f.code, f.subject) for f in ledger.findings("2024-12-31")}


FOUND = {
    ("tally-against-outcome", "motion/bins"),
    ("unknown-majority", "motion/lamps"),
    ("may-not-discharge", "motion/lamps"),
}


def test_a_ledger_is_judged_by_the_rules_in_its_log(new_ledger, where, tmp_path):
    ledger = new_ledger(profile=club())
    assert ledger.profile == club()
    assert history(ledger) == FOUND
    assert ledger.verify()
    assert ledger.opening.profile == club()
    with (tmp_path / "log.jsonl").open("wb") as file:
        jsonl.write(ledger.log(), file)
    ledger.rebuild()
    assert found(ledger) == FOUND
    ledger.copy_to(tmp_path / "copy.db")
    with Ledger.open(tmp_path / "copy.db") as copy:
        assert (copy.profile.name, found(copy)) == ("club@2", FOUND)
        assert copy.verify()
    dataset = jsonl.load(tmp_path / "log.jsonl")
    assert dataset.head.profile == club()
    again = new_ledger(profile=dataset.head.profile)
    import_dataset(again, dataset, breaches="flag")
    assert found(again) == FOUND
    assert [r.event for r in again.log()][1:] == [r.event for r in ledger.log()][1:]


def test_labels_that_are_not_known_here_come_back_from_an_export(tmp_path):
    """A later version may show them; what people write is another matter."""
    later = attrs.evolve(club(), labels={"fr": {"adopted": "adopté", "adjourned": "ajourné"}})
    with Ledger.in_memory(profile=later) as ledger, (tmp_path / "log.jsonl").open("wb") as file:
        jsonl.write(ledger.log(), file)
    dataset = jsonl.load(tmp_path / "log.jsonl")
    assert (dataset.problems, dataset.head.profile) == ((), later)


def test_a_shipped_profile_is_recorded_by_its_name():
    general, vng, _ = PROFILES
    with Ledger.in_memory(profile=vng) as ledger:
        assert ledger.opening.profile == "vng@1"
        ledger.record(LedgerProfileChanged(profile=general, on="2024"))
        assert [r.event.profile for r in ledger.log()] == ["vng@1", "general@1"]
        (entry, _) = ledger.entries()
        assert entry.type == "ledger.opened@2"
        assert b'"profile":"vng@1"' in entry.body


def test_the_bytes_of_a_profile_are_those_of_its_definition():
    with Ledger.in_memory(profile=club()) as ledger:
        (entry,) = ledger.entries()
    assert json.loads(entry.body)["data"]["profile"] == club().definition()
    assert decode(entry).event.profile == club()
    assert encode(decode(entry)) == entry
    with pytest.raises(UnreadableRecord) as refused:  # as an older version finds it
        decode(attrs.evolve(entry, type="ledger.opened@3"))
    assert refused.value.problems[0].code == "unknown-record-type"
    assert stored_type(decode(entry).event) == "ledger.opened@2"


def codes(refused):
    return [(problem.code, problem.binding) for problem in refused.value.problems]


@pytest.mark.parametrize("mode", ["refuse", "flag"])
def test_other_rules_are_another_version(mode):
    other = attrs.evolve(club(), title="another club")
    with Ledger.in_memory(profile=club()) as ledger:
        with pytest.raises(RuleBreach) as refused:
            ledger.record(LedgerProfileChanged(profile=other, on="2024"), breaches=mode)
        assert codes(refused) == [("other-rules", True)]
        ledger.record(LedgerProfileChanged(profile=club(), on="2024"))
        ledger.record(LedgerProfileChanged(profile=second(), on="2025"))
        later = attrs.evolve(second(), title="another club")
        with pytest.raises(RuleBreach):  # not even where the first is taken back
            ledger.record(LedgerProfileChanged(profile=later, on="2025", corrects=3))
        with pytest.raises(RuleBreach):
            third = attrs.evolve(club(), name="club@3")
            ledger.record(
                LedgerProfileChanged(profile=third, on="2026"),
                LedgerProfileChanged(profile=attrs.evolve(third, title="X"), on="2027"),
            )
        assert ledger.head() == 3
        assert ledger.verify()


def test_the_name_of_a_shipped_profile_is_taken():
    ours = attrs.evolve(club(), name="vng@1")
    with pytest.raises(InvalidInput, match="ships with other rules"):
        Ledger.in_memory(profile=ours)
    with Ledger.in_memory() as ledger, pytest.raises(RuleBreach) as refused:
        ledger.record(LedgerProfileChanged(profile=ours, on="2024"))
    assert codes(refused) == [("shipped-profile", True)]
    with Ledger.in_memory() as ledger, pytest.raises(RuleBreach) as refused:
        ledger.record(LedgerProfileChanged(profile="club@1", on="2024"))  # by its name alone
    assert codes(refused) == [("unknown-profile", True)]


def test_a_profile_that_ships_later_does_not_disturb_a_ledger(monkeypatch):
    with Ledger.in_memory(profile=club()) as ledger:
        assert history(ledger) == FOUND
        ours = attrs.evolve(club(), title="as it ships", majorities={"ordinary": {}})
        monkeypatch.setattr(profiles, "PROFILES", (*PROFILES, ours))
        assert ledger.opening.profile == club()
        ledger.rebuild()
        assert found(ledger) == FOUND
        assert ledger.verify()
        with pytest.raises(RuleBreach) as refused:
            ledger.record(LedgerProfileChanged(profile="club@1", on="2026"), breaches="flag")
        assert codes(refused) == [("other-rules", True)]
        with pytest.raises(RuleBreach) as refused:
            ledger.record(LedgerProfileChanged(profile=club(), on="2026"), breaches="flag")
        assert codes(refused) == [("shipped-profile", True)]


def test_a_shipped_profile_that_is_not_known_here_is_told(monkeypatch):
    with Ledger.in_memory(profile="parliament@1") as ledger:
        ledger.record(LedgerProfileChanged(profile=club(), on="2024"))
        monkeypatch.setattr(profiles, "PROFILES", PROFILES[:2])
        with pytest.raises(UnreadableRecord, match="parliament@1"):
            ledger.rebuild()
        again = Ledger(ledger._store)
        with pytest.raises(UnreadableRecord, match="parliament@1"):
            again.as_of("2024-01-01")
        assert "parliament@1" in str(again.verify())


def test_the_largest_profile_fits_a_record():
    large = Profile(name="club@1", title="x")
    large = attrs.evolve(large, title="x" * (LARGEST - len(json.dumps(large.definition())) + 1))
    with Ledger.in_memory(profile=large) as ledger:
        ledger.record(LedgerProfileChanged(profile=large, on="2024", note="x" * 10_000))
        assert ledger.verify()
    with pytest.raises(InvalidInput):
        attrs.evolve(large, title=large.title + "x")


def test_a_profile_is_a_value():
    assert club() == club()
    assert hash(club()) == hash(club())
    assert club() != attrs.evolve(club(), held_over=HeldOver.VOTE_POSTPONED, lapse=Lapse())
    assert len({club(), club(), second()}) == 2


# --- datasets and the command line ------------------------------------------------------

DATASET = """\
govledger: 1
ledger:
  name: club
  profile:
    name: club@1
    title: a tennis club
    extends: general@1
    majorities: {statutes: {share: at least 2/3}}
records:
  - motion.submitted: bins
    on: 2024-03-01
    title: Bigger bins
  - motion.adopted: bins
    on: 2024-03-14
    majority: statutes
    tally: {in_favour: 20, against: 10}
  - ledger.profile-changed: self
    on: 2025-01-01
    profile: {name: club@2, title: a tennis club}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOVLEDGER_LEDGER", raising=False)
    Path("club.yaml").write_text(CLUB)

    def call(*words, code=0):
        result = CliRunner().invoke(main, [*words], prog_name="govledger")
        assert result.exit_code == code, result.output
        return result.output

    return call


def test_a_dataset_may_define_its_profile(run):
    Path("minutes.yaml").write_text(DATASET)
    assert "no problems" in run("check", "minutes.yaml")
    run("import", "minutes.yaml")
    with Ledger.open("govledger.db", create=False) as ledger:
        assert ledger.opening.profile.majorities["statutes"].share == Share("at least 2/3")
        assert ledger.profile.name == "club@2"
        assert ledger.verify()
    Path("minutes.yaml").write_text(DATASET.replace("in_favour: 20", "in_favour: 19"))
    out = run("check", "minutes.yaml", code=3)
    assert "minutes.yaml:16:13: error[tally-against-outcome]" in out
    run("-l", "copy.db", "import", "minutes.yaml", code=1)
    other = "govledger: 1\nledger: {profile: {name: club@2, title: another}}\nrecords:\n"
    Path("more.yaml").write_text(other + "  - motion.withdrawn: bins\n    on: 2024-03-02\n")
    assert "other rules under club@2" in run("import", "more.yaml", "--flag-breaches")


def test_the_command_line_takes_a_file(run):
    assert "club@1" in run("init", "--name", "Club", "--profile", "club.yaml")
    run("record", "motion.submitted", "bins", "--on", "2024-01-01", "--set", "title=Bins")
    run("record", "motion.adopted", "bins", "--on", "2024-01-02")
    run("record", "motion.held-over", "bins", "--on", "2024-01-03")
    assert "blijft staan" in run("--lang", "nl", "list", "motions", "--as-of", "2024-02-01")
    assert "term-passed" in run("check")
    Path("club-2.yml").write_text(CLUB.replace("club@1", "club@2").replace("18 months", "9 years"))
    change = ("record", "ledger.profile-changed", "self", "--on", "2024-01-04", "--set")
    run(*change, "profile=club-2.yml")
    assert "term-passed" not in run("check")
    run(*change, "profile=general@1")
    assert "error[other-rules]" in run(
        *change, f"profile={edited('club-2.yml', 'a tennis club', 'a club')}", code=1
    )
    run("record", "motion.submitted", "lamps", "--on", "2024-01-01", "--set", "title=Lamps")
    adopted = ("record", "motion.adopted", "lamps", "--on", "2024-01-05", "--set", "majority=all")
    assert "error[unknown-majority]" in run(*adopted, code=1)
    run("verify")


def edited(path, old, new):
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))
    return path


def test_a_file_is_checked(run):
    assert run("check", "club.yaml") == "club.yaml: club@1; no problems.\n"
    edited("club.yaml", "at least 2/3", "2/3")
    out = run("check", "club.yaml", code=3)
    assert "club.yaml:6:21: error[not-a-share]" in out
    assert out.endswith("club.yaml; 1 problem.\n")
    assert out.partition("\n")[0] in run("init", "--name", "Club", "--profile", "club.yaml", code=2)
    assert not Path("govledger.db").exists()


@pytest.mark.parametrize("profile", ["club", "vng@9", "nowhere.yaml", "."])
def test_what_is_no_profile_is_wrong_usage(run, profile):
    assert "Invalid value for '--profile'" in run(
        "init", "--name", "Club", "--profile", profile, code=2
    )
    assert os.listdir() == ["club.yaml"]


def test_a_file_is_checked_for_what_a_ledger_would_refuse(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("govledger_profile: 1\nname: general@1\ntitle: ours\n", "utf-8")
    result = CliRunner().invoke(main, ["check", str(rules)])
    assert result.exit_code == 3
    assert "error[shipped-profile]" in result.output
