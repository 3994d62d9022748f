"""What docs/reference/upgrade-policy.md promises, as far as code can break it.

`tests/golden/promised.txt` lists it; a line that is gone fails. That older ledgers are opened is
for `test_old_ledgers`, that bytes stay for `test_codec`.
"""

import json
import ast
import re
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import attrs
import click
from click.testing import CliRunner
from public_face import names

import govledger
from govledger.cli import PARTS, main
from govledger.codec import current_version
from govledger.events import VOCABULARY
from govledger.interchange.jsonl import exported
from govledger.register import FIELDS
from govledger.profiles import PROFILES
from govledger.rules import transitions
from govledger.storage.postgres.store import OLDEST
from govledger.storage.tables.columns import FORMAT

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reference" / "upgrade-policy.md").read_text("utf-8")
PROMISED = ROOT / "tests" / "golden" / "promised.txt"


def promised():
    """Everything that the policy covers, a line each."""
    return sorted({*face(), *rooms(), *commands(), *types(), *profiles(), *codes(), *keys()})


def face():
    for public in names():
        yield f"name {public.module}.{public.name}"
        yield from (f"takes {public.module}.{public.name} {each}" for each in public.takes)
        if public.kind == "words":
            yield from (f"word {public.module}.{public.name} {word}" for word in public.value)


def rooms():
    """What the pages import from other modules."""
    for page in ROOT.glob("docs/**/*.md"):
        for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            if block.startswith(">>>"):
                continue
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and node.module.startswith("govledger"):
                    imported = {f"{node.module}.{alias.name}" for alias in node.names}
                    public = {f"govledger.{name}" for name in govledger.__all__}
                    yield from (f"room {name}" for name in imported - public)


def commands():
    context = click.Context(main)
    for part in PARTS.values():
        for name in part:
            for parameter in main.get_command(context, name).params:
                for word in parameter.opts if parameter.param_type_name == "option" else ("",):
                    yield f"command {name} {word or parameter.human_readable_name}"


def types():
    """Types of events, and the fields of each version: those of older ones as they were listed."""
    listed = PROMISED.read_text("utf-8").splitlines() if PROMISED.exists() else ()
    for cls in VOCABULARY:
        newest = current_version(cls)
        fields = (
            field.name if field.default is attrs.NOTHING else f"[{field.name}]"
            for field in attrs.fields(cls)
        )
        yield f"type {cls.type}@{newest}: {' '.join(fields)}"
        for version in range(1, newest):
            yield from (line for line in listed if line.startswith(f"type {cls.type}@{version}:"))


def profiles():
    for profile in PROFILES:
        yield f"profile {profile.name}: {json.dumps(profile.definition(), sort_keys=True)}"
        for row in transitions(profile):
            leaves = ", ".join(str(leaf or "nothing") for leaf in row.leaves)
            yield f"profile {profile.name} {row.event.type} {row.axis}: {leaves} to {row.reaches}"


def codes():
    page = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    yield from (f"error {code}" for code in re.findall(r"^### (\S+)$", page, re.MULTILINE))


def keys():
    for kind, fields in FIELDS.items():
        yield from (f"json {kind} {field}" for field in fields)
    with govledger.Ledger.in_memory() as ledger:
        yield from (f"jsonl {key}" for key in exported(next(ledger.log())))


def test_nothing_that_was_promised_is_gone(golden):
    now = promised()
    gone = set(PROMISED.read_text("utf-8").splitlines()) - set(now) if PROMISED.exists() else ()
    golden("tests/golden/promised.txt", "\n".join([*now, ""]))
    assert not gone, f"deprecate it first, see docs/reference/upgrade-policy.md: {sorted(gone)}"


def test_what_the_pages_import_is_there():
    for line in rooms():
        path = line.removeprefix("room ")
        module, _, name = path.rpartition(".")
        assert hasattr(import_module(module), name) or find_spec(path), line


# --- what the page says ------------------------------------------------------------------


def test_exit_codes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.checkpoint").write_text(f"elsewhere\n1\n{'A' * 43}=\n", "utf-8")
    runs = {
        "demo": 0,
        "-l nowhere.db list": 1,
        "list --as-of yesterday": 2,
        "list --no-such-option": 2,
        "diff 2018-11-29 2018-11-30 --exit-code": 3,
        "verify --checkpoint other.checkpoint": 4,
    }
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert told == {*runs.values(), 130}  # which test_follow makes
    for line, code in runs.items():
        result = CliRunner().invoke(main, line.split(), prog_name="govledger")
        assert result.exit_code == code, f"{line}: {result.output}"


def test_versions_of_what_it_runs_on():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    versions = re.findall(r":: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)
    assert f"| Python | {', '.join(versions)} |" in PAGE
    assert project["requires-python"] == f">={versions[0]}"
    assert f"| PostgreSQL | {OLDEST // 10_000} or newer;" in PAGE
    (eventsourcing,) = (d for d in project["dependencies"] if d.startswith("eventsourcing"))
    assert re.search(r">=(\d+\.\d+)", eventsourcing)[1] in PAGE


def test_every_format_has_ledgers_that_are_opened():
    assert f"has a number, {FORMAT} today" in PAGE
    folders = {path.name for path in (ROOT / "tests" / "ledgers").glob("format-*")}
    assert folders == {f"format-{number}" for number in range(1, FORMAT + 1)}


def test_nothing_is_deprecated_that_the_page_does_not_know_of():
    uses = [p for p in ROOT.glob("src/**/*.py") if "DeprecationWarning" in p.read_text("utf-8")]
    assert bool(uses) is ("Nothing is deprecated today." not in PAGE)
