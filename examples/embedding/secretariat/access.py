"""Signing in and out, and the two wrappers that guard endpoints: a role, and a form of this site.

Here: sessions, and forms as they come in. Not here: users and passwords (`users`).
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TypeVar, cast
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from secretariat.users import NOBODY, Role, is_password, read_users, signed_in
from secretariat.views import page

H = TypeVar("H", bound=Callable[..., Response])
Form = Mapping[str, str]

LARGEST_FORM = 256 * 1024
"""Bytes; a record has at most 64 KiB, and a form writes some characters as nine."""


def sign_in_page(request: Request) -> Response:
    """Ask for name and password."""
    return page(request, "sign_in.html", next=request.query_params.get("next", "/"), wrong=False)


def sign_in(request: Request, form: Form) -> Response:
    """Begin a session, if the password is right."""
    user = read_users(request.state.settings.users).get(form.get("login", ""))
    is_right = is_password(form.get("password", ""), user.password if user else NOBODY)
    there = form.get("next", "/")
    if user is None or not is_right:
        return page(request, "sign_in.html", 403, next=there, wrong=True)
    begin_anew(request)
    request.session.update(user=user.login, stamp=user.stamp)
    is_here = there.startswith("/") and not there.startswith(("//", "/\\"))
    return RedirectResponse(there if is_here else "/", 303)


def sign_out(request: Request, _: Form) -> Response:
    """End the session."""
    begin_anew(request)
    return RedirectResponse("/", 303)


def begin_anew(request: Request) -> None:
    """Forget all of a session but its language, so that none outlives a change of user."""
    language = request.session.get("language")
    request.session.clear()
    if language:
        request.session["language"] = language


# --- guards -----------------------------------------------------------------------------


def only(role: Role) -> Callable[[H], H]:
    """Let nobody in but users of a role; `request.state.user` is who it is."""

    def guard(handler: H) -> H:
        @wraps(handler)
        def guarded(request: Request, *form: Form) -> Response:
            user = signed_in(request)
            if user is None:
                here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/sign-in?next={quote(here, safe='/')}", 303)
            if user.role is not role:
                raise HTTPException(403, f"only_{role}")
            request.state.user = user
            return handler(request, *form)

        return cast("H", guarded)

    return guard


def posted(
    handler: Callable[[Request, Form], Response],
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint for a form: it is read here, and dealt with in a thread, for ledgers block.

    A form without the token of the session was not made by a page of ours.
    """

    async def endpoint(request: Request) -> Response:
        form = await _read(request)
        token = request.session.get("csrf", "")
        if not token or not hmac.compare_digest(form.get("csrf", "").encode(), token.encode()):
            raise HTTPException(403, "stale_form")
        return await run_in_threadpool(handler, request, form)

    return endpoint


async def _read(request: Request) -> Form:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=100, errors="strict"
        )
    except ValueError:
        raise HTTPException(400) from None
    return dict(pairs)
