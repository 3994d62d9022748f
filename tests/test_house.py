"""The house itself: imports run one way, types are strict, the style holds, nothing leaks.

These run the tools as a developer would, so that one command tests everything.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command):
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_run_one_way():
    run(Path(sys.executable).with_name("lint-imports"), "--no-cache")


def test_types_are_strict():
    run(sys.executable, "-m", "mypy")


def test_style_holds():
    run(sys.executable, "-m", "ruff", "check", "src", "benchmarks", "examples")


def test_format_holds():
    run(sys.executable, "-m", "ruff", "format", "--check", "src", "tests", "benchmarks", "examples")


@pytest.mark.parametrize(
    "module",
    sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("examples/**/*.py")]),
    ids=lambda p: p.stem,
)
def test_a_module_says_what_lives_there(module):
    text = module.read_text("utf-8")
    assert text.startswith('"""'), module
    if module.name not in ("__init__.py", "__main__.py"):
        assert re.search(r"\bHere:", text), f"{module} does not say what lives there"


def test_only_storage_imports_eventsourcing_and_only_the_cli_prints():
    for module in ROOT.glob("src/govledger/**/*.py"):
        text = module.read_text("utf-8")
        if "storage" not in module.parts:
            assert not re.search(r"^(from|import) (eventsourcing|sqlite3)", text, re.MULTILINE)
        if "cli" not in module.parts:
            assert not re.search(r"^(from|import) (click|rich)|^\s*print\(", text, re.MULTILINE)


def test_the_pure_rooms_know_no_clock_and_no_files():
    pure = "errors values sheets when votes source profiles events state terms rules extension vocabulary history spans codec register drafts"
    rooms = ROOT / "src/govledger"
    modules = [rooms / f"{name}.py" for name in pure.split()]
    for module in (*modules, *rooms.glob("audit/*.py"), *rooms.glob("integrity/*.py")):
        text = re.sub(r"^ *(>>>|\.\.\.) .*", "", module.read_text("utf-8"), flags=re.MULTILINE)
        clocks_and_files = r"\.now\(|\.today\(|\bopen\(|^import (os|time|pathlib|secrets|random)"
        assert not re.search(clocks_and_files, text, re.MULTILINE), module
