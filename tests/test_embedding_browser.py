"""The embedding example in a real browser: what a secretary, a reader and an auditor see and do."""

import re

import browser as browsers
import pytest
from browser import ENTER, SPACE, TAB
from secretariat_site import PASSWORD, made, served

from govledger import Ledger, MotionSubmitted

EVIL = "<script>document.title='gone'</script><b>Bins</b>\"'>"


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """One browser for all tests: it takes a second to start."""
    with browsers.opened(tmp_path_factory.mktemp("browser")) as window:
        yield window


@pytest.fixture
def settings(tmp_path):
    return made(tmp_path, tmp_path / "club.db")


@pytest.fixture
def site(settings, window):
    with served(settings) as address:
        yield from visited(window, address)


def visited(window, address):
    """The window at a site that it does not know yet; nothing else was asked for at the end."""
    window.requests(), window.console()
    yield address
    window("DELETE", "/cookie")
    window.width(None)
    elsewhere = [url for url in window.requests() if not url.startswith(f"{address}/")]
    assert elsewhere == []
    # That an answer was a refusal is all that there may be to tell.
    refusals = re.compile(r"Failed to load resource: .* status of 4\d\d")
    assert [said for said in window.console() if not refusals.search(said)] == []
    window.go("about:blank")


def sign_in(window, site, login="clara"):
    window.go(f"{site}/sign-in")
    window.fill("#login", login)
    window.fill("#password", PASSWORD)
    window.submit()


def submit(window, site, title="Bigger bins", day="2024-03-14"):
    window.go(f"{site}/register")
    window.follow("motion submitted")
    window.fill("#subject", "bins")
    window.fill("#on", day)
    window.fill("#title", title)
    window.submit()


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_a_motion_is_recorded_adopted_and_gone_the_day_before(kind, request, window, tmp_path):
    there = tmp_path / "a.db" if kind == "file" else request.getfixturevalue("server").url()
    with served(made(tmp_path, there)) as address:
        for site in visited(window, address):
            sign_in(window, site)
            submit(window, site)
            assert "Recorded, as no. 2." in window.text("[role=status]")
            window.follow("motion adopted")
            window.fill("#on", "2024-03-14")
            window.fill("[name='tally.in_favour']", "31")
            window.fill("[name='tally.against']", "12")
            window.submit()
            assert "31 in favour, 12 against" in window.text("main")

            window.follow("Register")
            window.fill("#as_of", "2024-03-14")
            window.submit()
            assert window.texts("tbody tr") == ["Bigger bins adopted 2024-03-14"]
            window.fill("#as_of", "2024-03-13")
            window.submit()
            assert "as_of=2024-03-13" in window.url
            assert window.all("tbody tr") == [] and "Bigger bins" not in window.text()
            assert "Nothing was on record." in window.text("main")


def test_a_double_click_records_once(window, site, settings):
    sign_in(window, site)
    window.go(f"{site}/record/motion.submitted")
    window.fill("#subject", "bins")
    window.fill("#title", "Bigger bins")
    with window.leaving():
        window.run("const b = document.querySelector('button.main'); b.click(); b.click()")
    assert "Recorded, as no. 2." in window.text("[role=status]")
    window("POST", "/back")
    window.submit()  # the form as it was, from the history of the browser
    assert "Recorded, as no. 2." in window.text("[role=status]")
    window("POST", "/back")
    window("POST", "/refresh")  # asked for anew, it still has its key
    window.fill("#subject", "bins")
    window.fill("#title", "Bigger bins")
    window.submit()
    assert "Recorded, as no. 2." in window.text("[role=status]")
    with Ledger.open(settings.ledger) as ledger:
        assert ledger.head() == 2


def test_what_is_refused_shows_how_to_mend_it_and_can_be_put_on_record(window, site, settings):
    sign_in(window, site)
    submit(window, site)
    window.go(f"{site}/motions/bins/motion.completed?on=2024-03-14")
    window.submit()
    assert "the motion is submitted then, not adopted." in window.text("[role=alert]")
    assert "Record motion.adopted first" in window.text("[role=alert]")
    assert window.run("return document.activeElement.className") == "summary"
    assert window.title.startswith("Nothing was recorded")
    window.click("#confirm")
    window.submit()
    assert "Recorded, as no. 3." in window.text("[role=status]")
    window.go(f"{site}/register")
    assert "not adopted" in window.text("tbody .findings")


def test_problems_are_told_to_who_hears_the_page(window, site):
    sign_in(window, site)
    window.go(f"{site}/record/motion.submitted")
    window.fill("#subject", "No Such Name")
    window.submit()
    name = window("GET", f"/element/{window.find('#subject')}/computedlabel")
    assert name == "Short name"
    described = window.run(
        "return document.querySelector('#subject').getAttribute('aria-describedby').split(' ')"
        ".map(id => document.getElementById(id).textContent).join(' ')"
    )
    assert "does not name a subject" in described and "lower case" in described
    window.click(".summary a")  # which leads to the field: what is typed now goes there
    window.press(TAB, *"!")
    assert window.url.endswith("#subject")


def test_a_hostile_title_stays_text(window, site):
    sign_in(window, site)
    submit(window, site, title=EVIL)
    assert window.text("h1") == EVIL
    window.go(f"{site}/register")
    assert window.texts("tbody th a") == [EVIL]
    assert not window.all("main script") and not window.all("main b")
    assert window.title == "Register – Fanfare"


def test_all_of_it_goes_by_keyboard(window, site):
    window.go(f"{site}/register")
    window.press(TAB)
    assert window.run("return document.activeElement.textContent") == "Skip to the content"
    assert window.run("return document.activeElement.getBoundingClientRect().left") >= 0
    window.go(f"{site}/sign-in")
    reach(window, "#login")
    window.press(*"clara", TAB, *PASSWORD)
    with window.leaving():
        window.press(ENTER)
    reach(window, "a[href='/record/motion.submitted']")
    with window.leaving():
        window.press(ENTER)
    reach(window, "#subject")
    window.press(*"bins", TAB, *"03142024")
    reach(window, "#title")
    window.press(*"Bigger bins")
    reach(window, "button.main")
    with window.leaving():
        window.press(SPACE)
    assert "Recorded, as no. 2." in window.text("[role=status]")
    assert "2024-03-14" in window.text(".timeline")


def reach(window, css):
    """Press TAB until something has the focus, which must be seen."""
    for _ in range(60):
        window.press(TAB)
        if window.run("return document.activeElement.matches(arguments[0])", css):
            break
    else:
        raise AssertionError(f"TAB never reaches {css}")
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert window.run(outline) == "solid"


def test_it_fits_a_telephone_and_every_text_can_be_read(window, site, settings):
    long = "Financieringssystematiekherzieningsvoorstel " * 3
    with Ledger.open(settings.ledger) as ledger:
        ledger.record(MotionSubmitted("bins", title=long, on="2024-03-14", note="x" * 300))
    sign_in(window, site)
    for path in (
        *("/register", "/register?as_of=2018-06", "/motions/bins", "/record/meeting.convened"),
        *("/motions/bins/motion.adopted", "/nothing", "/register?lang=nl", "/motions/bins"),
    ):
        window.go(f"{site}{path}")
        for width in (390, 1280):
            window.width(width)
            assert window.run("return document.documentElement.scrollWidth") <= width, path
        assert window.run(CONTRAST) == [], path
        assert window.run(UNNAMED) == [], path
        marks = [len(window.all(mark)) for mark in ("header", "nav", "main", "footer", "h1")]
        assert marks == [1] * 5, path


CONTRAST = """
const parts = colour => colour.match(/[\\d.]+/g).map(Number);
const light = colour => {
  const [r, g, b] = parts(colour).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if ((parts(colour)[3] ?? 1) > 0) return colour;
  }
  return "rgb(255, 255, 255)";
};
return [...document.querySelectorAll("body *")]
  .filter(element => [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim()))
  .map(element => {
    const [a, b] = [getComputedStyle(element).color, behind(element)].map(light);
    return [element.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  })
  .filter(([text, ratio]) => ratio < 4.5);
"""
"""Texts whose contrast with what is behind them is below that of WCAG 2, level AA."""

UNNAMED = """
return [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter(input => !input.labels.length).map(input => input.name);
"""


def test_who_signs_out_leaves_nothing_behind(window, site):
    sign_in(window, site)
    submit(window, site)
    assert "Clara Meijer" in window.text("main")
    window.submit("nav form button")
    window("POST", "/back")
    assert "/motions/bins" in window.url and "Clara Meijer" not in window.text()


def test_an_auditor_keeps_a_checkpoint_and_verifies(window, site):
    sign_in(window, site, "aad")
    window.follow("Audit")
    kept = window.text("pre")
    window.fill("#kept", kept)
    window.submit("form[action='/audit'] button")
    assert "Verdict: extends your checkpoint" in window.text("#report")
    assert window.texts("li.FAIL") == []
    window.follow("Nederlands")
    assert window.run("return document.documentElement.lang") == "nl"
    assert window.text("h1") == "Controle"


def test_it_prints_without_its_menus(window, site):
    sign_in(window, site)
    submit(window, site)
    media = {"cmd": "Emulation.setEmulatedMedia", "params": {"media": "print"}}
    window("POST", "/goog/cdp/execute", **media)
    try:
        shown = "return getComputedStyle(document.querySelector(arguments[0])).display"
        assert {window.run(shown, css) for css in ("nav", ".dates", ".may")} == {"none"}
        assert "On " in window.text(".stand")  # of which day it is stands on the paper
    finally:
        window("POST", "/goog/cdp/execute", cmd=media["cmd"], params={"media": ""})
