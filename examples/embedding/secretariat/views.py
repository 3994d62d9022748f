"""How pages are made: templates, language, and how plain values read.

Here: what every page shares. Not here: what a page is about.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from govledger import Ledger, Sealed
from govledger.terms import LANGUAGES, TERMS, label
from secretariat.users import signed_in
from secretariat.words import WORDS, word

HERE = Path(__file__).parent

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,  # whatever anybody wrote into a record stays text
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page in the language of the reader."""
    ledger: Ledger = request.state.ledger
    language = language_of(request)
    labels = ledger.profile.labels
    html = TEMPLATES.get_template(template).render(
        context,
        ledger_name=ledger.name,
        head=ledger.head(),
        path=request.url.path,
        language=language,
        other=next(one for one in LANGUAGES if one != language),
        switch=partial(address_with, request, "lang"),
        user=signed_in(request),
        csrf=partial(_token, request),
        word=partial(word, language=language),
        has_word=WORDS.__contains__,
        label=partial(label, language=language, special=labels),
        told=partial(told, language=language, labels=labels),
    )
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def language_of(request: Request) -> str:
    """The language of a reader: the one asked for, once or now, else the browser's."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        request.session["language"] = asked
    preferred = request.headers.get("accept-language", "")[:2].lower()
    kept: str = request.session.get("language", preferred)
    return kept if kept in LANGUAGES else LANGUAGES[0]


def told(value: Any, language: str, labels: Any) -> str:
    """A plain value of a description or a record, as people read it."""
    match value:
        case bool():
            return word("yes" if value else "no", language)
        case list():
            return "; ".join(told(one, language, labels) for one in value)
        case {"in_favour": _}:
            return word("tally_of", language, **{"abstained": 0, **value})
        case {"from": since, "until": until, "kind": kind}:
            return f"{since} – {label(kind, language, labels)} {until}"
        case {"kind": kind, **edge}:
            return f"{label(kind, language, labels)} {' '.join(map(str, edge.values()))}"
        case Sealed() | {"_sd": _}:
            return word("erased", language)
        case str() if value in TERMS:
            return label(value, language, labels)
        case _:
            return str(value)


def address_with(request: Request, name: str, value: str) -> str:
    """The address of this page with one thing asked for otherwise."""
    url = request.url.include_query_params(**{name: value})
    return f"{url.path}?{url.query}"


def _token(request: Request) -> str:
    """What shows that a form was made in this session."""
    if "csrf" not in request.session:
        request.session["csrf"] = token_urlsafe(16)
    token: str = request.session["csrf"]
    return token
