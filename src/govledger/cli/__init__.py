"""The command line: `govledger`. The only code that prints.

Here: the group, its help page in four parts, and how errors end a command. Each command
stands in the module of its part (`keep`, `ask` and `draw`, `share` and `stores`; `judge` and
`proof` for trust), is thin over one method of the library, and is imported only when it is called.

Exit codes: 0 fine; 1 could not finish; 2 wrong usage; 3 `check` or `diff --exit-code` found
something; 4 verification failed.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from govledger.cli.options import Settings, formats, shared
from govledger.errors import GovledgerError, InvalidInput, RuleBreach, did_you_mean

PARTS: Mapping[str, Mapping[str, str]] = {
    "keep": {
        "demo": "Watch a real assembly being recorded and explained.",
        "init": "Make a new ledger.",
        "record": "Record one event.",
        "import": "Record a dataset.",
        "retract": "Withdraw a record; it stays in the log.",
        "erase": "Erase personal data, on record.",
    },
    "ask": {
        "list": "The register on a date.",
        "due": "Mandates with a deadline: open, due, overdue.",
        "show": "One subject, and the records behind it.",
        "log": "The records, in the order they were made.",
        "diff": "What changed between two dates.",
        "timeline": "What became of a subject, drawn over time.",
        "report": "A page that shows the register on any day, without a network.",
    },
    "trust": {
        "check": "Judge a dataset, or this ledger's own findings.",
        "verify": "Show whether the ledger is as it was, and how strongly.",
        "checkpoint": "Say how many records there are, and their root: to be kept elsewhere.",
        "prove": "Show a stranger that a record is in the ledger.",
    },
    "share": {
        "export": "Write all records, as JSON Lines or as tiles.",
        "follow": "Write records as they are made, as JSON Lines.",
        "copy": "Copy a ledger elsewhere, or bring a copy up to date.",
        "ledgers": "The ledgers of a database.",
    },
}
"""The parts of the help page: command -> what it is for."""

_ELSEWHERE = {
    "timeline": "draw",
    "report": "draw",
    "check": "judge",
    "verify": "proof",
    "checkpoint": "proof",
    "prove": "proof",
    "copy": "stores",
    "ledgers": "stores",
}
"""The modules of commands that do not stand in that of their part."""


class Group(click.Group):
    """Imports commands when they are called, and lists them by part."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for commands in PARTS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for part, commands in PARTS.items():
            if cmd_name in commands:
                module = import_module(f"govledger.cli.{_ELSEWHERE.get(cmd_name, part)}")
                command: click.Command = getattr(module, f"{cmd_name}_command")
                return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.list_commands(ctx):
            ctx.fail(f'no command "{name}": {did_you_mean(name, self.list_commands(ctx))}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for part, commands in PARTS.items():
            with formatter.section(part):
                formatter.write_dl(list(commands.items()), col_max=14)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        if sys.stdout is None:  # it was closed before we began
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GovledgerError as error:
            misused = isinstance(error, InvalidInput)
            raise (Misused if misused else Failed)(error) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # the reader has had enough: click ends quietly
            raise click.ClickException(str(error)) from error


class Failed(click.ClickException):
    """An error of the library, printed whole on stderr."""

    exit_code = 1

    def __init__(self, error: GovledgerError) -> None:
        super().__init__(str(error))
        self.error = error

    def show(self, file: Any = None) -> None:
        from govledger.cli.output import echo_problems

        echo_problems(self.error.problems, err=True)
        if isinstance(self.error, RuleBreach):
            click.echo("\nNothing was recorded.", err=True)


class Misused(Failed):
    """What was given on the command line will not do."""

    exit_code = 2


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`govledger COMMAND --help` shows options and examples. Shell completion: "
    'eval "$(_GOVLEDGER_COMPLETE=bash_source govledger)" (or zsh_source, fish_source).',
)
@click.version_option(package_name="govledger", message="%(prog)s %(version)s")
@shared
@formats
@click.pass_context
def main(ctx: click.Context) -> None:
    """Keep a ledger of what an association decided.

    It tells what was in force on any date, who said so, whether it was known then, and
    whether anybody has touched the book. Try: govledger demo
    """
    ctx.ensure_object(Settings)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")  # what is piped is data, whatever the locale
