"""The pages of the docs as a whole: every block is run, every link leads somewhere, the site builds."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from sybil.document import Document

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "benchmarks" / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("examples/**/*.md")),
]
RUNNABLE = (
    "bash console doctest html+jinja http js json jsonl postgresql powershell py pycon python"
    " python3 sh shell sql toml yaml yml"
).split()
FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=fence)\s*$", re.S | re.M
)
"""A block of code, on a line of its own."""

each = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pytest.fixture(scope="session")
def runner(request):
    """The plugin that runs the pages: the `conftest.py` at the root."""
    (found,) = (p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "ELSEWHERE"))
    return found


# --- blocks -----------------------------------------------------------------------------


def not_accounted_for(runner, page, text):
    """The blocks of a page that somebody may want to run, and that nobody runs."""
    name = page.relative_to(ROOT).as_posix()
    document = Document(text, str(page))
    run = {region.start for parser in runner.PAGES.parsers for region in parser(document)}
    for block in FENCE.finditer(text):
        language = block["language"].strip()
        runnable = language in RUNNABLE or re.match(
            r"(\$|govledger|pip|python3?|psql|sqlite3) ", block["body"]
        )
        known = (
            block.start() in run
            or (name, language) in runner.ELSEWHERE
            or runner.NOT_RUN.search(text, 0, block.start())
        )
        if not language or (runnable and not known):
            yield f"{name}:{text.count(chr(10), 0, block.start()) + 1}: {language or 'no language'}"


@each
def test_every_block_is_run_or_says_why_not(runner, page):
    assert not list(not_accounted_for(runner, page, page.read_text("utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "```sql\nSELECT 1\n```\n",
        "```pycon\n>>> 1\n```\n",
        "```\nanything\n```\n",
        "```text\n$ govledger list\n```\n",
        "<!-- not run: -->\n```sql\nSELECT 1\n```\n",
        "<!-- not run: no server -->\n\nAn example:\n\n```sql\nSELECT 1\n```\n",
        "~~~bash\nls\n~~~\n",
    ],
)
def test_a_block_that_nobody_runs_is_found(runner, text):
    assert len(list(not_accounted_for(runner, ROOT / "docs" / "new.md", text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "```python\n1\n```\n",
        "```console\n$ govledger list\n```\n",
        "```yaml\na: 1\n```\n",
        "<!-- not run: no server -->\n```sql\nSELECT 1\n```\n",
        "```text\nOK    tree\n```\n",
    ],
)
def test_a_block_that_is_run_is_not(runner, text):
    assert not list(not_accounted_for(runner, ROOT / "docs" / "new.md", text))


def test_few_blocks_are_not_run():
    reasons = [
        r for page in PAGES for r in re.findall(r"<!-- not run: .*", page.read_text("utf-8"))
    ]
    assert len(reasons) <= 16, reasons


def test_pages_that_have_tests_of_their_own_are_read_by_them(runner):
    for (page, language), test in runner.ELSEWHERE.items():
        text = (ROOT / page).read_text("utf-8")
        assert any(block["language"] == language for block in FENCE.finditer(text)), page
        assert f'"{Path(page).name}"' in (tested := (ROOT / test).read_text("utf-8")) or (
            f'golden("{page}"' in tested
        ), f"{test} does not look at {page}"


def test_pages_are_collected(request, runner):
    """What the plugin runs is under `testpaths`, so that a plain `pytest` runs it."""
    paths = [ROOT / path for path in request.config.getini("testpaths")]
    for page in PAGES:
        assert any(page == path or page.is_relative_to(path) for path in paths), page


# --- links ------------------------------------------------------------------------------


def anchors(page):
    """The names of the headings of a page, as forges and the site make them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", title).replace("`", "")
        yield re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")


@each
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), f"links to {target}"
        if anchor:
            assert anchor in anchors(there), f"links to {target}"


def test_the_house_names_pages_that_exist():
    files = [*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/*.py"), *ROOT.glob("benchmarks/*.py")]
    for file in files:
        for path in re.findall(r"\bdocs/[\w/-]+\.md\b", file.read_text("utf-8")):
            assert (ROOT / path).exists() or file == Path(__file__), f"{file.name} names {path}"


# --- the site ---------------------------------------------------------------------------

COMMAND = "python -m sphinx -nW --keep-going docs build/site"


def test_the_site_is_built_by_one_command(tmp_path):
    assert COMMAND in (ROOT / "README.md").read_text("utf-8")
    _, *words = shlex.split(COMMAND)
    words[-1] = str(tmp_path / "site")
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for page in sorted(ROOT.glob("docs/**/*.md")):
        made = (tmp_path / "site" / page.relative_to(ROOT / "docs")).with_suffix(".html")
        html = made.read_text("utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css|woff2?)\b', html), made
        assert "mermaid" not in html or "reference" not in made.parts, made


def test_a_broken_link_breaks_the_site(tmp_path):
    (tmp_path / "conf.py").write_text((ROOT / "docs" / "conf.py").read_text("utf-8"), "utf-8")
    (tmp_path / "index.md").write_text("# Door\n\n- [Page](page.md)\n", "utf-8")
    build = [sys.executable, "-m", "sphinx", "-nWq", "--keep-going", tmp_path, tmp_path / "site"]
    for link, is_sound in (("#one", True), ("#two", False), ("none.md", False)):
        (tmp_path / "page.md").write_text(f"# Page\n\n## One\n\n[there]({link})\n", "utf-8")
        done = subprocess.run(build, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is is_sound, (link, done.stderr)
