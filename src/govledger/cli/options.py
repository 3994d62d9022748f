"""Options that commands share, and the types of their values.

Here: `Settings`, the decorators `shared` and `formats`, parameter types with completion.
Not here: any command.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import click
from click.shell_completion import CompletionItem

from govledger.errors import InvalidInput
from govledger.terms import LANGUAGES
from govledger.values import count
from govledger.when import When, timezone, view_instant

_F = TypeVar("_F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv")
"""What a command can print."""


@attrs.frozen
class Settings:
    """What was said in the shared options, before or after the command's name."""

    ledger: str = "govledger.db"
    lang: str = "en"
    quiet: bool = False
    format: str = "table"


def settings() -> Settings:
    """The settings of the running command; the defaults where none runs, as in completion."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context else None
    return found if isinstance(found, Settings) else Settings()


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep what was said; an option after the command's name comes last and wins."""
    root = ctx.find_root()
    known = root.obj if isinstance(root.obj, Settings) else Settings()
    source = ctx.get_parameter_source(param.name or "")
    if value is not None and source is not click.core.ParameterSource.DEFAULT:
        from_environment = source is click.core.ParameterSource.ENVIRONMENT
        if not (from_environment and ctx is not root):
            known = attrs.evolve(known, **{param.name or "": value})
    root.obj = known


def shared(command: _F) -> _F:
    """Add --ledger, --lang and --quiet."""
    for option in reversed(
        (
            click.option(
                "--ledger",
                "-l",
                metavar="FILE",
                envvar="GOVLEDGER_LEDGER",
                expose_value=False,
                callback=_remember,
                shell_complete=_complete_files,
                help="The ledger [env: GOVLEDGER_LEDGER; default: govledger.db].",
            ),
            click.option(
                "--lang",
                type=click.Choice(LANGUAGES),
                envvar="GOVLEDGER_LANG",
                expose_value=False,
                callback=_remember,
                help="Language of terms and headings [env: GOVLEDGER_LANG; default: en].",
            ),
            click.option(
                "--quiet",
                "-q",
                is_flag=True,
                default=None,
                expose_value=False,
                callback=_remember,
                help="No messages, no progress.",
            ),
        )
    ):
        command = option(command)
    return command


def formats(command: _F) -> _F:
    """Add --format, the same for every command that prints data."""
    return click.option(
        "--format",
        type=click.Choice(FORMATS),
        expose_value=False,
        callback=_remember,
        help="How to print [default: table].",
    )(command)


class Time(click.ParamType):  # type: ignore[type-arg] # generic in newer clicks only
    """A time as far as it is known."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> When:
        try:
            return self.checked(When(value))
        except InvalidInput as error:
            problem = error.problems[0]
            self.fail(f"{problem.message}; {problem.hint}", param, ctx)

    def checked(self, time: When) -> When:
        """The time, if it will do here."""
        return time


class Moment(Time):
    """A day or an instant: what a question can be about."""

    name = "DATE"

    def checked(self, time: When) -> When:
        """The time, if it is a single moment."""
        view_instant(time, timezone("UTC"))
        return time


class Known(Moment):
    """A day, an instant or a log position."""

    name = "DATE|POSITION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and value.isdecimal():
            try:
                return count(value)
            except InvalidInput as error:
                self.fail(error.problems[0].message, param, ctx)
        return super().convert(value, param, ctx)


class Rules(click.ParamType):  # type: ignore[type-arg] # generic in newer clicks only
    """A profile: the name of one that ships, or a file that defines one."""

    name = "NAME|FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from govledger.cli.extensions import vocabulary
        from govledger.profiles import profile_named
        from govledger.rulebook import read_profile

        value = vocabulary().profile(value)
        if not isinstance(value, str):
            return value
        if not value.endswith((".yaml", ".yml")):
            try:
                return profile_named(value).name
            except InvalidInput as error:
                problem = error.problems[0]
                self.fail(f"{problem.message}; {problem.hint}, or a .yaml file", param, ctx)
        try:
            return read_profile(value)
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from govledger.cli.extensions import vocabulary
        from govledger.profiles import PROFILES

        names = (*(profile.name for profile in PROFILES), *vocabulary().profiles)
        fitting = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [*fitting, CompletionItem(incomplete, type="file")]


class EventType(click.ParamType):  # type: ignore[type-arg] # generic in newer clicks only
    """The name of an event type."""

    name = "TYPE"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from govledger.cli.extensions import vocabulary

        return [CompletionItem(name) for name in vocabulary().types if name.startswith(incomplete)]


class Subject(click.ParamType):  # type: ignore[type-arg] # generic in newer clicks only
    """The name of a subject, completed from the ledger."""

    name = "SUBJECT"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from govledger.errors import GovledgerError
        from govledger.ledger import Ledger

        try:
            root = ctx.find_root().obj
            path = root.ledger if isinstance(root, Settings) else Settings().ledger
            with Ledger.open(path, create=False) as ledger:
                names = ledger.subjects()
        except GovledgerError:
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _complete_files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


as_of = click.option(
    "--as-of", type=Moment(), help="The day (at its end) or instant asked about [default: today]."
)
"""The first axis: when it holds."""

known_at = click.option(
    "--known-at", type=Known(), help="Leave out what was recorded after this day or position."
)
"""The second axis: when the ledger learned it."""
