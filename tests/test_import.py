"""Imports of any size: streaming, batch by batch, taken up where they stopped.

What is wrong with a file, and how it is said, is the business of `test_errors`.
"""

import io
import json
import os
import random
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from govledger import InvalidInput, Ledger, MotionSubmitted, RuleBreach, StorageError, dataset
from govledger.cli import main
from govledger.cli import output as cli_output
from govledger.codec import canonical, exported
from govledger.dataset import (
    Dataset,
    Expectation,
    Fact,
    Head,
    Runs,
    by_place,
    file_key,
    import_dataset,
    judge_dataset,
    ledger_options,
)
from govledger.dataset import importing, reading, tree
from govledger.errors import Problem
from govledger.interchange import Imported, import_batches, import_file, jsonl
from govledger.interchange.importing import format_of
from govledger.spans import BATCH

# --- files ------------------------------------------------------------------------------

OPENING = {
    "position": 1,
    "type": "ledger.opened",
    "subject": "ledger/self",
    "on": "2000-01-01",
    "data": {"name": "club", "timezone": "Europe/Amsterdam", "profile": "vng@1"},
}
SPREAD = 300
"""How many motions back a correction and a retraction reach: into an earlier batch."""


def history(number, step=1):
    """A log of lawful records, as an export has it; positions may leave gaps."""
    lines, at = [OPENING], {}

    def add(type_, slug, data, **more):
        position = lines[-1]["position"] + step
        subject = f"motion/{slug}"
        line = {"type": type_, "subject": subject, "on": "2024-01-01", "data": data, **more}
        lines.append({"position": position, **line})
        return position

    motion = 0
    while len(lines) <= number:
        motion += 1
        at[motion, "title"] = add("motion.submitted", f"m{motion}", {"title": f"Motion {motion}"})
        at[motion, "alias"] = add("motion.alias-noted", f"m{motion}", {"alias": f"No. {motion}"})
        add("motion.adopted", f"m{motion}", {"tally": {"in_favour": motion + 1, "against": 1}})
        old = motion - SPREAD
        if old > 0:
            title = {"title": f"Motion {old}, really"}
            add("motion.submitted", f"m{old}", title, corrects=at[old, "title"])
            reason = {"position": at[old, "alias"], "reason": "Never called that"}
            add("record.retracted", f"m{old}", reason)
    return lines[: number + 1]


def astray(records, number):
    """Let the first adoption from a line on be that of a motion nobody knows; gives its line."""
    at = next(i for i in range(number - 1, len(records)) if "tally" in records[i]["data"])
    records[at] = {**records[at], "subject": "motion/never-submitted"}
    return at + 1


def as_lines(records):
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)


def as_yaml(number, head="govledger: 1\nledger: {name: club, profile: vng@1}\n"):
    body = "".join(
        f"  - motion.submitted: m{n}\n    on: 2024-01-01\n    title: Motion {n}\n"
        for n in range(1, number + 1)
    )
    return f"{head}records:\n{body}"


@pytest.fixture
def write(tmp_path):
    def write(content, name="f.jsonl"):
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return path

    return write


def log_of(ledger):
    """What a ledger says, besides when it was recorded."""
    said = []
    for record in ledger.log(after=1):
        line = exported(record)
        del line["recorded_at"]
        said.append(canonical(line))
    return said


def undisturbed(path):
    with Ledger.in_memory() as ledger:
        import_file(ledger, path)
        assert ledger.verify()
        return log_of(ledger)


# --- streaming is loading ---------------------------------------------------------------


def items_of(path):
    """What `read` gives, and what ended it."""
    items = []
    try:
        for item in format_of(path).read(path):
            items.append(item)
    except InvalidInput as error:
        return items, error.problems
    return items, None


def assert_the_same(path, chunk, monkeypatch):
    at_once = format_of(path).load(path)
    monkeypatch.setattr(tree, "_CHUNK", chunk)
    loaded = format_of(path).load(path)
    # What YAML forbids is met as it is read, by pieces of a file: so that may come first.
    if not any("control characters" in problem.message for problem in at_once.problems):
        assert loaded == at_once
    items, ended = items_of(path)
    if ended is not None:
        assert (loaded.entries, loaded.problems) == ((), ended)
        return
    facts = [item for item in items if isinstance(item, Fact)]
    assert [(f.event, f.number, f.place, f.said) for f in facts] == [
        (f.event, f.number, f.place, f.said) for f in loaded.entries
    ]
    for one, other in zip(facts, loaded.entries, strict=True):
        for name in ("subject", "on", "source.document", "corrects", "data.position"):
            assert one.place_of(name) == other.place_of(name)
    assert tuple(i for i in items if isinstance(i, Expectation)) == loaded.expectations
    problems = [i for i in items if isinstance(i, Problem)]
    assert tuple(sorted(problems, key=by_place)) == loaded.problems
    heads = [i for i in items if isinstance(i, Head)]
    assert (heads or [Head()]) == [loaded.head]
    if heads and not problems:
        assert items[0] == heads[0]


SECTIONS = (
    "govledger: 1\n",
    "ledger: {name: club, timezone: Europe/Amsterdam, profile: vng@1}\n",
    f"documents:\n  minutes: {{title: Notulen é, sha256: {'a' * 64}}}\n  letter: {{url: x}}\n",
    "records:\n"
    "  - motion.submitted: bins\n    on: ../2024-03-14\n    title: Größere Tonnen\n"
    f"    source: {{document: minutes, span: [3, 9], sha256: {'b' * 64}}}\n"
    "  # a comment\n"
    "  - motion.adopted: bins\n    on: 2024-03-14\n    tally: {in_favour: 31, against: 12}\n"
    "    note: |\n      One line.\n\n      Another.\n    source: {document: letter}\n"
    "  - {motion.completed: bins, on: 2024-04-01, source: {title: Said}}\n",
    "expect:\n  - {as_of: 2024-03-14, motion: bins, status: adopted}\n",
)
LINES = as_lines([OPENING, *history(12)[1:]])
PIECES = [
    *"\n \r {} [] ' \" : , - & * ! # | \t ? ~ é \x85 \u2028 \0 \x1b 1.5 1e3 NaN -0 0".split(" "),
    *("\r\n", "  ", "- ", "&a ", "*a", "--- \n", "...\n", "99999999999999999", '"position":2,'),
    *("corrects: 2\n", "  - x: y\n", "documents: {}\n", "ledger:\n", '"type":1,', "\\u0041"),
]


@st.composite
def broken(draw, text):
    """A text with a few pieces put in, taken out or doubled."""
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        match draw(st.integers(0, 2)):
            case 0:
                text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
            case 1:
                text = text[:at] + text[at + draw(st.sampled_from([1, 2, 20])) :]
            case 2:
                other = draw(st.integers(0, len(text)))
                text = text[:at] + text[other : other + draw(st.integers(1, 60))] + text[at:]
    return draw(st.sampled_from(["", "\ufeff"])) + text


CHUNKS = st.sampled_from([1, 2, 7, 64, 1000, 65_536])


@given(text=st.permutations(SECTIONS).flatmap(lambda s: broken("".join(s))), chunk=CHUNKS)
@settings(deadline=None, max_examples=150)
def test_streaming_yaml_is_loading_it(text, chunk, tmp_path_factory):
    path = tmp_path_factory.mktemp("yaml") / "d.yaml"
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_the_same(path, chunk, monkeypatch)


@given(
    lines=st.lists(st.sampled_from(LINES.splitlines(keepends=True)), max_size=12),
    data=st.data(),
)
@settings(deadline=None, max_examples=150)
def test_streaming_json_lines_is_loading_them(lines, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("jsonl") / "d.jsonl"
    path.write_bytes(data.draw(broken("".join(lines))).encode())
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_the_same(path, 64, monkeypatch)


@pytest.mark.parametrize("suffix", ["jsonl", "yaml"])
def test_streaming_the_corpus_of_errors_is_loading_it(suffix, monkeypatch):
    for path in sorted((Path(__file__).parent / "errors").glob(f"*.{suffix}")):
        assert_the_same(path, 50, monkeypatch)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.sampled_from([0, -1, 2**53 - 1, 2**53, -(2**53), 2**64, 10**40, 0.5, 1e300, 1.0, -0.0])
    | st.just(float("nan")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def said_of(read, line):
    try:
        return read(line)
    except InvalidInput as error:
        return error.problems


@given(
    value=st.dictionaries(st.text(max_size=3), VALUES),
    compact=st.booleans(),
    raw=st.booleans(),
    cut=st.integers(0, 200),
    twice=st.booleans(),
)
@settings(deadline=None, max_examples=400)
def test_the_quick_reader_says_what_the_strict_one_says(value, compact, raw, cut, twice):
    separators = (",", ":") if compact else (", ", ": ")
    text = json.dumps(value, separators=separators, ensure_ascii=not raw)
    if twice and len(text) > 2:  # the same keys again
        text = f"{text[:-1]},{text[1:]}"
    if cut < len(text):
        text = text[:cut] + text[cut + 1 :]
    line = jsonl._Line("f", 2, text.encode("utf-8", "surrogatepass"))
    quick, strict = said_of(jsonl._parsed, line), said_of(jsonl._strictly, line)
    assert quick == strict
    assert repr(quick) == repr(strict)  # 1 is not True, nor 1.0


def test_what_records_rest_on_may_stand_behind_them(write):
    path = write("".join(reversed(SECTIONS)), "d.yaml")
    items, ended = items_of(path)
    assert ended is None
    assert isinstance(items[0], Head)
    (fact,) = [i for i in items if isinstance(i, Fact) and i.event.type == "motion.submitted"]
    assert (fact.event.source.title, fact.event.source.span) == ("Notulen é", (3, 9))


def test_facts_before_an_error_in_yaml_have_been_read(write):
    path = write(as_yaml(50) + "  - motion.adopted: [\n", "d.yaml")
    items, ended = items_of(write("documents: {}\n" + path.read_text(), "e.yaml"))
    assert len([i for i in items if isinstance(i, Fact)]) == 50
    assert [(p.code, p.place.line) for p in ended] == [("not-yaml", 156)]
    # Where the file must be read twice, the error is met before any fact is given.
    items, ended = items_of(path)
    assert items == []
    assert [(p.code, p.place.line) for p in ended] == [("not-yaml", 155)]


def test_progress_tells_the_bytes_read(write):
    for path in (write(as_lines(history(3_000))), write(as_yaml(3_000), "d.yaml")):
        told = []
        for _ in format_of(path).read(path, told.append):
            pass
        assert told == sorted(told)
        assert len(told) > 2
        assert told[-1] == path.stat().st_size


def memory(path, use):
    """The most memory that Python takes for a file, in megabytes."""
    tracemalloc.start()
    try:
        use(path)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def imported(path):
    with Ledger.open(path.with_suffix(".db"), profile="vng@1") as ledger:
        import_file(ledger, path)
        import_file(ledger, path)
        assert ledger.head() > 1_000


def streamed(path):
    assert sum(1 for _ in format_of(path).read(path)) > 1_000


@pytest.mark.parametrize(
    ("use", "make", "name"),
    [
        (imported, lambda n: as_lines(history(n)), "f.jsonl"),
        (streamed, lambda n: as_lines(history(2 * n)), "f.jsonl"),
        (streamed, lambda n: as_yaml(n), "f.yaml"),
    ],
    ids=["import", "read JSON Lines", "read YAML"],
)
def test_memory_does_not_grow_with_the_file(use, make, name, write):
    small, large = (write(make(n), f"{n}-{name}") for n in (1_500, 6_000))
    streamed(small)  # so that what is made once is not counted
    taken = memory(small, use)
    assert memory(large, use) < taken + 4


# --- batches ----------------------------------------------------------------------------


def test_a_file_is_written_batch_by_batch(write, new_ledger):
    path = write(as_lines(history(2_500)))
    with new_ledger() as ledger:
        accounts = list(import_batches(ledger, path))
        assert [(a.read, a.written, a.skipped) for a in accounts] == [
            (1_000, 1_000, 0),
            (2_000, 2_000, 0),
            (2_500, 2_500, 0),
        ]
        assert [a.last.line for a in accounts] == [1_001, 2_001, 2_501]
        keys = [record.key for record in ledger.log(after=1)]
        assert [keys.count(key) for key in dict.fromkeys(keys)] == [1_000, 1_000, 500]
        assert ledger.verify()


@pytest.mark.parametrize("make", [lambda: as_lines(history(2_500)), lambda: as_yaml(2_500)])
def test_importing_twice_changes_nothing_whichever_way(make, write, new_ledger):
    content = make()
    path = write(content, "d.yaml" if content.startswith("govledger") else "f.jsonl")
    loaded = format_of(path).load(path)
    with new_ledger() as ledger:
        import_file(ledger, path)
        log = log_of(ledger)
        again = import_file(ledger, path)
        assert (again.written, again.skipped) == (0, 2_500)
        assert [r.event for r in import_dataset(ledger, loaded)] == [
            r.event for r in ledger.log(after=1)
        ]
        assert log_of(ledger) == log
    with new_ledger() as ledger:
        assert len(import_dataset(ledger, loaded)) == 2_500
        assert import_file(ledger, path).written == 0
        assert log_of(ledger) == log


@pytest.mark.parametrize("numbers", [[1], [700, 1_000], [999, 1_001, 2_600], [1_500, 1_600, 1_700]])
def test_a_file_that_has_grown_goes_on_after_what_is_there(numbers, write, new_ledger):
    lines = history(2_700)
    with new_ledger() as ledger:
        ledger.record(MotionSubmitted("other", title="Other", on="2024-01-01"))
        before = 0
        for number in (*numbers, 2_700, 2_700):
            account = import_file(ledger, write(as_lines(lines[: number + 1])))
            assert (account.written, account.skipped) == (number - before, before)
            before = number
            title = f"In between, at {ledger.head()}"
            ledger.record(MotionSubmitted(f"n{ledger.head()}", title=title, on="2024-01-01"))
        assert ledger.head() == 2 + 2_700 + len(numbers) + 2
        assert ledger.verify()
        said = [
            r.event.title for r in ledger.log() if r.subject == "motion/m1" and r.event.corrects
        ]
        assert said == ["Motion 1, really"]
        for record in ledger.log():
            corrected = record.event.corrects or getattr(record.event, "position", None)
            if corrected:
                (target,) = ledger.log(after=corrected - 1, upto=corrected)
                assert target.subject == record.subject
                assert target.type in ("motion.submitted", "motion.alias-noted")
                assert "really" not in getattr(target.event, "title", "")


@pytest.mark.parametrize("step", [1, 7])
def test_positions_are_translated_across_batches_and_after_a_stop(step, write, new_ledger):
    records = history(2_500, step)
    path = write(as_lines(records))
    with new_ledger() as ledger:
        ledger.record(MotionSubmitted("other", title="Other", on="2024-01-01"))
        for _ in import_batches(ledger, path):  # it stops after the first batch
            break
        ledger.record(MotionSubmitted("further", title="Further", on="2024-01-01"))
        import_file(ledger, path)
        here = [p for p in range(3, 2_504) if p != 1_003]  # where the further one stands
        place = dict(zip((r["position"] for r in records[1:]), here, strict=True))
        for line, position in zip(records[1:], here, strict=True):
            (record,) = ledger.log(after=position - 1, upto=position)
            assert record.subject == line["subject"]
            if "corrects" in line:
                assert record.event.corrects == place[line["corrects"]]
            if line["type"] == "record.retracted":
                assert record.event.position == place[line["data"]["position"]]
        assert ledger.verify()


def test_an_export_comes_back_as_it_was(write, tmp_path, new_ledger):
    with new_ledger() as ledger:
        import_file(ledger, write(as_lines(history(2_200))))
        path = tmp_path / "export.jsonl"
        with path.open("wb") as stream:
            jsonl.write(ledger.log(), stream)
        log = [record.event for record in ledger.log(after=1)]
    with new_ledger() as ledger:
        import_file(ledger, path)
        assert [record.event for record in ledger.log(after=1)] == log


def test_a_file_of_the_released_version_is_not_imported_again(write):
    path = write(as_lines(history(1_200)))
    loaded = jsonl.load(path)
    with Ledger.in_memory() as ledger:
        events = [fact.event for fact in loaded.entries]
        numbers = [fact.number for fact in loaded.entries]
        ledger.import_events(events, numbers=numbers, key=file_key(loaded.digest))
        account = import_file(ledger, path)
        assert (account.read, account.written, account.skipped) == (1_200, 0, 1_200)
        assert len(import_dataset(ledger, loaded)) == 1_200
        assert ledger.head() == 1_201


MOVED = "govledger: 1\nrecords:\n" + "".join(
    f"  - motion.submitted: m{n}\n    on: 2024-03-0{n}\n    title: T\n    movers: {{}}\n"
    for n in range(1, 7)
)


def test_another_name_in_what_was_imported_is_told_where_it_stands(write, monkeypatch):
    """Also where part of it was imported into a ledger of format 2, whose keys tell names."""
    first, rest = MOVED.split("  - motion.submitted: m4")
    ann, eve = ["Ann"] * 6, ["Ann", "Eve", *["Ann"] * 4]
    whole = first + "  - motion.submitted: m4" + rest
    for older in (False, True):
        with Ledger.in_memory() as ledger:
            with monkeypatch.context() as patch:
                if older:
                    patch.setattr(importing, "_telling", lambda fact: fact.said)
                import_file(ledger, write(first.format(*ann), "ann.yaml"))
            import_file(ledger, write(whole.format(*ann), "ann.yaml"))
            held = list(ledger.log())
            assert len(held) == 7
            with pytest.raises(InvalidInput) as caught:
                import_file(ledger, write(whole.format(*eve), "eve.yaml"))
            (problem,) = caught.value.problems
            assert problem.code == "other-name"
            assert ("record 3" in problem.message) is not older
            assert problem.place.line == (11 if older else 7)
            assert list(ledger.log()) == held
            ledger.erase(name="Ann", basis="asked for")
            import_file(ledger, write(whole.format(*ann), "ann.yaml"))
            assert ledger.head() == 8


def test_white_lines_and_line_ends_say_nothing(write):
    content = as_lines(history(30))
    with Ledger.in_memory() as ledger:
        import_file(ledger, write(content))
        other = content.replace("\n", "\r\n").replace("{", "\r\n{", 1) + " \n\n"
        assert import_file(ledger, write(other)).written == 0


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), max_size=60))
def test_runs_are_a_mapping(steps):
    runs, plain, number, position = Runs(), {}, 0, 0
    for more, further in steps:
        number, position = number + more, position + further
        runs.add(number, position)
        plain[number] = position
    for asked in range(number + 3):
        assert runs.get(asked) == plain.get(asked)


# --- when it stops ----------------------------------------------------------------------

KILLED = """\
import signal, sys
from govledger.cli import keep, main
signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))  # ends the process where it stands
main(["-q", "-l", sys.argv[2], "import", sys.argv[3]])
"""


def test_an_import_that_is_killed_goes_on(write, tmp_path):
    path = write(as_lines(history(4_500)))
    expected = undisturbed(path)
    chance, heads = random.Random(7), set()
    for attempt in range(3):
        ledger_file = tmp_path / f"{attempt}.db"
        for _ in range(2):
            seconds = str(chance.uniform(0.05, 0.4))
            command = [sys.executable, "-c", KILLED, seconds, str(ledger_file), str(path)]
            done = subprocess.run(command, capture_output=True, timeout=120)
            assert done.returncode in (0, -signal.SIGPROF), done.stderr
            if ledger_file.exists():
                with Ledger.open(ledger_file, create=False) as ledger:
                    heads.add(ledger.head())
                    assert log_of(ledger) == expected[: ledger.head() - 1]
        with Ledger.open(ledger_file, profile="vng@1", timezone="Europe/Amsterdam") as ledger:
            import_file(ledger, path)
            assert log_of(ledger) == expected
            assert ledger.verify()
    assert {(head - 1) % BATCH for head in heads} <= {0, 500}


def test_problems_in_the_third_batch_stop_the_writing_and_not_the_reading(write, new_ledger):
    records = history(4_500)
    whole = as_lines(records)
    lines = whole.splitlines(keepends=True)
    for number in (2_300, 4_100):
        lines[number] = lines[number].replace("2024-01-01", "2024-02-30")
    with new_ledger() as ledger:
        path = write("".join(lines))
        accounts = []
        with pytest.raises(InvalidInput) as refused:
            accounts.extend(iter_into(accounts, import_batches(ledger, path)))
        assert [(p.code, p.place.line) for p in refused.value.problems] == [
            ("impossible-date", 2_301),
            ("impossible-date", 4_101),
        ]
        assert ledger.head() == 2_001
        assert (accounts[-1].written, accounts[-1].problems) == (2_000, 2)
        assert accounts[-1].read == 4_498
        assert refused.value.__notes__ == [
            f"2,000 records, up to {path}:2,001, were written before; import the file again once"
            " it is mended: it goes on from there"
        ]
        account = import_file(ledger, write(whole))  # it is mended
        assert (account.written, account.skipped) == (2_500, 2_000)
        assert log_of(ledger) == undisturbed(path)


def iter_into(accounts, batches):
    for account in batches:
        accounts.append(account)
    return ()


def test_a_breach_in_the_third_batch_ends_it_at_once(write, new_ledger):
    records = history(3_500)
    line = astray(records, 2_300)
    path = write(as_lines(records))
    with new_ledger() as ledger:
        with pytest.raises(RuleBreach) as refused:
            import_file(ledger, path)
        assert [(p.code, p.place.line) for p in refused.value.problems] == [("not-on-record", line)]
        assert ledger.head() == 2_001
        assert refused.value.__notes__[0].startswith(f"2,000 records, up to {path}:2,001, were")
        account = import_file(ledger, path, breaches="flag")
        assert (account.written, account.skipped) == (1_500, 2_000)
        assert ledger.findings()
        assert ledger.verify()


def test_many_problems_are_counted_and_the_first_thousand_told(write):
    path = write(as_lines(history(5)) + '{"type": 1}\n' * 2_000)
    with Ledger.in_memory() as ledger:
        accounts = []
        with pytest.raises(InvalidInput) as refused:
            iter_into(accounts, import_batches(ledger, path))
        assert len(refused.value.problems) == 1_000
        assert accounts[-1].problems == 4_000  # two a line
        assert refused.value.__notes__ == ["nothing was imported"]
        assert ledger.head() == 1


def test_what_cannot_be_read_on_is_told_with_what_was_found_before(write):
    content = as_yaml(5, "govledger: 1\nledger: {}\ndocuments: {}\n")
    path = write(content.replace("title: Motion 2", "titel: Motion 2") + "\t}\n", "d.yaml")
    with Ledger.in_memory() as ledger:
        with pytest.raises(InvalidInput) as refused:
            import_file(ledger, path)
        assert [(p.code, p.place.line) for p in refused.value.problems] == [
            ("missing-field", 8),
            ("unknown-field", 10),
            ("not-yaml", 20),
        ]
        assert ledger.head() == 1


def test_any_other_error_carries_the_account(write, tmp_path):
    path = write(as_lines(history(2_500)))
    database = tmp_path / "l.db"
    with Ledger.open(database) as ledger:
        import_file(ledger, write(as_lines(history(1_500)), "part.jsonl"))
    with Ledger.open(database, read_only=True) as ledger:
        with pytest.raises(StorageError) as refused:
            import_file(ledger, path)
    assert refused.value.__notes__ == [
        f"nothing was imported; 1,000 records, up to {path}:1,001, were on record before; import"
        " the file again once it is mended: it goes on from there"
    ]


def test_some_positions_are_found_wherever_they_begin(write):
    first, second, third = (dict(record) for record in history(3)[1:])
    del first["position"], second["position"]
    problems = jsonl.load(write(as_lines([first, second, third]))).problems
    assert [(p.code, p.place.line) for p in problems] == [("some-positions", 1)]
    problems = jsonl.load(write(as_lines([third, first, second]))).problems
    assert [(p.code, p.place.line) for p in problems] == [("some-positions", n) for n in (2, 3)]


def test_check_judges_all_batches(write):
    records = history(3_500)
    lines = [astray(records, number) for number in (500, 600, 2_300)]
    loaded = jsonl.load(write(as_lines(records)))
    assert [problem.place.line for problem in judge_dataset(loaded)] == lines


def test_a_line_that_never_ends_is_refused(write):
    path = write(as_lines(history(3)) + " " * 2_000_000 + "\n" + as_lines(history(3)[1:]))
    (problem,) = jsonl.load(path).problems
    assert (problem.code, problem.place.line) == ("line-too-long", 5)


def test_an_item_of_yaml_that_never_ends_is_refused(write, monkeypatch):
    for room in (tree, reading):
        monkeypatch.setattr(room, "LARGEST_FILE", 100_000)
    small = as_yaml(5_000, "govledger: 1\nledger: {}\ndocuments: {}\n")
    assert len([i for i in items_of(write(small, "d.yaml"))[0] if isinstance(i, Fact)]) == 5_000
    endless = small + "  - motion.submitted: x\n    movers:\n" + "      - Anna\n" * 20_000
    items, ended = items_of(write(endless, "e.yaml"))
    assert len(items) > 5_000
    assert [p.code for p in ended] == ["too-large"]
    assert [p.code for p in dataset.load(write(small, "d.yaml")).problems] == ["too-large"]
    for content in ("\0" * 300_000, "[" + "a, " * 100_000, "govledger: 1\n}" + " " * 300_000):
        with pytest.raises(InvalidInput) as refused, Ledger.in_memory() as ledger:
            import_file(ledger, write(content, "f.yaml"))
        assert {p.code for p in refused.value.problems} <= {"too-large", "not-yaml"}


# --- on the command line ----------------------------------------------------------------


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOVLEDGER_LEDGER", raising=False)

    def run(*words, exit_code=0):
        result = CliRunner().invoke(main, words, prog_name="govledger")
        assert result.exit_code == exit_code, result.output
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stderr

    return run


def head():
    with Ledger.open("govledger.db", create=False) as ledger:
        return ledger.head()


def test_the_command_says_what_it_did(cli, write):
    write(as_lines(history(2_500)[:1_501]))
    assert cli("import", "f.jsonl") == (
        "govledger.db is a new ledger\nimported 1,500 records from f.jsonl\n"
    )
    assert cli("import", "f.jsonl") == "f.jsonl was imported before; nothing was changed\n"
    write(as_lines(history(2_500)))
    said = "imported 1,000 records from f.jsonl; 1,500 were on record before\n"
    assert cli("import", "f.jsonl") == said
    with Ledger.open("govledger.db") as ledger:
        assert (ledger.name, ledger.profile.name) == ("club", "vng@1")


def test_the_command_says_how_far_it_came(cli, write):
    records = history(3_500)
    number = astray(records, 2_300)
    good = records[number - 1]
    records[number - 1] = {**good, "on": "2024-02-30"}
    write(as_lines(records))
    said = cli("import", "f.jsonl", exit_code=1)
    assert said.startswith(f"govledger.db is a new ledger\nf.jsonl:{number}:")
    assert said.endswith(
        "\n\n1 problem in 1 file; 2,000 records, up to f.jsonl:2,001, were written before.\n"
        "Import the file again once it is mended: it goes on from there.\n"
    )
    assert head() == 2_001
    records[number - 1] = good
    write(as_lines(records))
    said = cli("import", "f.jsonl", exit_code=1)
    assert "error[not-on-record]" in said
    assert "; nothing was imported; 2,000 records, up to f.jsonl:2,001, were on record be" in said
    assert said.endswith("with --flag-breaches.\n")
    said = cli("import", "f.jsonl", "--flag-breaches")
    assert said == "imported 1,500 records from f.jsonl; 2,000 were on record before\n"
    assert head() == 3_501


def test_what_is_refused_at_once_leaves_no_ledger(cli, write, tmp_path):
    records = history(2_500)
    records[300]["on"], records[2_300]["on"] = "2024-02-30", "2024-02-30"
    write(as_lines(records))
    said = cli("import", "f.jsonl", exit_code=1)
    assert said.endswith("\n\n2 problems in 1 file; nothing was imported.\n")
    records[300]["on"] = "2024-01-01"
    astray(records, 300)
    write(as_lines(records))
    assert "nothing was imported." in cli("import", "f.jsonl", exit_code=1)
    write("")
    assert cli("import", "f.jsonl") == "f.jsonl holds no records; nothing was imported\n"
    write(as_lines(history(5)) + '{"type": 1}\n' * 2_000)
    said = cli("import", "f.jsonl", exit_code=1)
    assert "\n… and 3,000 problems more\n\n4,000 problems in 1 file; nothing was im" in said
    write("a,b\n", "f.csv")
    assert "no format is known for .csv; " in cli("import", "f.csv", exit_code=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.csv", "f.jsonl"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_batch_and_is_told(number, cli, write, monkeypatch):
    write(as_lines(history(5_500)))
    imported, batches = Ledger.import_events, []

    def interrupted(self, events, **options):
        records = imported(self, events, **options)
        batches.append(records)
        if len(batches) == 4:  # one was tried in memory
            os.kill(os.getpid(), number)
        return records

    before = signal.getsignal(number)
    monkeypatch.setattr(Ledger, "import_events", interrupted)
    said = cli("import", "f.jsonl", exit_code=128 + number)
    assert said == (
        "govledger.db is a new ledger\n"
        "\ninterrupted; 3,000 records, up to f.jsonl:3,001, were written before.\n"
        "Import the file again: it goes on from there.\n"
    )
    assert signal.getsignal(number) == before
    assert head() == 3_001
    monkeypatch.undo()


def test_a_second_interrupt_does_not_wait():
    with cli_output.interruptible() as pause:
        pause()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            pause()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_after_a_second(cli, write, monkeypatch):
    write(as_lines(history(3_000)))
    terminal, clock = Terminal(), iter(range(100_000))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    progress = cli_output.progress

    def shown(what, total):
        monkeypatch.setattr(cli_output.sys, "stderr", terminal)
        return progress(what, total)

    monkeypatch.setattr(cli_output, "monotonic", lambda: next(clock) / 3)
    monkeypatch.setattr("govledger.cli.keep.progress", shown)
    monkeypatch.setattr("govledger.cli.share.progress", shown)
    cli("import", "f.jsonl")
    said = terminal.getvalue()
    for part in ("importing", "100%", "2,000 records, ", "/s"):
        assert part in said, said
    terminal.seek(0)
    terminal.truncate()
    cli("export", "-o", "g.jsonl")
    for part in ("exporting", "100%", "3,001 records, "):
        assert part in terminal.getvalue()


@pytest.mark.parametrize("line", [1_000, 1_001, 1_002, 2_001])
@pytest.mark.parametrize(
    "wrong",
    [{"position": 1}, {"corrects": 99_999, "subject": "motion/m1"}],
    ids=["order", "target"],
)
def test_a_problem_at_the_end_of_a_batch_keeps_it_from_being_written(line, wrong, write):
    records = history(2_500)
    records[line - 1] = {**records[line - 1], **wrong}
    path = write(as_lines(records))
    with Ledger.in_memory(profile="vng@1") as ledger:
        with pytest.raises(InvalidInput) as refused:
            import_file(ledger, path)
        assert refused.value.problems[0].place.line == line
        assert ledger.head() <= line - 1
        assert ledger.head() % BATCH == 1
