"""A page of twenty thousand motions: what it answers, and how long that takes.

`GOVLEDGER_TEST_PAGE=205000 pytest -s tests/test_report_large.py` makes a history of so many records
(of which one in ten submits a motion) and its page, and asks it in a browser; without the switch
the history is small. What it measures it prints; docs/how-to/publish.md has the figures."""

import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random

import browser as browsers
import tangled
from test_report_browser import answer, settled, show

from govledger import Ledger
from govledger.interchange import import_file
from govledger.report import page

sys.path.insert(0, str(Path(__file__).parents[1]))  # the benchmarks stand beside the tests
from benchmarks import generate  # noqa: E402

SIZE = int(os.environ.get("GOVLEDGER_TEST_PAGE", "1500"))

SHOWN = """
new MutationObserver(() => {
  if (document.documentElement?.dataset.shown && !window.shownAt) {
    requestAnimationFrame(() => setTimeout(() => { window.shownAt = performance.now(); }));
  }
}).observe(document, { attributes: true, subtree: true });"""
"""Notes when the first view has been painted."""


def test_a_page_of_very_many_motions(tmp_path):
    lines, file = tmp_path / "history.jsonl", tmp_path / "page.html"
    generate.write(generate.facts(SIZE, 1), lines, SIZE)
    with (
        Ledger.open(tmp_path / "big.db", timezone="Europe/Amsterdam", profile="vng@1") as ledger,
        browsers.opened(tmp_path / "browser") as window,
    ):
        import_file(ledger, lines)
        days = sorted(span.since for span in ledger.spans())
        middle = date(1970, 1, 1) + timedelta(microseconds=days[len(days) // 2])
        timed("made", lambda: file.write_text(page(ledger, middle, disclose=True), "utf-8"))
        told(
            f"{file.stat().st_size / 1e6:.1f} MB, {len(ledger.as_of('9999-12-31').motions)} motions"
        )
        script = {"source": SHOWN}
        window(
            "POST", "/goog/cdp/execute", cmd="Page.addScriptToEvaluateOnNewDocument", params=script
        )
        for _ in range(3):
            window.go("about:blank")
            show(window, file.as_uri())
            time.sleep(1)
            told(f"shown after {window.run('return window.shownAt'):.0f} ms")
        rng = Random(1)
        for day, known in tangled.moments(ledger, 5):
            asked = f'"{day}", {known}'
            register = ledger.as_of(day, known)
            assert answer(window, f"statuses({asked})") == tangled.statuses(register)
            for name in rng.sample(list(register.states), min(5, len(register.states))):
                said = answer(window, f'describe("{name}", {asked})')
                said.pop("notices", None)
                assert said == tangled.described(register, name)
            timed(f"shown {day}", lambda: changed(window, f"#motions@{day}&known={known}"))
        timed("searched", lambda: changed(window, f"#motions@{middle}&q=zwembad"))
        timed("searched again", lambda: changed(window, f"#motions@{middle}&q=wijk"))


def changed(window, hash):
    window.run("location.hash = arguments[0]", hash)
    settled(window)


def timed(what, do):
    begun = time.monotonic()
    do()
    told(f"{what} in {1000 * (time.monotonic() - begun):.0f} ms")


def told(text):
    print(f"  {text}")
