"""The shell of a page: its template, style and scripts, and the policy that lets nothing else run.

Here: reading the files, putting them together, and what counts as markup. Not here: what a page
says (`page`).
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from govledger.errors import Problem, StorageError
from govledger.report.drawing import style_sheet

SCRIPTS = (
    "data",
    "speaking",
    "elements",
    "asking",
    "telling",
    "timeline",
    "lists",
    "overviews",
    "subject",
    "controls",
    "console",
    "page",
)
"""The scripts, each of which uses only those before it; but `asking` has `page` show the answer."""

_BEGINNING = 'document.getElementById("reading").hidden = false;'
"""What every browser can do that has scripts: where the others fail, it is too old for them."""


def template() -> Any:
    """The template of a page; raises `StorageError` where Jinja2 is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise StorageError(
            Problem(
                code="no-jinja",
                message="a page needs Jinja2, which is not installed",
                hint='pip install "govledger[report]"',
            )
        ) from error
    environment = Environment(
        loader=PackageLoader("govledger.report", "files"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def rendered(template: Any, **values: Any) -> str:
    """The page: the template with what it says, and all that it takes to show it."""
    script, style = _script(), f"{text_of('page.css')}\n{style_sheet()}"
    page: str = template.render(
        policy=_policy(style, _BEGINNING, script),
        style=markup(style),
        beginning=markup(_BEGINNING),
        script=markup(script),
        **values,
    )
    return page


def _script() -> str:
    """The scripts as one, in which no name is anybody else's."""
    inside = "\n".join(text_of(f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{inside}}})();'


def text_of(name: str) -> str:
    """The text of a file of the page."""
    return files("govledger.report").joinpath("files", name).read_text("utf-8")


def _policy(style: str, *scripts: str) -> str:
    """Nothing is fetched from anywhere, and nothing runs but the scripts of the page."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_digest, scripts))}",
            f"style-src {_digest(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def escaped(text: str) -> Any:
    """JSON that a browser cannot take for markup, wherever it stands."""
    return markup(text.replace("<", "\\u003c"))


def markup(text: str) -> Any:
    """Text that is markup, and was not written by people."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - only ours, and JSON without a "<"
