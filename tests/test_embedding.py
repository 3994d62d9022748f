"""The embedding example over HTTP: its pages, forms, roles, feed and webhook, on both stores."""

import asyncio
import base64
import hmac
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import postgres_server
import pytest
from attrs import evolve
from secretariat import __main__ as command
from secretariat import feed, forms, pages, webhook
from secretariat.app import create_app
from secretariat.settings import Hook, Settings, from_environment
from secretariat.users import hashed, keep_user
from secretariat_site import AAD, CLARA, PASSWORD, Visitor, made, served, signed_in

from govledger import (
    PROFILES,
    Ledger,
    MandateFulfilled,
    MotionAdopted,
    MotionCompleted,
    MotionHeldOver,
    MotionReferred,
    MotionRejected,
    MotionRescinded,
    MotionSubmitted,
    MotionVoteDeferred,
    RuleBreach,
    StorageError,
)
from govledger.events import VOCABULARY
from govledger.rules import LIFECYCLE, rule_of

EVIL = "<script>alert('bins')</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def settings(tmp_path):
    return made(tmp_path, tmp_path / "club.db")


@pytest.fixture
def address(settings):
    with served(settings) as address:
        yield address


@pytest.fixture
def clara(address):
    return signed_in(address, "clara")


@pytest.fixture
def ledger(settings):
    with Ledger.open(settings.ledger) as ledger:
        yield ledger


def submit(visitor, slug="bins", title="Bigger bins", on="2024-03-14", **more):
    return visitor.fill(
        "/record/motion.submitted", subject=f"motion/{slug}", title=title, on=on, **more
    )


# --- recording and asking ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_a_motion_is_recorded_adopted_and_unknown_the_day_before(kind, request, tmp_path):
    there = tmp_path / "a.db" if kind == "file" else request.getfixturevalue("server").url()
    with served(made(tmp_path, there)) as address:
        clara, reader = signed_in(address, "clara"), Visitor(address)
        clara.fill(
            "/record/meeting.convened", subject="agm", title="Annual meeting", on="2024-03-14"
        )
        recorded = submit(clara, meeting="meeting/agm")
        assert recorded.url.startswith(f"{address}/motions/bins")
        assert "Recorded, as no. 3." in recorded.words()
        adopted = clara.fill(
            "/motions/bins/motion.adopted",
            on="2024-03-14",
            tally__in_favour="31",
            tally__against="12",
            source__document="minutes-2024",
        )
        assert "31 in favour, 12 against, 0 abstained" in adopted.words()
        assert "minutes-2024, stated" in adopted.words()

        assert "Bigger bins adopted 2024-03-14" in reader.get("/register?as_of=2024-03-14").words()
        before = reader.get("/register?as_of=2024-03-13")
        assert "Bigger bins" not in before.text and "Nothing was on record." in before.words()
        unknown = reader.get("/register?as_of=2024-03-14&known_at=2024-03-14").words()
        assert "as known on 2024-03-14 (record 0)" in unknown and "Bigger bins" not in unknown
        then = reader.get("/motions/bins?as_of=2024-03-13")
        assert then.status == 200 and "This motion was not on record then." in then.words()
    with Ledger.open(there) as ledger:
        assert [record.event.recorded_by for record in ledger.log(after=1)] == ["Clara Meijer"] * 3
        assert ledger.verify()


def test_many_at_once_are_all_recorded(address, ledger):
    secretaries = [signed_in(address, "clara") for _ in range(4)]

    def record(number):
        return submit(secretaries[number % 4], f"m-{number}", f"Motion {number}").status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(record, range(16))) == {200}
    assert len(ledger.as_of().motions) == 16 and ledger.verify()


def test_a_form_that_is_sent_twice_is_recorded_once(clara, ledger):
    form = clara.get("/record/motion.submitted")
    said = {
        "csrf": form.value("csrf"),
        "key": form.value("key"),
        "subject": "bins",
        "title": "Bigger bins",
        "on": "2024-03-14",
    }
    with ThreadPoolExecutor(2) as pool:  # a double click
        answers = list(pool.map(lambda _: clara.post("/record/motion.submitted", said), range(2)))
    answers.append(clara.post("/record/motion.submitted", said))  # and once more, later
    assert {answer.url for answer in answers} == {answers[0].url}
    assert ledger.head() == 2

    other = clara.post("/record/motion.submitted", said | {"title": "Smaller bins"})
    assert other.status == 409 and "Nothing was recorded" in other.words()
    assert other.value("key") != said["key"]
    assert ledger.head() == 2


def test_while_the_server_is_away_nothing_is_lost_and_a_form_is_sent_again(tmp_path):
    with postgres_server.running() as server, served(made(tmp_path, server.url("club"))) as address:
        clara = signed_in(address, "clara")
        form = clara.get("/record/motion.submitted")
        said = {name: form.value(name) for name in ("csrf", "key")}
        said |= {"subject": "bins", "title": "Bigger bins", "on": "2024-03-14"}
        server.stop()
        for answer in (clara.post("/record/motion.submitted", said), clara.get("/register")):
            assert answer.status == 503 and "cannot be reached just now" in answer.text
            assert answer.headers["Content-Security-Policy"]
        server.start()
        for _ in range(2):
            answer = clara.post("/record/motion.submitted", said)
            assert "Recorded, as no. 2." in answer.words()


def test_what_a_form_lacks_is_told_all_at_once_beside_its_fields(clara, ledger):
    submit(clara)
    answer = clara.fill("/record/motion.submitted", subject="Über", title="", on="2024-02-30")
    assert answer.status == 422
    for name in ("subject", "title", "on"):
        assert f'aria-describedby="{name}-' in answer.text and f'href="#{name}"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert 'id="subject-wrong"' in answer.text and "Name it kind/slug" in answer.words()
    assert 'value="Über"' in answer.text  # what was typed is still there

    votes = clara.fill(
        "/motions/bins/motion.adopted", on="2024-03-14", tally__in_favour="many", tally__against="1"
    )
    assert votes.status == 422 and 'id="tally.in_favour-wrong"' in votes.text
    assert ledger.head() == 2


def test_a_breach_is_refused_with_its_hint_and_recorded_only_as_it_was_confirmed(clara, ledger):
    submit(clara)
    path = "/motions/bins/motion.adopted"
    votes = {"on": "2024-03-14", "tally__in_favour": "12", "tally__against": "31"}
    refused = clara.fill(path, **votes)
    assert refused.status == 409 and "Nothing was recorded" in refused.words()
    assert "12 in favour and 31 against come to rejected" in refused.words()
    assert "Check the count" in refused.words() and 'id="tally.in_favour-wrong"' in refused.text
    assert ledger.head() == 2

    confirm = refused.value("confirm")
    assert clara.fill(path, **votes, confirm="something else").status == 409
    worse = {**votes, "on": "2024-03-01"}  # before it was submitted: a breach that nobody saw
    assert clara.fill(path, **worse, confirm=confirm).status == 409
    assert ledger.head() == 2

    form = clara.get(path)
    said = {name.replace("__", "."): value for name, value in votes.items()}
    said |= {name: form.value(name) for name in ("csrf", "key")} | {"confirm": confirm}
    assert clara.post(path, said).status == clara.post(path, said).status == 200
    assert ledger.head() == 3
    assert [breach.code for breach in ledger.breaches()] == ["tally-against-outcome"]
    for page in ("/register", "/motions/bins"):
        assert "and adopted was announced" in Visitor(clara.address).get(page).words()


def test_a_breach_of_the_book_cannot_be_confirmed(clara, ledger):
    submit(clara)
    refused = clara.fill(
        "/motions/bins/record.retracted", on="2024-03-14", position="1", reason="why not"
    )
    assert refused.status == 409 and 'name="confirm"' not in refused.text
    assert ledger.head() == 2


def test_a_record_is_retracted_and_the_earlier_view_remains(clara, ledger):
    submit(clara)
    page = clara.get("/motions/bins")
    assert "/motions/bins/record.retracted?position=2" in page.text
    clara.fill("/motions/bins/motion.rejected", on="2024-03-14")
    done = clara.fill(
        "/motions/bins/record.retracted?position=3",
        on="2024-03-15",
        position="3",
        reason="Another motion was meant",
    )
    assert "retracted by 4: Another motion was meant" in done.words()
    assert ledger.as_of("2024-03-20").motions["bins"].status == "submitted"
    assert ledger.as_of("2024-03-20", known_at=3).motions["bins"].status == "rejected"


# --- forms follow the rules -------------------------------------------------------------

HISTORIES = {
    "nothing": (),
    "submitted": (),
    "deferred": (MotionVoteDeferred("m", on="2024-01-02"),),
    "referred": (MotionReferred("m", on="2024-01-02", to="The board"),),
    "adopted": (MotionAdopted("m", on="2024-01-02"),),
    "rejected": (MotionRejected("m", on="2024-01-02"),),
    "completed": (MotionAdopted("m", on="2024-01-02"), MotionCompleted("m", on="2024-01-02")),
    "rescinded": (MotionAdopted("m", on="2024-01-02"), MotionRescinded("m", on="2024-01-02")),
}
FILLED = {
    "subject": "motion/m",
    "title": "A motion",
    "on": "2024-01-03",
    "alias": "another",
    "to": "The board",
    "by": "motion/other",
    "until.kind": "exact",
    "until.when": "2025-01-01",
    "until": "2025-01-01",
}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("history", HISTORIES)
def test_what_is_offered_is_what_the_lifecycle_lets_through(history, profile):
    before = () if history == "nothing" else (MotionSubmitted("m", title="M", on="2024-01-01"),)
    with Ledger.in_memory(profile=profile.name) as ledger:
        ledger.record(
            MotionSubmitted("other", title="O", on="2024-01-01"),
            MotionAdopted("other", on="2024-01-01"),
            *before,
            *HISTORIES[history],
        )
        state = ledger.as_of("2024-01-03").motions.get("m")
        offered = forms.acts(ledger.profile, "motion", state)
        for cls in (cls for cls in VOCABULARY if cls.kind == "motion"):
            asked = forms.inputs(cls, named=True)
            filled = {one.name: FILLED.get(one.name, "") for one in asked}
            event = forms.event_from(cls, asked, filled, subject="motion/m")
            # Breaches are told all at once: one of a second event, which is refused anyway,
            # keeps the first from being written.
            with pytest.raises(RuleBreach) as refused:
                ledger.record(event, MandateFulfilled("none", on="2024-01-03"))
            found = {rule_of(breach.code) for breach in refused.value.problems[:-2]}
            assert ("lifecycle" not in found) == (cls in offered), cls.type


def test_every_event_of_a_motion_has_a_form():
    motion_events = {row.event for row in LIFECYCLE if row.event.kind == "motion"}
    assert {cls for cls in motion_events if forms.act_named(cls.type)} == motion_events
    for name in ("mandate.given", "statement.made", "ledger.profile-changed", "motion.adoptd"):
        assert forms.act_named(name) is None


def test_a_page_offers_what_the_day_that_is_looked_at_allows(clara):
    submit(clara)
    clara.fill("/motions/bins/motion.adopted", on="2024-03-15")
    now, then = clara.get("/motions/bins"), clara.get("/motions/bins?as_of=2024-03-14")
    assert "/motions/bins/motion.held-over?" in now.text
    assert "/motions/bins/motion.adopted?" not in now.text
    assert "/motions/bins/motion.adopted?on=2024-03-14" in then.text
    assert "/motions/bins/motion.held-over?" not in then.text
    known = clara.get("/motions/bins?known_at=2999-01-01")  # what was known is no time to record at
    assert "Bigger bins" in known.words() and "/motions/bins/motion." not in known.text
    assert clara.get("/motions/bins/motion.amended?on=2024-03-14").value("on") == "2024-03-14"


def test_a_profile_of_other_rules_has_other_forms_and_words(tmp_path):
    settings = made(tmp_path, tmp_path / "p.db", profile="parliament@1")
    with served(settings) as address:
        clara = signed_in(address, "clara")
        submit(clara)
        clara.fill("/motions/bins/motion.vote-deferred", on="2024-03-14")
        assert "aangehouden" in clara.get("/motions/bins?lang=nl").words()
        clara.fill("/motions/bins/motion.adopted", on="2024-03-15")
        assert "motion.held-over" not in clara.get("/motions/bins").text


# --- who may do what --------------------------------------------------------------------


def test_a_reader_reads_and_is_asked_to_sign_in_for_the_rest(address, ledger):
    ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-14"))
    reader = Visitor(address)
    for path in ("/register", "/motions/bins", "/feed", "/static/style.css"):
        answer = reader.get(path)
        assert answer.status == 200 and not answer.headers["Set-Cookie"]
    for path in (
        "/record/motion.submitted",
        "/motions/bins/motion.adopted?on=2024-03-14",
        "/audit",
    ):
        asked = reader.get(path)
        assert asked.url.startswith(f"{address}/sign-in?next=/")
    there = reader.sign_in("clara", next="/motions/bins/motion.adopted?on=2024-03-14")
    assert there.url.startswith(f"{address}/motions/bins/motion.adopted?on=2024-03-14&key=")


def test_signing_in_leads_nowhere_else(address):
    for there in ("//evil.example", "https://evil.example", "/\\evil.example", ""):
        assert Visitor(address).sign_in("clara", next=there).url.startswith(f"{address}/register")


def test_an_auditor_cannot_record_and_a_secretary_cannot_audit(address, ledger):
    aad, clara = signed_in(address, "aad"), signed_in(address, "clara")
    assert aad.get("/record/motion.submitted").status == 403
    form = {"csrf": aad.get("/audit").value("csrf"), "subject": "m", "title": "M", "key": "k"}
    answer = aad.post("/record/motion.submitted", form | {"on": "2024-03-14"})
    assert answer.status == 403 and "Only a secretary may do this." in answer.words()
    assert clara.get("/audit").status == clara.get("/audit/checkpoint").status == 403
    assert ledger.head() == 1


def test_a_wrong_password_lets_nobody_in(address):
    for login in ("clara", "nobody", ""):
        visitor = Visitor(address)
        answer = visitor.sign_in(login, "wrong")
        assert answer.status == 403 and "Name or password is wrong." in answer.words()
        assert visitor.get("/record/motion.submitted").url.startswith(f"{address}/sign-in")


def test_who_is_struck_out_or_has_another_password_is_out(settings, address):
    first, second = signed_in(address, "clara"), signed_in(address, "aad")
    keep_user(settings.users, evolve(CLARA, password=hashed("another")))
    users = json.loads(settings.users.read_text())
    settings.users.write_text(json.dumps([one for one in users if one["login"] != "aad"]))
    assert first.get("/record/motion.submitted").url.startswith(f"{address}/sign-in")
    assert second.get("/audit").url.startswith(f"{address}/sign-in")


def test_signing_out_ends_the_session(clara, address):
    token = clara.get("/register").value("csrf")
    clara.post("/sign-out", {"csrf": token})
    assert clara.get("/record/motion.submitted").url.startswith(f"{address}/sign-in")


def test_a_form_of_another_site_is_refused(clara, address, ledger):
    said = {"subject": "m", "title": "M", "on": "2024-03-14", "key": "k"}
    other = Visitor(address).get("/sign-in").value("csrf")
    for token in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": other}):
        answer = clara.post("/record/motion.submitted", said | token)
        assert answer.status == 403 and "older session" in answer.words()
    assert Visitor(address).post("/record/motion.submitted", said | {"csrf": ""}).status == 403
    assert ledger.head() == 1


def test_forms_that_cannot_be_read_are_refused(clara):
    assert clara.ask("/sign-out", b"csrf=" + b"x" * 300_000).status == 413
    assert clara.ask("/sign-out", b"csrf=%ff").status == 400
    assert clara.ask("/sign-out", b"\xff").status == 400
    assert clara.ask("/sign-out", b"&".join([b"a=1"] * 101)).status == 400


def test_names_are_for_those_who_signed_in(clara, address):
    submit(clara, movers="Zoe Zijl\nJan Jansen")
    for path in ("/motions/bins", "/register", "/feed"):
        text = Visitor(address).get(path).text
        assert "Zoe Zijl" not in text and "Clara Meijer" not in text
    assert "Zoe Zijl; Jan Jansen" in clara.get("/motions/bins").words()
    assert "Recorded by Clara Meijer" in clara.get("/motions/bins").words()


def test_what_was_erased_is_gone_from_the_pages_too(clara, ledger):
    submit(clara, movers="Zoe Zijl")
    ledger.erase("motion/bins", basis="AVG, article 17")
    words = clara.get("/motions/bins").words()
    assert "Zoe Zijl" not in words and "Movers [erased]" in words
    assert "Recorded by [erased]" in words


# --- pages ------------------------------------------------------------------------------


def test_whatever_is_written_stays_text(clara, address, ledger):
    submit(clara, title=EVIL, note=EVIL, source__document=EVIL, source__url="javascript:alert(1)")
    clara.fill("/record/meeting.convened", subject="agm", title=EVIL, place=EVIL, on="2024-03-14")
    assert ledger.head() == 3
    paths = ("/register", "/motions/bins", "/motions/bins/motion.adopted", "/register?lang=nl")
    for path in (*paths, f"/motions/bins/motion.adopted?on={'%22%3E%3Cscript%3E'}"):
        answer = clara.get(path)
        assert "<script" not in answer.text and "<img" not in answer.text
        assert 'href="javascript' not in answer.text
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    refused = clara.fill("/record/motion.submitted", subject=EVIL, title=EVIL, on=EVIL)
    assert refused.status == 422 and "<script" not in refused.text and "<img" not in refused.text


def test_what_is_not_there_is_said_in_words(clara):
    for path in (
        *("/nothing", "/motions/nobody", "/motions/UP", "/static/nothing", "/register?after=x"),
        *("/record/motion.nothing", "/feed?before=1", "/feed?before=x"),
    ):
        answer = clara.get(path)
        assert answer.status == 404 and "There is no such page." in answer.words(), path


def test_acts_of_other_subjects_are_not_recorded_of_motions(clara):
    submit(clara)
    assert clara.get("/motions/bins/meeting.convened").status == 404


@pytest.mark.parametrize("name", ["as_of", "known_at"])
def test_a_date_that_is_none_is_told_beside_its_field(address, name):
    answer = Visitor(address).get(f"/register?{name}=2024-02-30")
    assert answer.status == 422 and f'id="{name}-more"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    month = Visitor(address).get(f"/register?{name}=2018-06").words()
    assert "Ask about a day (2018-11-30)" in month


def test_a_long_register_is_turned_page_by_page(monkeypatch, address, ledger):
    monkeypatch.setattr(pages, "PAGE", 2)
    ledger.record(*(MotionSubmitted(f"m{n}", title=f"No. {n}", on="2024-01-01") for n in range(5)))
    seen, path, reader = [], "/register?as_of=2024-01-01", Visitor(address)
    while path:
        text = reader.get(path).text
        seen.append([n for n in range(5) if f"No. {n}<" in text])
        link = text.partition(">Next page<")[0].rpartition('href="')[2].rstrip('"')
        path = link.replace("&amp;", "&") if ">Next page<" in text else None
    assert seen == [[0, 1], [2, 3], [4]]


def test_pages_speak_dutch_once_asked_to_or_where_the_browser_does(address, ledger):
    ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-14"))
    reader = Visitor(address)
    assert '<html lang="en">' in reader.get("/register").text
    assert '<html lang="nl">' in reader.get("/register", **{"Accept-Language": "nl-BE"}).text
    assert "ingediend" in reader.get("/register?lang=nl").words()
    assert "Waarom" in reader.get("/motions/bins").words()
    assert "Why" in reader.get("/motions/bins?lang=en").words()
    assert '<html lang="en">' in reader.get("/register?lang=fr").text


def test_hosts_that_are_not_ours_are_refused(address):
    assert Visitor(address).get("/register", Host="evil.example").status == 400


def test_cookies_are_kept_from_scripts_and_other_sites(tmp_path):
    settings = evolve(made(tmp_path, tmp_path / "a.db"), https=True)
    with served(settings) as address:
        cookie = Visitor(address).get("/sign-in").headers["Set-Cookie"]
    name, _, attributes = cookie.partition("=")
    assert name == "__Host-session"
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= set(
        attributes.lower().replace(" ", "").split(";")
    )


# --- the audit --------------------------------------------------------------------------


def test_an_auditor_verifies_against_a_checkpoint_that_was_kept(address, ledger):
    aad = signed_in(address, "aad")
    kept = aad.get("/audit/checkpoint")
    assert kept.text == str(ledger.checkpoint())
    assert kept.headers["Content-Disposition"] == 'attachment; filename="checkpoint-1.txt"'
    ledger.record(MotionSubmitted("bins", title="Bigger bins", on="2024-03-14"))

    assert "Verdict: self-consistent" in aad.fill("/audit").words()
    assert "Verdict: extends your checkpoint" in aad.fill("/audit", kept=kept.text).words()
    origin, size, root, _ = kept.text.split("\n")
    forged = base64.b64encode(sha256(base64.b64decode(root)).digest()).decode()
    assert "Verdict: altered" in aad.fill("/audit", kept=f"{origin}\n{size}\n{forged}\n").words()
    wrong = aad.fill("/audit", kept="hello")
    assert wrong.status == 422 and "it has not three whole lines" in wrong.words()


# --- the feed ---------------------------------------------------------------------------


def test_the_feed_has_every_record_once_newest_first(monkeypatch, address, ledger):
    monkeypatch.setattr(feed, "PAGE", 3)
    ledger.record(*(MotionSubmitted(f"m{n}", title=f"No. {n}", on="2024-01-01") for n in range(6)))
    reader, path, positions = Visitor(address), "/feed", []
    while path:
        answer = reader.get(path)
        assert answer.headers["Content-Type"] == "application/feed+json"
        said = json.loads(answer.text)
        assert said["version"] == "https://jsonfeed.org/version/1.1"
        positions += [item["_govledger"]["position"] for item in said["items"]]
        path = said.get("next_url", "").removeprefix(address)
    assert positions == list(range(7, 0, -1))
    assert said["items"][-1]["_govledger"]["type"] == "ledger.opened"


def test_the_feed_tells_whether_anything_is_new(address, ledger):
    reader = Visitor(address)
    submitted = MotionSubmitted("a", title="A", on="2024-01-01", movers="Zoe Zijl")
    ledger.record(submitted)
    first = reader.get("/feed")
    tag = first.headers["ETag"]
    assert reader.get("/feed", **{"If-None-Match": tag}).status == 304
    assert reader.get("/feed", **{"If-None-Match": f'"x", {tag}'}).status == 304
    ledger.record(MotionAdopted("a", on="2024-01-02"))
    assert reader.get("/feed", **{"If-None-Match": tag}).status == 200
    again = reader.get("/feed?before=3")  # the same records as before, so the same name
    assert again.headers["ETag"] == tag
    assert json.loads(again.text)["items"] == json.loads(first.text)["items"]
    (item, _) = json.loads(first.text)["items"]
    assert item["url"] == f"{address}/motions/a" and item["title"] == "motion/a: motion submitted"
    assert set(item["_govledger"]["data"]["movers"][0]) == {"_sd"}


# --- the webhook ------------------------------------------------------------------------

KEY = b"0123456789abcdef01234567"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


@contextmanager
def receiver(answers=()):
    """A server that takes what it is sent; `answers` are its first, then it is 204."""
    taken, statuses = Queue(), iter(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = next(statuses, 204)
            taken.put((status, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?for=bins", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_the_webhook_tells_every_record_in_order_at_least_once(
    kind, request, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(webhook, "PAUSES", (0.01, 0.01))
    there = tmp_path / "a.db" if kind == "file" else request.getfixturevalue("server").url()
    settings = made(tmp_path, there)
    with receiver([500, 302]) as (hook, taken):
        settings = evolve(settings, hook=Hook(hook, SECRET))
        with served(settings) as address:
            submit(signed_in(address, "clara"), movers="Zoe Zijl")
            told = [taken.get(timeout=30) for _ in range(4)]
        assert [status for status, _, _ in told] == [500, 302, 204, 204]
        names = [headers["webhook-id"] for _, headers, _ in told]
        assert names[0] == names[1] == names[2] != names[3]
        with Ledger.open(there) as ledger:
            # The answer was there, but perhaps not yet on the books when the site was stopped.
            assert ledger.cursors()["webhook"] in (1, 2)
            known = ledger.cursors()["webhook"]
            ledger.record(MotionAdopted("bins", on="2024-03-14"))
        with served(settings):
            more = [taken.get(timeout=30) for _ in range(3 - known)]
    for status, headers, body in (*told, *more):
        signature = headers["webhook-signature"]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.digest(KEY, signed, "sha256")
        assert signature == f"v1,{base64.b64encode(digest).decode()}"
        assert b"Zoe Zijl" not in body and b"Clara Meijer" not in body
    bodies = [json.loads(body) for status, _, body in (*told[2:], *more)]
    types = list(dict.fromkeys(body["type"] for body in bodies))
    assert types == ["ledger.opened", "motion.submitted", "motion.adopted"]
    assert bodies[1]["data"]["data"]["title"] == "Bigger bins"


def test_a_webhook_without_an_answer_is_no_trouble(tmp_path, monkeypatch):
    monkeypatch.setattr(webhook, "PAUSES", (60.0, 60.0))
    settings = made(tmp_path, tmp_path / "a.db")
    with receiver() as (gone, _):
        pass
    with served(evolve(settings, hook=Hook(gone, SECRET))) as address:
        assert Visitor(address).get("/register").status == 200
    with Ledger.open(settings.ledger) as ledger:
        assert ledger.cursors() == {"webhook": 0}  # nothing counts as told


# --- settings and the command line ------------------------------------------------------


def test_secrets_and_users_are_for_their_owner_only(tmp_path):
    first = from_environment({"SECRETARIAT_FOLDER": str(tmp_path / "new")})
    assert first == from_environment({"SECRETARIAT_FOLDER": str(tmp_path / "new")})
    assert first.ledger == str(tmp_path / "new" / "govledger.db") and not first.https
    keep_user(first.users, AAD)
    for file in ("secret", "users.json"):
        assert (tmp_path / "new" / file).stat().st_mode & 0o777 == 0o600
    assert first.secret not in repr(first) and PASSWORD not in first.users.read_text()


def test_settings_come_from_the_environment(tmp_path):
    settings = from_environment(
        {
            "SECRETARIAT_FOLDER": str(tmp_path),
            "GOVLEDGER_LEDGER": "postgresql://db/club?ledger=club",
            "SECRETARIAT_SECRET": "told",
            "SECRETARIAT_HOSTS": "club.example,127.0.0.1",
            "SECRETARIAT_HTTPS": "1",
            "SECRETARIAT_WEBHOOK": "https://site.example/hook",
            "SECRETARIAT_WEBHOOK_SECRET": SECRET,
        }
    )
    assert settings == Settings(
        ledger="postgresql://db/club?ledger=club",
        folder=tmp_path,
        secret="told",
        hosts=("club.example", "127.0.0.1"),
        https=True,
        hook=Hook("https://site.example/hook", SECRET),
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("file:///etc/passwd", SECRET),
        ("https://a.example", ""),
        ("https://a.example", "whsec_QQ=="),
    ],
)
def test_a_webhook_that_cannot_be_trusted_is_refused(address, secret):
    with pytest.raises(ValueError, match="SECRETARIAT_WEBHOOK"):
        Hook(address, secret)


def test_a_ledger_that_is_not_there_is_not_made_by_mistake(tmp_path):
    app = create_app(Settings(ledger=str(tmp_path / "misspelt.db"), folder=tmp_path, secret="s"))

    async def start():
        async with app.router.lifespan_context(app):
            pass

    with pytest.raises(StorageError):
        asyncio.run(start())
    assert not list(tmp_path.iterdir())


def test_the_demo_has_the_example_and_two_users_whose_passwords_are_told_once(tmp_path, capsys):
    settings = from_environment({"SECRETARIAT_FOLDER": str(tmp_path)})
    command._demo(settings)
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], line[1]) for line in told] == [("clara", "(secretary)"), ("aad", "(auditor)")]
    command._demo(settings)
    assert capsys.readouterr().out == ""
    with served(settings) as address:
        assert Visitor(address).sign_in("clara", told[0][-1]).status == 200
        register = Visitor(address).get("/register?as_of=2018-11-30").words()
        assert "Structurele afspraken in het sociaal domein held over 2018-11-30" in register


def test_a_user_is_added_on_the_command_line(tmp_path):
    folder = Path(command.__file__).parents[1]
    given = ("user", "bob", "secretary", "--name", "Bob", "--password", "told")
    done = subprocess.run(
        [sys.executable, "-m", "secretariat", *given],
        cwd=folder,
        env={**os.environ, "SECRETARIAT_FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (user,) = json.loads((tmp_path / "users.json").read_text())
    assert (user["login"], user["name"], user["role"]) == ("bob", "Bob", "secretary")
