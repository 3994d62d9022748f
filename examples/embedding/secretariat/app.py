"""The application: its routes, and the ledger that it opens once and closes at the end.

Here: how the parts come together. Not here: what any of them does.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from govledger import ClockError, Ledger, StorageError
from secretariat import access, acts, feed, pages, webhook
from secretariat.settings import Settings, from_environment
from secretariat.views import HERE, page
from secretariat.words import WORDS

_log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer. There are no scripts, so none may run, whatever somebody wrote in a title."""

AWAY = (StorageError, ClockError)
"""What no visitor can mend: the ledger cannot be read or written just now."""

HOURS = 8
"""How long a session lasts."""

ROUTES = (
    Route("/", pages.home),
    Route("/register", pages.register),
    Route("/motions/{slug}", pages.motion),
    Route("/motions/{slug}/{type}", acts.ask),
    Route("/motions/{slug}/{type}", access.posted(acts.record), methods=["POST"]),
    Route("/record/{type}", acts.ask),
    Route("/record/{type}", access.posted(acts.record), methods=["POST"]),
    Route("/audit", pages.audit),
    Route("/audit", access.posted(pages.verify), methods=["POST"]),
    Route("/audit/checkpoint", pages.checkpoint),
    Route("/feed", feed.feed),
    Route("/sign-in", access.sign_in_page),
    Route("/sign-in", access.posted(access.sign_in), methods=["POST"]),
    Route("/sign-out", access.posted(access.sign_out), methods=["POST"]),
    Mount("/static", StaticFiles(directory=HERE / "static")),
)
"""Handlers are plain functions, which Starlette runs in threads: a ledger blocks its caller."""


class Shared(TypedDict):
    """What every request finds in `request.state`."""

    ledger: Ledger
    settings: Settings


def create_app(settings: Settings) -> Starlette:
    """The application, for an ASGI server. The ledger is opened once the server starts."""
    return Starlette(
        routes=list(ROUTES),
        lifespan=_lifespan(settings),
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False),
            Middleware(_Headers),
            Middleware(
                SessionMiddleware,
                secret_key=settings.secret,
                session_cookie="__Host-session" if settings.https else "session",
                max_age=HOURS * 60 * 60,
                https_only=settings.https,
            ),
        ],
        exception_handlers={HTTPException: _refused, **dict.fromkeys(AWAY, _unreachable)},
    )


def application() -> Starlette:
    """The application that the environment describes: `uvicorn --factory` calls it."""
    return create_app(from_environment())


def _lifespan(settings: Settings) -> Callable[[Starlette], AbstractAsyncContextManager[Shared]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Shared]:
        # Servers that fork did so before this: each process opens the ledger for itself.
        with ExitStack() as stack:
            ledger = stack.enter_context(Ledger.open(settings.ledger, create=False))
            if settings.hook:
                stack.enter_context(webhook.sending(ledger, settings.hook))
            yield {"ledger": ledger, "settings": settings}

    return lifespan


def _refused(request: Request, error: Exception) -> Response:
    """A page for what cannot be had, in words."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return page(
        request, "sorry.html", status, reason=detail if detail in WORDS else f"error {status}"
    )


def _unreachable(_: Request, error: Exception) -> Response:
    """What is said while the ledger is away. It asks the ledger nothing."""
    _log.error("the ledger cannot be reached: %s", error)
    said = (
        "The ledger cannot be reached just now. Go back, and try again in a moment:"
        " a form is recorded once, however often it is sent.\n"
    )
    return PlainTextResponse(said, 503, {"Retry-After": "5"})


class _Headers:
    """Puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, with_headers)
