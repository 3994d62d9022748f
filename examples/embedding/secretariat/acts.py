"""Recording: the form for an act, and what becomes of it.

Here: the one place where the application writes to the ledger. Not here: what may be recorded
and what it takes (`forms`), or whether it is legal: the ledger judges that, inside its lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from secrets import token_urlsafe

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from govledger import (
    Breach,
    Event,
    GovledgerError,
    InvalidInput,
    KeyConflict,
    Ledger,
    Problem,
    Record,
    RuleBreach,
)
from secretariat.access import Form, only
from secretariat.forms import act_named, event_from, inputs, placed
from secretariat.users import Role
from secretariat.views import address_with, page

STATUS: Mapping[type[GovledgerError], int] = {InvalidInput: 422, RuleBreach: 409, KeyConflict: 409}
"""The errors that whoever filled in the form can mend, and how HTTP calls them."""


@only(Role.SECRETARY)
def ask(request: Request) -> Response:
    """Show the form for an act. What the address says besides is filled in.

    The key is part of the address: whoever goes back to a form that was sent, or reloads it, has
    the same key again.
    """
    ledger: Ledger = request.state.ledger
    if "key" not in request.query_params:
        return RedirectResponse(address_with(request, "key", token_urlsafe(16)), 303)
    filled = {"on": ledger.today().isoformat(), **request.query_params}
    return _form(request, filled, filled["key"])


@only(Role.SECRETARY)
def record(request: Request, form: Form) -> Response:
    """Record what a form says; show it again, with what is wrong with it, where that fails."""
    ledger: Ledger = request.state.ledger
    act, subject = _act(request)
    known = {"recorded_by": request.state.user.name}
    if subject is not None:
        known["subject"] = subject
    key = form.get("key", "")
    try:
        event = event_from(act, inputs(act, named=subject is not None), form, **known)
        (made,) = _recorded(ledger, event, key, form.get("confirm"))
    except tuple(STATUS) as error:
        if isinstance(error, KeyConflict):
            key = token_urlsafe(16)  # it was sent before, with other words: this is another act
        return _form(request, form, key, error.problems, STATUS[type(error)])
    day = max(made.on.day(ledger.zone), ledger.today())
    slug = made.subject.removeprefix("motion/")
    there = "/register" if "/" in slug else f"/motions/{slug}"
    return RedirectResponse(f"{there}?as_of={day}&recorded={made.position}", 303)


def _recorded(ledger: Ledger, event: Event, key: str, confirmed: str | None) -> tuple[Record, ...]:
    """Write an event once, however often its form is sent.

    What breaks the rules is written only where somebody confirmed those very breaches. Others may
    write between the two calls; what an act breaks through that shows as a finding all the same.
    """
    try:
        return ledger.record(event, key=key)
    except RuleBreach as refused:
        if confirmed is None or confirmed != confirmation(refused.problems):
            raise
        return ledger.record(event, key=key, breaches="flag")


def confirmation(problems: Iterable[Problem]) -> str | None:
    """What a form says to confirm breaches; None where they cannot be confirmed."""
    problems = tuple(problems)
    if not problems or not all(isinstance(one, Breach) and not one.binding for one in problems):
        return None
    return " ".join(sorted({f"{one.code}@{one.subject}" for one in problems}))


def _act(request: Request) -> tuple[type[Event], str | None]:
    """What the address says: which act, and of which subject, if that is on record."""
    act = act_named(request.path_params["type"])
    slug = request.path_params.get("slug")
    subject = None if slug is None else f"motion/{slug}"
    if act is None or (act.kind not in ("motion", None) and subject is not None):
        raise HTTPException(404)
    return act, subject


def _form(
    request: Request,
    filled: Mapping[str, str],
    key: str,
    problems: Iterable[Problem] = (),
    status: int = 200,
) -> Response:
    ledger: Ledger = request.state.ledger
    act, subject = _act(request)
    asked = inputs(act, named=subject is not None)
    beside, rest = placed(asked, problems)
    kinds = {one.kind for one in asked} & {"motion", "meeting"}
    shown = page(
        request,
        "act.html",
        status,
        act=act.type,
        subject=subject,
        state=subject and ledger.as_of(subject=subject).describe(subject),
        inputs=asked,
        filled=filled,
        key=key,
        beside=beside,
        rest=rest,
        confirm=confirmation(problems),
        choices={kind: ledger.as_of(kind=kind).listing(f"{kind}s") for kind in kinds},
    )
    # Whoever goes back finds what they had filled in.
    shown.headers["Cache-Control"] = "private, no-cache"
    return shown
