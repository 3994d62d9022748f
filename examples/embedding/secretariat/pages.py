"""The pages that only read: the register, a motion, the audit.

Here: what is asked of the ledger for each. Not here: recording (`acts`), or the feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from govledger import InvalidInput, Ledger, Motion, Problem, Reason, When
from govledger.codec import exported
from govledger.events import subject_name
from govledger.when import view_instant
from secretariat.access import Form, only
from secretariat.forms import acts
from secretariat.users import Role, signed_in
from secretariat.views import page

PAGE = 50


@frozen(kw_only=True)
class Dates:
    """The two dates of every question, as a reader gave them, and what is wrong with them."""

    as_of: str
    known_at: str
    day: str
    known: int
    problems: Mapping[str, tuple[Problem, ...]]


def asked(request: Request) -> Dates:
    """Which day is asked for, and what was known when; today and now unless it is said."""
    ledger: Ledger = request.state.ledger
    today = ledger.today().isoformat()
    given = {name: request.query_params.get(name, "") for name in ("as_of", "known_at")}
    problems: dict[str, tuple[Problem, ...]] = {}
    for name, said in given.items():
        try:
            view_instant(said or today, ledger.zone)
        except InvalidInput as error:
            problems[name] = error.problems
    day = given["as_of"] if given["as_of"] and "as_of" not in problems else today
    then = When(given["known_at"]) if given["known_at"] and "known_at" not in problems else None
    # The position is looked up once, so that all that a page shows is of the same moment.
    return Dates(**given, day=day, known=ledger.known_at(then), problems=problems)


def home(_: Request) -> Response:
    """The register is what people come for."""
    return RedirectResponse("/register")


def register(request: Request) -> Response:
    """The motions and meetings of a day, a page at a time."""
    ledger: Ledger = request.state.ledger
    dates = asked(request)
    after = request.query_params.get("after")
    try:
        motions = ledger.as_of(dates.day, dates.known, kind="motion", after=after, limit=PAGE + 1)
    except InvalidInput:
        raise HTTPException(404) from None  # `after` is no motion that is on record
    meetings = ledger.as_of(dates.day, dates.known, kind="meeting")
    listed = motions.listing("motions")
    return page(
        request,
        "register.html",
        422 if dates.problems else 200,
        dates=dates,
        motions=listed[:PAGE],
        messages=_messages(motions.findings),
        after=listed[PAGE - 1]["id"] if len(listed) > PAGE else None,
        meetings=meetings.listing("meetings"),
        recorded=_recorded(request),
        acts=[
            act.type for kind in ("motion", "meeting") for act in acts(ledger.profile, kind, None)
        ],
    )


def motion(request: Request) -> Response:
    """One motion on a day: how it stands, why, and what may follow."""
    ledger: Ledger = request.state.ledger
    dates = asked(request)
    try:
        subject = subject_name(request.path_params["slug"], "motion")
    except InvalidInput:
        raise HTTPException(404) from None
    if next(ledger.log(subject=subject), None) is None:
        raise HTTPException(404)
    found = ledger.as_of(dates.day, dates.known, subject=subject)
    why = ledger.why(subject, dates.day, dates.known)
    is_staff = signed_in(request) is not None
    described = found.describe(subject)
    stated = {k: v for k, v in (described or {}).items() if k not in _AT_THE_TOP}
    return page(
        request,
        "motion.html",
        422 if dates.problems else 200,
        dates=dates,
        subject=subject,
        slug=request.path_params["slug"],
        described=described,
        facts=_facts(stated, Motion, is_staff),
        messages=_messages(found.findings).get(subject, []),
        reasons=_told(why.reasons, is_staff),
        about={name: _told(reasons, is_staff) for name, reasons in why.about},
        acts=[act.type for act in acts(ledger.profile, "motion", found.state(subject))],
        recorded=_recorded(request),
        today=ledger.today().isoformat(),
    )


def _recorded(request: Request) -> str | None:
    """The number of the record that was just made, for a word of thanks."""
    said = request.query_params.get("recorded", "")
    return said if said.isascii() and said.isdecimal() else None


def _messages(findings: Iterable[Any]) -> dict[str, list[str]]:
    messages: dict[str, list[str]] = {}
    for finding in findings:
        messages.setdefault(finding.subject, []).append(finding.message)
    return messages


def _facts(plain: Mapping[str, Any], cls: type[Any], is_staff: bool) -> dict[str, Any]:  # noqa: FBT001
    """What there is to tell; what may name a person only to whoever has signed in."""
    personal = {f.name for f in attrs.fields(cls) if f.metadata.get("personal")}
    return {
        name: value
        for name, value in plain.items()
        if value not in (None, [], False) and (is_staff or name not in personal)
    }


def _told(reasons: Iterable[Reason], is_staff: bool) -> list[dict[str, Any]]:  # noqa: FBT001
    """Records with the part they play, and what they say, as plain values."""
    rows = []
    for reason in reasons:
        plain = exported(reason.record)
        said = {**plain.get("data", {}), **{k: plain[k] for k in _REMARKS if k in plain}}
        told = _facts(said, type(reason.record.event), is_staff)
        rows.append({"reason": reason, "record": reason.record, "said": told})
    return rows


_AT_THE_TOP = ("id", "title", "status", "findings")
_REMARKS = ("note", "corrects", "recorded_by")


# --- the audit --------------------------------------------------------------------------


@only(Role.AUDITOR)
def audit(request: Request) -> Response:
    """The checkpoint to keep, what was found, and a form to verify."""
    return _audit(request)


@only(Role.AUDITOR)
def verify(request: Request, form: Form) -> Response:
    """Verify the ledger, against a checkpoint that the auditor kept where there is one."""
    ledger: Ledger = request.state.ledger
    kept = form.get("kept", "")
    checkpoints = [kept.encode()] if kept.strip() else []
    try:
        report = ledger.verify(checkpoints=checkpoints)
    except InvalidInput as error:
        return _audit(request, 422, kept=kept, problems=error.problems)
    return _audit(request, kept=kept, report=report)


@only(Role.AUDITOR)
def checkpoint(request: Request) -> Response:
    """The three lines of the checkpoint, as a file."""
    ledger: Ledger = request.state.ledger
    kept = ledger.checkpoint()
    name = f'attachment; filename="checkpoint-{kept.size}.txt"'
    return PlainTextResponse(str(kept), headers={"Content-Disposition": name})


def _audit(request: Request, status: int = 200, **shown: Any) -> Response:
    ledger: Ledger = request.state.ledger
    return page(
        request,
        "audit.html",
        status,
        checkpoint=str(ledger.checkpoint()),
        findings=ledger.findings(),
        cursors=ledger.cursors(),
        **{"kept": "", "problems": (), "report": None, **shown},
    )
