"""The page in a real browser: what it answers, by hand and by key, and that it asks nobody."""

from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from random import Random

import attrs
import browser as browsers
import pytest
import tangled
from browser import ENTER, TAB

from govledger import (
    Ledger,
    MandateGiven,
    MeetingConvened,
    MotionAdopted,
    MotionSubmitted,
    ProposalMade,
    StatementMade,
)
from govledger.cli.demo import example
from govledger.dataset import import_dataset, ledger_options, load
from govledger.report import page
from govledger.report.contents import gather
from govledger.report.days import number
from govledger.report.drawing import picture
from govledger.report.timelines import lanes_of
from govledger.report.words import WORDS
from govledger.speaking import Speaker

ARROW_RIGHT, ARROW_LEFT, HOME, SHIFT = "\ue014", "\ue012", "\ue011", "\ue008"
MOMENTS = 50


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browsers.opened(tmp_path_factory.mktemp("browser")) as window:
        yield window


def the_example():
    dataset = load(example())
    ledger = Ledger.in_memory(**ledger_options(dataset))
    import_dataset(ledger, dataset)
    return ledger


LEDGERS = {"the example": the_example, "a tangle": lambda: tangled.tangled(5)}


@pytest.fixture(scope="module", params=LEDGERS)
def ledger(request):
    with LEDGERS[request.param]() as ledger:
        yield ledger


@pytest.fixture(scope="module")
def address(ledger, tmp_path_factory):
    return written(ledger, tmp_path_factory.mktemp("page"), as_of="2018-11-30")


def written(ledger, folder, **options):
    file = folder / "page.html"
    file.write_text(page(ledger, **{"disclose": True, **options}), "utf-8")
    return file.as_uri()


@pytest.fixture
def shown(window, address):
    """The page, opened; at the end it has asked nobody, and there was nothing to complain of."""
    yield from visited(window, address)


def visited(window, address):
    window.requests(), window.console()
    window.go("about:blank")
    show(window, address)
    yield address
    window.width(None)
    assert window.requests() == []
    assert window.console() == []


def show(window, address, hash=""):
    """Go to an address, and wait until what it asks for is shown."""
    window.go(address + hash)
    settled(window)


def settled(window):
    window(
        "POST",
        "/execute/async",
        script="""
        const done = arguments[0];
        const look = () => {
          const { shown } = document.documentElement.dataset;
          shown && (!location.hash || shown === location.hash) ? done() : setTimeout(look, 5);
        };
        look();""",
        args=[],
    )


def answer(window, call):
    """What the console of the page answers."""
    script = f"const done = arguments[0]; (async () => done(await govledger.{call}))()"
    return window("POST", "/execute/async", script=script, args=[])


# --- it agrees with the library ---------------------------------------------------------------


def test_every_answer_of_the_page_is_that_of_the_ledger(shown, window, ledger):
    rng = Random(3)
    for day, known in tangled.moments(ledger, MOMENTS):
        asked = f'"{day}", {known}'
        register = ledger.as_of(day, known)
        assert answer(window, f"statuses({asked})") == tangled.statuses(register), asked
        found = [
            (f["subject"], f["code"], f["position"], f["breach"])
            for f in answer(window, f"findings({asked})")
        ]
        assert found == tangled.findings(register), asked
        for name in rng.sample(list(register.states), min(6, len(register.states))):
            told = answer(window, f'describe("{name}", {asked})')
            told.pop("notices", None)
            assert told == tangled.described(register, name), (name, asked)
            why = answer(window, f'why("{name}", {asked})')
            assert [reason(each) for each in why] == tangled.reasons(ledger.why(name, day, known))
        later = day + timedelta(days=rng.choice([1, 30, 200]))
        told = answer(window, f'differences("{day}", "{later}", {known})')
        wanted = tangled.changes(ledger.diff(day, later, known))
        assert (
            sorted(
                (c["subject"], c["field"], tangled.said(c["before"]), tangled.said(c["after"]))
                for c in told
            )
            == wanted
        )


def reason(told):
    record = told["record"]["position"]
    parts = [told.get(name, False) for name in ("decides", "late")]
    return (record, *parts, told.get("by"), told.get("corrected", False), told.get("reason"))


def test_every_status_that_is_shown_is_that_of_the_ledger(shown, window, ledger):
    """In the lists themselves, asked for by the fields, as people do."""
    for day, known in tangled.moments(ledger, MOMENTS, seed=2):
        show(window, shown, f"#motions@{day}&known={known}")
        listed = {}
        for plural in ("motions", "mandates", "blockades", "proposals"):
            if any(kind for kind in listing_of(window) if kind == plural):
                show(window, shown, f"#{plural}@{day}&known={known}")
                listed |= dict(rows(window))
        wanted = tangled.statuses(ledger.as_of(day, known))
        kinds = ("motion", "mandate", "blockade", "proposal")
        assert listed == {n: w or "" for n, w in wanted.items() if n.partition("/")[0] in kinds}


def listing_of(window):
    return window.run(
        "return [...document.querySelectorAll('#views a')].map((a) => a.hash.slice(1).split('@')[0])"
    )


def rows(window):
    return window.run(
        "return [...document.querySelectorAll('#content tr[data-subject]')]"
        ".map((row) => [row.dataset.subject, row.dataset.status])"
    )


def test_the_day_on_which_something_was_known_is_that_of_the_ledger(shown, window, ledger):
    for day, _ in tangled.moments(ledger, 10, seed=4):
        known = ledger.known_at(day)
        show(window, shown, f"#motions@2018-11-30&known={day}")
        assert dict(rows(window)) == {
            name: str(motion.status or "")
            for name, motion in (
                (m.subject, m) for m in ledger.as_of("2018-11-30", known).motions.values()
            )
        }


def test_the_picture_of_a_timeline_is_that_of_the_command_line(shown, window, ledger):
    known = ledger.head()
    contents = gather(ledger, known, disclose=True)
    speaker = Speaker("en", ledger.vocabulary.labels, ledger.profile.labels, words=WORDS)
    names = [name for name in ledger.as_of("2018-12-31").states if not name.startswith("ledger/")]
    for name in Random(6).sample(names, min(12, len(names))):
        lanes = lanes_of(contents, name, speaker)
        if not any(lane.stretches for lane in lanes) and len(lanes[-1].marks) < 2:
            continue  # one dot says nothing
        show(window, shown, f"#{name}@2018-11-30")
        width = window.run(
            "return document.querySelector('svg.timeline:not(.strip)').viewBox.baseVal.width"
        )
        drawn = window.run(
            """
            const told = (each) => [each.localName, Object.fromEntries([...each.attributes].map((a) => [a.name, a.value])),
              each.children.length ? [...each.children].map(told) : each.textContent];
            return told(document.querySelector('svg.timeline:not(.strip)'));"""
        )
        wanted = picture(
            lanes,
            "",
            number(tangled.DAY_ONE.replace(month=11, day=30)),
            width,
        )
        assert without_label(drawn) == without_label(told(wanted)), name


def told(element):
    children = [told(child) for child in element]
    return [element.tag, dict(element.attrib), children or (element.text or "")]


def without_label(drawn):
    name, said, children = drawn
    return [name, {k: v for k, v in said.items() if k != "aria-label"}, children]


# --- by hand and by key -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def balv(tmp_path_factory):
    with the_example() as ledger:
        yield written(ledger, tmp_path_factory.mktemp("balv"), as_of="2018-11-30")


@pytest.fixture
def example_page(window, balv):
    yield from visited(window, balv)


def test_a_day_is_asked_for_with_the_field_the_slider_and_the_buttons(example_page, window):
    window.fill("#day", "2018-11-29")
    settled(window)
    assert dict(rows(window))["motion/rob-i"] == "adopted"
    window.click("#after")
    settled(window)
    assert window.url.endswith("#motions@2018-11-30")
    assert dict(rows(window))["motion/rob-i"] == "completed"
    window.run("document.getElementById('day-slider').focus()")
    window.press(ARROW_LEFT)
    settled(window)
    assert "29 November 2018" in window.text("#moment")
    assert window.run("return document.activeElement.id") == "day-slider"


def test_what_was_known_is_asked_for_by_day_and_by_record(example_page, window):
    window.click(".asked summary")
    window.run("document.getElementById('known-slider').focus()")
    window.press(HOME, *[ARROW_RIGHT] * 10)
    settled(window)
    assert "as known at record 10 of the 56" in window.text("#moment")
    assert dict(rows(window)) == {
        f"motion/{slug}": "adopted" for slug in ("ibp-streep", "verdeelmodel", "rob-i", "ssa-i")
    }
    window.fill("#known", "2018-01-01")
    settled(window)
    assert "before anything was recorded" in window.text("#moment") and rows(window) == []


def test_lists_are_searched_and_narrowed_down(example_page, window):
    window.fill("#q", "sociaal II")
    settled(window)
    assert [name for name, _ in rows(window)] == ["motion/ssa-ii"]
    assert window.run("return document.activeElement.id") == "q"
    show(window, example_page, "#motions@2018-11-30&status=completed")
    assert [name for name, _ in rows(window)] == [
        "motion/ibp-streep",
        "motion/verdeelmodel",
        "motion/rob-i",
    ]
    assert window.text("#count") == "3 of 7 (status completed)."


def test_a_link_to_a_subject_on_a_day_can_be_shared(example_page, window):
    show(window, example_page, "#motion/rob-ii@2018-11-30")
    assert window.text("h2") == "Advies Raad Openbaar Bestuur II"
    show(window, example_page, "#motion/rob-ii@2018-11-29")
    assert "Nothing was on record of it on 29 November 2018." in window.text("#content")
    show(window, example_page, "#motion/rob-ii@2018-11-30&lang=nl")
    assert window.run("return document.documentElement.lang") == "nl"
    assert "aangenomen" in window.text(".under")


@pytest.mark.parametrize(
    "hash",
    [
        "#",
        "#nothing@2018-11-30",
        "#motion/none@2018-11-30",
        "#motions@never",
        "#constructor@2018-11-30&known=x&lang=toString&page=-1&q=%",
    ],
)
def test_an_address_that_asks_for_nothing_shows_what_is_there(example_page, window, hash):
    window.go(example_page + hash)
    settled(window)
    assert window.text("h2") == "Motions"


def test_it_is_used_with_the_keyboard_alone(example_page, window):
    """From the first key on: to the skip link, the day, a motion, and back."""
    window.press(TAB)
    assert window.run("return document.activeElement.id") == "skip"
    stops = []
    for _ in range(40):
        window.press(TAB)
        stops.append(
            window.run(
                "const a = document.activeElement; return a.id || a.textContent.trim() || a.className"
            )
        )
        if stops[-1].startswith("IBP inzake"):
            break
    assert {"language", "print", "day", "day-slider", "q", "status"} <= set(stops)
    window.press(ENTER)
    settled(window)
    assert window.text("h2") == "IBP inzake de streep onder het verleden"
    assert window.run("return document.activeElement.localName") == "h2"
    window.press(TAB)
    visible = window.run(
        "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth"
    )
    assert visible == "solid3px"


def test_typing_in_search_is_not_disturbed(example_page, window):
    window.fill("#q", "youth")
    settled(window)
    window.press(ARROW_LEFT, ARROW_LEFT, ARROW_LEFT, "x", "y")
    assert window.run("return document.getElementById('q').value") == "yoxyuth"
    settled(window)
    window.fill("#q", "sociaal")
    settled(window)
    assert window.run("return document.getElementById('found').textContent").startswith("3 of 7")


def test_a_slider_that_says_very_much_is_heard_to_its_end(example_page, window):
    """A browser takes only so many addresses in a while."""
    last = window.run(
        """
        const slider = document.getElementById('day-slider');
        for (let count = 0; count < 500; count += 1) {
          slider.value = Number(slider.min) + count % 300;
          slider.dispatchEvent(new Event('input'));
        }
        return new Date(slider.value * 86400000).toISOString().slice(0, 10);"""
    )
    settled(window)
    assert window.url.endswith(f"@{last}")
    window.run("history.back()")
    settled(window)
    assert "30 November 2018" in window.text("#moment")  # where it began


def test_the_skip_link_asks_nothing(example_page, window):
    show(window, example_page, "#motion/rob-ii@2018-11-29")
    window.press(TAB, ENTER)
    assert window.url.endswith("#motion/rob-ii@2018-11-29")
    assert window.run("return document.activeElement.localName") == "h2"


def test_going_back_leads_to_where_one_was(example_page, window):
    show(window, example_page, "#mandates@2018-11-30")
    window.run("document.querySelector('[data-subject=\"mandate/zorgsysteem.4\"] a').focus()")
    before = window.run("return window.scrollY")
    assert before > 0
    window.press(ENTER)
    settled(window)
    assert "mandate/zorgsysteem.4" in window.text(".under")
    window.run("history.back()")
    settled(window)
    there = "return [window.scrollY, document.activeElement.closest('tr')?.dataset.subject]"
    assert window.run(there) == [before, "mandate/zorgsysteem.4"]


def test_what_is_not_there_is_told(example_page, window):
    show(window, example_page, "#motion/none@2018-11-30")
    assert "motion/none is not on this page." in window.text(".remark")
    show(window, example_page, "#motions@2018-13-99")
    assert "2018-13-99 is not a day" in window.text(".remark")


def test_long_lists_go_page_by_page_and_all_at_once(window, tmp_path):
    with Ledger.in_memory() as ledger:
        ledger.record(
            *(MotionSubmitted(f"m{n}", title=f"Motion {n}", on="2024-03-01") for n in range(120))
        )
        address = written(ledger, tmp_path, as_of="2024-03-01")
    show(window, address)
    assert window.text("#count") == "120 on record. 1 to 50 are shown."
    window.run("document.querySelector('.pager a').click()")
    settled(window)
    assert window.url.endswith("&page=2") and window.text("#count").endswith("51 to 100 are shown.")
    assert window.run("return document.activeElement.id") == "count"
    show(window, address, "#motions@2024-03-01&page=all")
    assert len(rows(window)) == 120


def test_both_languages_are_at_hand(example_page, window):
    assert window.text("h1") == "Register of decisions: vng"
    window.run(
        "const s = document.getElementById('language'); s.value = 'nl'; s.dispatchEvent(new Event('change'))"
    )
    settled(window)
    assert window.text("h1") == "Besluitenregister: vng"
    assert "Op 30 november 2018" in window.text("#moment")
    assert {"afgedaan", "aangehouden", "aangenomen"} <= set(window.texts(".badge"))
    show(window, example_page, "#findings@2019-03-01&lang=nl")
    assert "De termijn is verstreken en er is geen afronding vastgelegd." in window.text("#content")
    show(window, example_page, "#proof@2019-03-01&lang=nl")
    assert "In zichzelf consistent" in window.text(".verdict")


def test_why_has_records_sources_and_assertion_levels(example_page, window):
    show(window, example_page, "#motion/rob-i@2018-11-30")
    records = window.texts(".records > li")
    assert "motion completed sets the status" in records[2].replace("\n", " ")
    assert "besluiten-balv" in records[2] and "stated" in records[2]
    assert "inferred" in records[0]
    assert "About Advies Raad Openbaar Bestuur II" in window.text("#content")
    assert "not that it was carried out" in window.text(".means")


def test_the_records_about_the_book_can_be_read(example_page, window):
    show(window, example_page, "#ledger/self@2100-01-01")
    assert "ledger opened" in window.text(".records")
    assert not window.all(".absent")


def test_changes_between_two_days_are_told(example_page, window):
    show(window, example_page, "#changes@2018-11-30&from=2018-11-29")
    changed = window.run(
        "return [...document.querySelectorAll('#content tr[data-field=status]')].map((r) => r.innerText)"
    )
    assert any(
        "IBP inzake de streep" in row and "adopted" in row and "completed" in row for row in changed
    )
    window.fill("#from", "2018-11-30")
    settled(window)
    assert "Nothing changed." in window.text("#content")


def test_without_a_script_it_shows_the_day_that_it_was_made_for(window, balv):
    window(
        "POST",
        "/goog/cdp/execute",
        cmd="Emulation.setScriptExecutionDisabled",
        params={"value": True},
    )
    try:
        window.go("about:blank")
        window.go(balv)
        text = window.text("noscript main")
        assert "On 30 November 2018, by the first 56 records" in text
        assert (
            "Structurele afspraken in het sociaal domein\nmotion/ssa-i\nheld over adopted held over"
            in text
        )
        assert len(window.all("noscript article svg.timeline")) == 7
        assert "Self-consistent" in text
        assert (
            window.text("header") == "Register of decisions: vng"
        )  # and nothing that does not work
    finally:
        window(
            "POST",
            "/goog/cdp/execute",
            cmd="Emulation.setScriptExecutionDisabled",
            params={"value": False},
        )


def test_on_paper_a_motion_is_a_document(example_page, window):
    show(window, example_page, "#motion/ssa-i@2018-11-30")
    media = {"media": "print"}
    window("POST", "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params=media)
    try:
        gone = "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility()).length"
        assert window.run(gone, "button, input, select, nav, .back, .skip") == 0
        for css in ("h1", "h2", "#moment", "svg.timeline", ".facts", ".records", "footer"):
            assert window.run(gone, css) == 1, css
        assert "vng/" in window.text("footer") and "Self-consistent" in window.text("footer")
    finally:
        window("POST", "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"media": ""})


def test_whoever_wants_less_motion_gets_none(example_page, window):
    moving = "return getComputedStyle(document.querySelector('#views a')).transitionDuration"
    for wish, duration in (("reduce", "0s"), ("no-preference", "0.12s, 0.12s")):
        features = [{"name": "prefers-reduced-motion", "value": wish}]
        window(
            "POST",
            "/goog/cdp/execute",
            cmd="Emulation.setEmulatedMedia",
            params={"features": features},
        )
        assert window.run(moving) == duration
    window("POST", "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": []})


@pytest.mark.parametrize(
    ("name", "width"), [("register", 1280), ("register", 390), ("motion", 1280)]
)
def test_the_pictures_of_the_docs_are_there(example_page, window, request, name, width):
    file = Path(__file__).parents[1] / "docs" / "images" / f"{name}-{width}.png"
    if request.config.getoption("--update-golden"):
        window.width(width)
        show(window, example_page, {"register": "", "motion": "#motion/ssa-i@2018-11-30"}[name])
        window.picture(file, (width, 1180))
    assert file.read_bytes().startswith(b"\x89PNG")


# --- pages of a part ---------------------------------------------------------------------------


def test_a_page_that_was_cut_says_so(window, tmp_path):
    with the_example() as ledger:
        address = written(ledger, tmp_path, as_of="2018-11-30", known_at=40)
    show(window, address)
    assert "by the first 40 records: all that the page has" in window.text("#moment")
    show(window, address, "#motions@2018-11-30&known=99")
    assert "by the first 40 records" in window.text("#moment")


def test_a_page_of_a_year_says_so_on_every_view(window, tmp_path):
    with Ledger.in_memory() as ledger:
        ledger.record(
            MotionSubmitted("old", title="Old", on="2016-03-01"),
            MotionSubmitted("n", title="New", on="2017-03-01"),
            MotionAdopted("n", on="2017-04-01"),
            MandateGiven(
                "n.1", motion="n", task="Buy", addressee="Board", due="2018-06-01", on="2017-04-01"
            ),
        )
        address = written(ledger, tmp_path, year=2018)
    for view in ("mandates", "findings", "proof", "mandate/n.1"):
        show(window, address, f"#{view}@2018-12-31")
        assert "This page is of 2018" in window.text(".note")
    assert "overdue" in window.text("#content")
    show(window, address, "#motion/old@2018-12-31")
    assert "motion/old is not on this page." in window.text(".remark")
    assert window.url.endswith("2018-12-31") and "31 December 2018" in window.text("#moment")


def test_an_extension_cannot_reword_a_sentence_or_hide_a_view(window, tmp_path):
    import own_extension as own

    changes = attrs.evolve(
        own.GRANTS,
        subjects=tuple(attrs.evolve(each, plural="changes") for each in own.GRANTS.subjects),
        labels={"en": {"as_of": "REWORDED", "any": "REWORDED", "status": "standing"}},
    )
    with Ledger.in_memory(extensions=[changes]) as ledger:
        ledger.record(MotionSubmitted("bins", title="Bins", on="2024-03-01"))
        ledger.record(
            own.GrantGiven("grant/bins", motion="bins", holder="Jo", on="2024-03-02"),
            breaches="flag",
        )
        address = written(ledger, tmp_path, as_of="2024-03-02")
    show(window, address, "#list-changes@2024-03-02")
    assert [name for name, _ in rows(window)] == ["grant/bins"]
    assert "REWORDED" not in window.text("body") and "standing" in window.text("thead")
    show(window, address, "#changes@2024-03-02")
    assert "Between the end of" in window.text("#count")


# --- whatever people wrote --------------------------------------------------------------------

EVIL = (
    "<script>document.title='gone'</script>",
    '"><img src=x onerror="document.title=\'gone\'">',
    "</script></noscript></template><h1>gone</h1><!--",
    "{{ 7 * 7 }} ${7*7} \\u003c &lt;b&gt; &amp;",
    "\u202egnitirw ruoy\u202d \u2066left open \u200f",
    "__proto__",
)


@pytest.fixture
def evil_page(window, tmp_path):
    with Ledger.in_memory(name=EVIL[0]) as ledger:
        for count, text in enumerate(EVIL):
            ledger.record(
                MotionSubmitted(
                    f"m{count}",
                    title=text,
                    movers=[text],
                    on="2024-03-01",
                    note=text,
                    source={"title": text, "url": f"javascript:alert({count})"},
                ),
                MeetingConvened(f"a{count}", title=text, body=text, place=text, on="2024-03-01"),
                ProposalMade(f"p{count}", by=text, text=text, on="2024-03-01"),
                StatementMade(
                    f"s{count}", by=text, regarding=[f"motion/m{count}"], note=text, on="2024-03-01"
                ),
            )
        yield from visited(window, written(ledger, tmp_path, as_of="2024-03-01"))


def test_markup_in_a_title_stays_text(evil_page, window):
    views = ["motions", "proposals", "meetings", "others", "findings", "changes", "proof"]
    views += [f"motion/m{count}" for count in range(len(EVIL))]
    for view in views:
        show(window, evil_page, f"#{view}@2024-03-01&q=&from=2024-02-01")
        assert "Register of decisions" in window.title
        strange = "return [...document.querySelectorAll('img, iframe, [onerror], a[href^=javascript]')].length"
        assert window.run(strange) == 0, view
        assert len(window.all("h1")) == 1
    show(window, evil_page, "#motions@2024-03-01")
    titles = window.run(
        "return [...document.querySelectorAll('tbody th a')].map((a) => a.textContent)"
    )
    assert titles == list(EVIL)


def test_text_in_another_direction_stays_within_its_place(evil_page, window):
    show(window, evil_page, "#motions@2024-03-01")
    isolated = "return [...document.querySelectorAll('tbody th a')].every((a) => getComputedStyle(a.firstChild).unicodeBidi === 'isolate')"
    assert window.run(isolated)
    left = "const r = document.querySelectorAll('tbody tr')[4]; return r.querySelector('th').getBoundingClientRect().left < r.querySelector('td').getBoundingClientRect().left"
    assert window.run(left)


def test_no_script_but_its_own_can_run(window, balv):
    show(window, balv)
    window.console()
    window.run(
        """
        for (const put of [
          () => { const s = document.createElement('script'); s.textContent = 'document.title = 1'; document.body.append(s); },
          () => document.body.setAttribute('onclick', 'document.title = 2'),
          () => { document.querySelector('h1').innerHTML = '<img src=x onerror="document.title = 3">'; },
          () => document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.org/x.png' })),
        ]) try { put(); } catch { /* as it should be */ }"""
    )
    window.click("h1")
    assert window.title == "Motions, 2018-11-30 – Register of decisions: vng"
    told = "\n".join(window.console())
    assert "TrustedScript" in told and "TrustedHTML" in told and "img-src" in told


# --- axe ----------------------------------------------------------------------------------------

AXE = (files("axe_core_python") / "axe.min.js").read_text("utf-8")
VIEWS = (
    "motions mandates blockades proposals meetings others findings changes proof"
    " motion/ssa-i motion/rob-ii mandate/ssa-ii.3"
).split()


def violations(window):
    """What axe finds, of whatever severity."""
    window("POST", "/goog/cdp/execute", cmd="Runtime.evaluate", params={"expression": AXE})
    return window(
        "POST",
        "/execute/async",
        script="""
        const done = arguments[0];
        axe.run().then(({ violations }) =>
          done(violations.map((v) => [v.impact, v.id, v.nodes.map((n) => n.html)])));""",
        args=[],
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(example_page, window, width):
    if width < 800:
        window.width(width)
    for view in VIEWS:
        for lang in ("en", "nl"):
            show(window, example_page, f"#{view}@2019-03-01&lang={lang}")
            assert violations(window) == [], (view, lang)
            assert window.run("return document.documentElement.scrollWidth") <= width, view


def test_axe_finds_nothing_on_any_ledger(shown, window):
    assert violations(window) == []
