"""Votes: counted from CSV, by an electorate that is fixed on its day, and compared with what was
announced."""

import json
import random
from datetime import date
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from test_codec import examples

from govledger import (
    Choice,
    Electorate,
    InvalidInput,
    Ledger,
    MotionAdopted,
    MotionRejected,
    MotionSubmitted,
    RuleBreach,
    Sealed,
    Tally,
    Vote,
)
from govledger.cli import main
from govledger.codec import ENTRY_LIMIT, entry_bytes
from govledger.sheets import LARGEST_SHEET, rows
from govledger.values import LARGEST_INTEGER
from govledger.votes import packed

COUNCIL = Electorate({"Ede": 12, "Goes": 4, "Joure": 2, "Heerlen": 9})


def refused(call, *arguments, **more):
    with pytest.raises(InvalidInput) as error:
        call(*arguments, **more)
    return [
        (p.code, p.place and (p.place.file, p.place.line, p.place.column, marked(p.place)))
        for p in error.value.problems
    ]


def marked(place):
    """What the carets of a place stand under."""
    return place.excerpt[place.column - 1 :][: place.width]


# --- read -------------------------------------------------------------------------------

LISTS = {
    "english": "member,choice,weight\nEde,in-favour,12\nGoes,against,4\nJoure,absent,2\n",
    "dutch": "lid;stem;gewicht\nEde;voor;12\nGoes;tegen;4\nJoure;afwezig;2\n",
    "as excel writes it": "\ufefflid;stem;gewicht;\r\nEde;Voor;12;\r\nGoes;TEGEN;4;\r\nJoure;;2;\r\n;;;\r\n",
    "other order": "gewicht;lid;stem\n12;Ede;ja\n4;Goes;nee\n2;Joure;afwezig",
    "quotes": '"Member","Choice","Weight"\n"Ede","in favour","12"\n Goes , no , 4 \nJoure,Absent,2\n\n',
    "tabs": "lid\tgewicht\tstem\nEde\t12\tvoor\nGoes\t4\ttegen\nJoure\t2\t\n",
    "old macs": "lid,gewicht,stem\rEde,12,voor\rGoes,4,tegen\rJoure,2,\r",
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_of_votes_is_enough(case):
    assert Tally.from_csv(LISTS[case]) == Tally(
        in_favour=12,
        against=4,
        absent=2,
        electorate=18,
        roll_call=[
            Vote("Ede", "in-favour", 12),
            Vote("Goes", "against", 4),
            Vote("Joure", "absent", 2),
        ],
    )


def test_without_weights_every_member_has_one_vote():
    tally = Tally.from_csv("lid;stem\nAnna;voor\nBram;onthouden\nCarla;voor\n", unit="leden")
    assert (tally.in_favour, tally.abstained, tally.electorate, tally.unit) == (2, 1, 3, "leden")


def test_names_may_hold_separators_quotes_and_accents():
    text = 'member;choice\n"Bos; Bram ""de Vries""";yes\nZoe\u0308;no\n'
    names = [vote.member for vote in Tally.from_csv(text).roll_call]
    assert names == ['Bos; Bram "de Vries"', "Zo\u00eb"]


def test_the_electorate_gives_weights_and_who_is_absent():
    tally = Tally.from_csv("lid;stem\nGoes;voor\nEde;tegen\n", electorate=COUNCIL)
    assert (tally.in_favour, tally.against, tally.absent, tally.electorate) == (4, 12, 11, 27)
    assert [vote.member for vote in tally.roll_call] == ["Goes", "Ede", "Joure", "Heerlen"]
    assert not COUNCIL.differences(tally)


def test_weights_may_be_repeated_where_they_are_the_same():
    text = "lid;stem;gewicht\nGoes;voor;4\nEde;tegen;\n"
    assert Tally.from_csv(text, electorate=COUNCIL).against == 12


def test_a_secret_ballot_keeps_the_count_only():
    text = "lid;stem\nGoes;voor\nEde;tegen\n"
    named = Tally.from_csv(text, electorate=COUNCIL)
    tally = Tally.from_csv(text, electorate=COUNCIL, roll_call=False)
    assert tally == attrs.evolve(named, roll_call=())
    assert not COUNCIL.differences(tally)


# --- the electorate ---------------------------------------------------------------------

REGISTER = (
    "lid;gewicht;vanaf;tot en met\nEde;11;;2019-12-31\nGoes;4;;\nEde;12;2020-01-01;\n"
    "Oss;7;2019-01-01;2019-12-31\nLisse;3;2020-06-01;\n"
)


@pytest.mark.parametrize(
    ("on", "members"),
    [
        ("2018-12-31", {"Ede": 11, "Goes": 4}),
        ("2019-01-01", {"Ede": 11, "Goes": 4, "Oss": 7}),
        (date(2019, 12, 31), {"Ede": 11, "Goes": 4, "Oss": 7}),
        ("2020-01-01", {"Goes": 4, "Ede": 12}),
        ("2020-06-01T20:00+02:00", {"Goes": 4, "Ede": 12, "Lisse": 3}),
    ],
)
def test_the_register_is_read_as_on_the_day_of_the_vote(on, members):
    electorate = Electorate.from_csv(REGISTER, on=on)
    assert electorate == Electorate(members)
    assert electorate.total == sum(members.values())


def test_what_becomes_of_the_register_changes_no_tally():
    votes = "lid;stem\nEde;voor\n"
    then = Electorate.from_csv(REGISTER, on="2019-06-30")
    tally = Tally.from_csv(votes, electorate=then)
    later = Electorate.from_csv(REGISTER.replace("Ede;11", "Ede;1"), on="2019-06-30")
    assert (tally.in_favour, tally.electorate) == (11, 22)
    assert not then.differences(tally)
    assert [p.message for p in later.differences(tally)] == [
        "the tally is of 22 votes, and there are 12",
        '"Ede" was called with 11 votes, and has 1',
    ]


def test_a_register_without_periods_holds_on_every_day():
    assert Electorate.from_csv("member,weight\nEde,12\n") == Electorate({"Ede": 12})
    assert Electorate.from_csv("lid\nAnna\nBram\n", on="2024-01-01").total == 2


def test_an_electorate_is_compared_with_what_is_on_record(tmp_path):
    """By whoever holds the register of that day; erased names pass as far as weights allow."""
    with Ledger.open(tmp_path / "club.db") as ledger:
        ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
        tally = Tally.from_csv("lid;stem\nGoes;voor\nEde;tegen\n", electorate=COUNCIL)
        ledger.record(MotionRejected("bins", tally=tally, on="2024-03-14"))

        def held():
            return list(ledger.log())[2].event.tally

        assert held() == tally
        assert not COUNCIL.differences(held())
        ledger.erase(name="Goes", basis="asked for")
        assert not COUNCIL.differences(held())
        assert said(Electorate({"Ede": 12, "Oss": 4, "Joure": 2, "Heerlen": 9}), held()) == []
        assert said(Electorate({"Ede": 12, "Oss": 5, "Joure": 2, "Heerlen": 9}), held()) == [
            "the tally is of 27 votes, and there are 28",
            "no member is left who has 4 votes",
            '"Oss" was not called',
        ]
        assert said(Electorate(dict(COUNCIL.members) | {"Oss": 4}), held()) == [
            "the tally is of 27 votes, and there are 31",
            "1 of 2 members with 4 votes were not called",
        ]
        assert said(Electorate({"Goes": 4, "Joure": 2, "Heerlen": 9}), held())[1:] == [
            '"Ede" was called, and is no member'
        ]


def said(electorate, tally):
    return [problem.message for problem in electorate.differences(tally)]


def test_who_was_called_twice_differs():
    tally = Tally.of([Vote("Ede", "against", 12)] * 2, electorate=12)
    assert said(Electorate({"Ede": 12}), tally) == ['"Ede" was called 2 times']


# --- what is wrong with it --------------------------------------------------------------


def test_everything_wrong_with_a_list_is_told_at_once():
    text = (
        "\ufefflid;stem;gewicht;wieght\r\n"
        "Ede;vor;12\r\n"
        "Gose;tegen;4\r\n"
        ";voor;2\r\n"
        "Joure;tegen;drie;\r\n"
        '"Heer\nlen";voor;9\r\n'
        "Heerlen;voor;8;;5\r\n"
        "Joure;voor\r\n"
        "Goes;;-4\r\n"
    )
    assert refused(Tally.from_csv, text, electorate=COUNCIL, name="v.csv") == [
        ("unknown-column", ("v.csv", 1, 18, "wieght")),
        ("unknown-choice", ("v.csv", 2, 5, "vor")),
        ("unknown-member", ("v.csv", 3, 1, "Gose")),
        ("empty-text", ("v.csv", 4, 1, ";")),
        ("not-a-count", ("v.csv", 5, 13, "drie")),
        ("control-character", ("v.csv", 6, 1, '"Heer')),
        ("weight-differs", ("v.csv", 8, 14, "8")),
        ("extra-cell", ("v.csv", 8, 17, "5")),
        ("member-twice", ("v.csv", 9, 1, "Joure")),
        ("not-a-count", ("v.csv", 10, 7, "-4")),
    ]


def test_a_quote_inside_a_cell_is_a_quote():
    text = 'lid;stem\n5" pijp;vor\n'
    assert refused(Tally.from_csv, text) == [("unknown-choice", ("votes.csv", 2, 9, "vor"))]


def test_everything_wrong_with_a_register_is_told_at_once():
    text = (
        "member,weight,from,until\n"
        "Ede,12,,2019-12-31\n"
        "Ede,11,2019-12-31,\n"
        "Goes,,2020-01-01,2019-01-01\n"
        "Goes,4,2020-01-01,2019-01-01\n"
        "Oss,7,1-1-2020,2020-02-30\n"
        "Oss,7.5,2020,\n"
        "Lisse,3,2020-01-01,2020-01-31\n"
        "Lisse,3,2020-03-01,2020-03-31\n"
        "Lisse,3,2020-02-01,2020-02-29\n"
        "Lisse,3,2020-01-31,2020-03-01\n"
        "[erased],3,,\n"
    )
    assert refused(Electorate.from_csv, text, on="2020-01-01") == [
        ("member-twice", ("members.csv", 3, 1, "Ede")),
        ("not-a-count", ("members.csv", 4, 6, ",")),
        ("not-a-period", ("members.csv", 5, 19, "2019-01-01")),
        ("not-a-period", ("members.csv", 6, 7, "1-1-2020")),
        ("not-a-period", ("members.csv", 6, 16, "2020-02-30")),
        ("not-a-count", ("members.csv", 7, 5, "7.5")),
        ("not-a-period", ("members.csv", 7, 9, "2020")),
        ("member-twice", ("members.csv", 11, 1, "Lisse")),
        ("sealed-text", ("members.csv", 12, 1, "[erased]")),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-sheet"),
        (" \n;;\n", "empty-sheet"),
        ("\ufeff", "empty-sheet"),
        ("member,choice\n", "empty-sheet"),
        ("Ede,voor\n", "unknown-column"),
        ("member\nEde\n", "missing-column"),
        ("member,lid,choice\nEde,Ede,yes\n", "column-twice"),
        ('member,choice\n"Ede,yes\n', "not-csv"),
        ('member,choice\n"Ede"x,yes\n', "not-csv"),
        ("member,choice\nEde,yes,no\n", "extra-cell"),
        ("member,choice,\nEde,yes,no\n", "extra-cell"),
        ("member,choice,weight\nEde,yes,\n", "not-a-count"),
        ("member,choice,weight\nEde,yes,1.000\n", "not-a-count"),
        (f"member,choice,weight\nEde,yes,{LARGEST_INTEGER + 1}\n", "not-a-count"),
        ("member,choice\nE\x00de,yes\n", "control-character"),
        (" " * (LARGEST_SHEET + 1), "not-csv"),
        ("member,choice\n" + "x" * 200_000 + ",yes\n", "not-csv"),
    ],
    ids=range(17),
)
def test_what_is_no_list_of_votes(text, code):
    assert refused(Tally.from_csv, text)[0][0] == code


def test_votes_that_add_up_to_more_than_can_be_kept_are_refused():
    text = f"lid;stem;gewicht\nA;voor;{LARGEST_INTEGER}\nB;voor;1\n"
    assert {code for code, _ in refused(Tally.from_csv, text)} == {"not-a-count"}


def test_periods_need_a_day():
    assert refused(Electorate.from_csv, REGISTER)[0][0] == "not-a-period"
    assert refused(Electorate.from_csv, REGISTER, on="2019")[0][0] == "not-a-period"
    assert refused(Electorate.from_csv, REGISTER, on="../2019-01-01")[0][0] == "not-a-period"


def test_who_is_no_member_on_that_day_is_unknown():
    electorate = Electorate.from_csv(REGISTER, on="2018-01-01")
    ((code, place),) = refused(Tally.from_csv, "lid;stem\nOss;voor\n", electorate=electorate)
    assert (code, place[1:3]) == ("unknown-member", (2, 1))


HOSTILE = {
    "many unknown": "member,choice\n" + "".join(f"Member {n},yes\n" for n in range(100_000)),
    "one long line": "member,choice\n" + ",".join("x" * 1_000_000),
    "one long header": ",".join("x" * 1_000_000) + "\nEde,yes\n",
    "many twice": "member,choice\n" + "Ede,yes\n" * 100_000,
    "quotes": 'member,choice\n"' + '""' * 60_000 + '",yes\n' * 2,
    "line ends": "\n" * 4_000_000,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_tables_are_refused_with_a_bounded_number_of_problems(case):
    found = refused(Tally.from_csv, HOSTILE[case], electorate=COUNCIL)
    assert 1 <= len(found) <= 1_003


def test_a_register_of_many_periods_of_one_member_is_read():
    days = [date.fromordinal(400_000 + n).isoformat() for n in range(20_000)]
    random.Random(1).shuffle(days)
    text = "member,from,until\n" + "".join(f"Ede,{day},{day}\n" for day in days)
    assert Electorate.from_csv(text, on=days[0]).members == {"Ede": 1}


cells = st.text(st.sampled_from('ab ;,"\n\r\t\u00eb'), max_size=6)


@examples(300)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5))
def test_places_are_where_cells_stand(table):
    """Whatever a cell holds: its place is that of its text, where it stands on one line."""
    written = [
        ";".join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in table
        if any(map(str.strip, row))
    ]
    text = "\n".join(["one;two;three", *written])
    columns = {name: (name,) for name in ("one", "two", "three")}
    problems = []
    read = list(rows(text, "t.csv", columns, ["one"], problems))
    kept = [row for row in table if any(map(str.strip, row))]
    assert bool(problems) == (not kept)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row, told in zip(kept, read, strict=True):
        for name, cell in zip(columns, row, strict=True):
            cell = cell.replace("\r\n", "\n").replace("\r", "\n")
            assert told.cells[name] == cell.strip()
            place = told.place(name)
            assert place.excerpt == lines[place.line - 1]
            quoted = '"' + cell.replace('"', '""') + '"'
            assert marked(place) == quoted.split("\n")[0]


# --- counted ----------------------------------------------------------------------------

ballots = st.dictionaries(
    st.text(st.sampled_from("abcdef"), min_size=1, max_size=3),
    st.tuples(st.integers(0, 99), st.sampled_from([*Choice, None])),
    min_size=1,
    max_size=12,
)


@examples(200)
@given(ballots, st.randoms(use_true_random=False))
def test_the_count_is_that_of_whoever_counts_on_fingers(ballots, chance):
    order = list(ballots)
    chance.shuffle(order)
    listed = "member;choice;weight\n" + "".join(
        f"{name};{ballots[name][1] or ''};{ballots[name][0]}\n" for name in order
    )
    register = "lid;gewicht\n" + "".join(f"{name};{ballots[name][0]}\n" for name in ballots)
    votes = "stem;lid\n" + "".join(f"{b};{n}\n" for n, (_, b) in ballots.items() if b)

    hands = {"in-favour": 0, "against": 0, "abstained": 0, "absent": 0}
    for weight, choice in ballots.values():
        for _ in range(weight):
            hands[choice or "absent"] += 1

    tallies = [Tally.from_csv(listed)]
    if any(choice for _, choice in ballots.values()):
        tallies.append(Tally.from_csv(votes, electorate=Electorate.from_csv(register)))
    for tally in tallies:
        counted = (tally.in_favour, tally.against, tally.abstained, tally.absent)
        assert counted == tuple(hands.values())
        assert tally.electorate == sum(hands.values())
        assert {v.member: (v.weight, v.choice) for v in tally.roll_call} == {
            name: (weight, choice or "absent") for name, (weight, choice) in ballots.items()
        }
        assert Tally.of(tally.roll_call, electorate=tally.electorate) == tally
        assert not Electorate.from_csv(register).differences(tally)


def test_a_packed_roll_call_is_one():
    votes = [Vote("Ede", "in-favour"), Vote("Goes", "absent"), Vote("Joure", "abstained")]
    said = packed([attrs.asdict(vote) for vote in votes])
    assert said == {"choices": "+x0", "members": ["Ede", "Goes", "Joure"]}
    assert Tally(in_favour=1, against=0, roll_call=said).roll_call == tuple(votes)


@pytest.mark.parametrize(
    "columns",
    [
        {"members": ["A"]},
        {"members": ["A"], "choices": ""},
        {"members": ["A"], "choices": "?"},
        {"members": ["A"], "choices": ["+"]},
        {"members": "A", "choices": "+"},
        {"members": ["A"], "choices": "+", "weights": 1},
        {"members": ["A"], "choices": "+", "weights": [1, 1]},
        {"members": ["A"], "choices": "+", "units": [1]},
    ],
    ids=range(8),
)
def test_what_is_no_packed_roll_call(columns):
    assert refused(Tally, in_favour=1, against=0, roll_call=columns) == [("not-a-roll-call", None)]


def test_a_thousand_members_fit_in_a_record():
    with Ledger.in_memory() as ledger:
        ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
        votes = [Vote(f"Member {n}", [*Choice][n % 4], 100_000 + n) for n in range(1_000)]
        tally = Tally.of(votes, unit="inhabitants", electorate=sum(v.weight for v in votes))
        adopted = MotionAdopted("bins", tally=tally, on="2024-03-14")
        ledger.record(adopted, breaches="flag")
        (entry,) = ledger.entries(2)
        assert len(entry_bytes(entry)) <= ENTRY_LIMIT
        (record,) = ledger.log(after=2)
        assert record.event == adopted
        (sealed,) = ledger.log(after=2, sealed=True)
        assert all(isinstance(vote.member, Sealed) for vote in sealed.event.tally.roll_call)


# --- compared ---------------------------------------------------------------------------

CALLED = [Vote("Ede", "in-favour", 12), Vote("Goes", "against", 4), Vote("Joure", "absent", 2)]
RIGHT = Tally.of(CALLED, electorate=18)

DISAGREEMENTS = {
    "announced otherwise": (MotionRejected, {}, ["tally-against-outcome"]),
    "counted otherwise": (
        MotionRejected,
        {"in_favour": 4, "against": 12},
        ["roll-call-mismatch", "roll-call-mismatch"],
    ),
    "one not counted": (MotionAdopted, {"absent": 0}, ["roll-call-mismatch"]),
    "too many": (MotionAdopted, {"electorate": 17}, ["tally-over-electorate"]),
    "more called than there are": (
        MotionAdopted,
        {"electorate": 16, "roll_call": [*CALLED[:2], Vote("Joure", "absent", 3)]},
        ["tally-over-electorate", "roll-call-mismatch"],
    ),
    "called twice": (
        MotionAdopted,
        {"against": 8, "electorate": 22, "roll_call": [*CALLED, CALLED[1]]},
        ["called-twice"],
    ),
    "all of it": (
        MotionRejected,
        {"in_favour": 13, "electorate": 16, "roll_call": [*CALLED, CALLED[2]]},
        [
            "tally-against-outcome",
            "tally-over-electorate",
            "roll-call-mismatch",
            "roll-call-mismatch",
            "called-twice",
        ],
    ),
}


@pytest.fixture
def club(tmp_path):
    with Ledger.open(tmp_path / "club.db") as ledger:
        ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
        yield ledger


@pytest.mark.parametrize("case", DISAGREEMENTS)
def test_every_disagreement_is_refused_or_a_finding(case, club):
    announced, wrong, codes = DISAGREEMENTS[case]
    event = announced("bins", tally=attrs.evolve(RIGHT, **wrong), on="2024-03-14")
    with pytest.raises(RuleBreach) as error:
        club.record(event)
    assert [breach.code for breach in error.value.problems] == codes
    assert club.head() == 2
    club.record(event, breaches="flag", key="mail-1")
    assert [finding.code for finding in club.findings("2024-03-14")] == codes
    assert not club.findings("2024-03-13")
    club.record(event, breaches="flag", key="mail-1")
    assert club.head() == 3

    club.erase("motion/bins", basis="asked for")
    club.rebuild()
    assert club.verify()
    assert [finding.code for finding in club.findings("2024-03-14")] == codes
    club.record(attrs.evolve(event, tally=None, corrects=3, note="Counted anew"))
    assert not club.findings("2024-03-14")


def test_what_agrees_is_no_finding(club):
    club.record(MotionAdopted("bins", tally=RIGHT, on="2024-03-14"))
    assert not club.findings("2024-03-14")


def test_namesakes_are_counted_when_they_are_sealed(club):
    """And not told: in the log, nobody can see who it was."""
    twice = [*CALLED, CALLED[1], CALLED[1]]
    event = MotionAdopted("bins", tally=Tally.of(twice), on="2024-03-14")
    assert event.tally.called_twice == 0
    (record,) = club.record(event, breaches="flag")
    assert record.event.tally.called_twice == 2
    (sealed,) = club.log(after=2, sealed=True)
    assert sealed.event.tally.called_twice == 2
    assert club.as_of("2024-03-14").motions["bins"].tally == attrs.evolve(event.tally, roll_call=())
    members = [vote.member for vote in sealed.event.tally.roll_call]
    assert len({member.digest for member in members}) == 5


# --- the command line -------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOVLEDGER_LEDGER", raising=False)
    Path("members.csv").write_text(REGISTER, "utf-8")
    Path("votes.csv").write_text("\ufefflid;stem\r\nEde;Voor\r\nGoes;tegen\r\n", "utf-8")
    run("init", "--name", "club")
    run("record", "motion.submitted", "bins", "--on", "2019-03-01", "--set", "title=Bins")
    return tmp_path


def run(*words, code=0):
    result = CliRunner().invoke(main, words)
    assert result.exit_code == code, result.output
    return result.output


ADOPTED = ("record", "motion.adopted", "bins", "--on", "2019-03-14")


def test_votes_are_recorded_from_files(folder):
    run(
        *ADOPTED, "--tally", "votes.csv", "--electorate", "members.csv", "--set", "tally.unit=leden"
    )
    bins = json.loads(run("show", "bins", "--format", "json"))["state"]
    assert bins["tally"] == {
        **{"in_favour": 11, "against": 4, "abstained": 0, "absent": 7},
        **{"unit": "leden", "electorate": 22},
    }
    assert "11 in favour, 4 against, 7 absent, of 22 (leden)" in run("show", "bins")
    assert "11 voor, 4 tegen, 7 afwezig, van 22 (leden)" in run("show", "bins", "--lang", "nl")


def test_the_count_only_names_nobody(folder):
    run(*ADOPTED, "--tally", "votes.csv", "--electorate", "members.csv", "--count-only")
    assert "roll_call" not in run("export", "--to", "jsonl", "--disclose")


def test_what_was_announced_otherwise_is_refused_or_flagged(folder):
    words = (*ADOPTED, "--tally", "votes.csv", "--set", "tally.in_favour=2")
    assert "roll-call-mismatch" in run(*words, code=1)
    run(*words, "--flag-breaches")
    assert "roll-call-mismatch" in run("check", code=3)


def test_both_files_are_judged_at_once(folder):
    Path("votes.csv").write_text("lid;stem\nEde;vor\n", "utf-8")
    Path("members.csv").write_text("lid;gewicht\nEde;veel\n", "utf-8")
    said = run(*ADOPTED, "--tally", "votes.csv", "--electorate", "members.csv", code=2)
    assert "members.csv:2:5: error[not-a-count]" in said
    assert "votes.csv:2:5: error[unknown-choice]" in said


def test_what_is_not_utf8_is_told(folder):
    Path("votes.csv").write_bytes("lid;stem\nZoë;voor\n".encode("cp1252"))
    assert 'save it as "CSV UTF-8"' in run(*ADOPTED, "--tally", "votes.csv", code=2)


@pytest.mark.parametrize("option", [("--electorate", "members.csv"), ("--count-only",)])
def test_options_that_go_with_a_tally(folder, option):
    assert "--tally" in run(*ADOPTED, *option, code=2)
    assert run("record", "motion.lapsed", "bins", "--on", "2019", "--tally", "votes.csv", code=2)
