"""Printing: tables, JSON, JSON Lines, CSV, problems, messages and progress.

Here: every form of output, once, and interrupts. Data goes to stdout, the rest to stderr.
rich is imported only where a table or a progress bar is drawn. Not here: what to print.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from signal import SIGINT, SIGTERM, signal
from threading import current_thread, main_thread
from time import monotonic
from typing import Any

import click

from govledger import speaking
from govledger.cli.options import settings
from govledger.cli.words import WORDS
from govledger.errors import Problem, visible
from govledger.speaking import TERMED

Row = Mapping[str, Any]

_STYLES = {
    "adopted": "green",
    "held-over": "yellow",
    "completed": "dim",
    "rejected": "red",
    "overdue": "bold red",
    "due": "yellow",
    "imposed": "red",
}
"""Colours of a few words that an eye should find."""


class Speaker(speaking.Speaker):
    """Words in the language of the command and the terms of the ledger's profile."""

    def __init__(self, *labels: Mapping[str, Mapping[str, str]]) -> None:
        """Terms of its own, language -> term -> word; the last that has a word is heard."""
        super().__init__(settings().lang, *labels, words=WORDS)


_WHOLE = frozenset({"position", "on", "since", "id", "recorded_at"})
"""Columns whose values are never broken over lines."""

_WIDEST_WHOLE = 30
"""Unless they are longer than this."""


def emit(
    rows: Sequence[Row],
    columns: Sequence[str],
    speaker: Speaker,
    *,
    title: str = "",
    nothing: str = "nothing",
) -> None:
    """Print rows in the format that was asked for; `columns` are those of the table.

    `nothing` names the sentence that stands for a table without rows.
    """
    match settings().format:
        case "json":
            emit_json(rows)
        case "jsonl":
            for row in rows:
                click.echo(json.dumps(row, ensure_ascii=False))
        case "csv":
            click.echo(_csv(rows, columns), nl=False)
        case _ if rows:
            table(rows, columns, speaker, title=title)
        case _:
            click.echo(speaker.word(nothing))


def emit_json(value: Any) -> None:
    """Print a value as JSON for people."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row)) or list(columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = "; ".join(value)
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    # A spreadsheet runs a cell that begins like a formula; a leading quote makes it text.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@")):
        return "'" + value
    return value


def table(
    rows: Sequence[Row], columns: Sequence[str], speaker: Speaker, *, title: str = ""
) -> None:
    """Draw rows as a table, as wide as the terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    cells = [[speaker.value(row.get(name), name) for name in columns] for row in rows]
    drawn = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    drawn.title_style = "bold"
    for index, name in enumerate(columns):
        longest = max((len(row[index]) for row in cells), default=0)
        whole = name in _WHOLE and longest <= _WIDEST_WHOLE
        drawn.add_column(speaker.word(name), no_wrap=whole, overflow="fold")
    for row, texts in zip(rows, cells, strict=True):
        styles = (style_of(str(row.get(n))) if n in TERMED else "" for n in columns)
        drawn.add_row(*(Text(text, style=style) for text, style in zip(texts, styles, strict=True)))
    draw(drawn)


def style_of(status: str) -> str:
    """The colour of a word for a status; nothing for most."""
    return _STYLES.get(status, "")


WIDTH = 120
"""The width of what is drawn where there is no terminal, in characters."""


def draw(drawable: Any, width: int | None = None) -> None:
    """Print something of rich's, in colour on a terminal only; `width` is that of the terminal."""
    from rich.console import Console

    on_terminal = sys.stdout.isatty()
    width = width or (None if on_terminal else WIDTH)
    console = Console(file=sys.stdout, width=width, highlight=False)
    with console.capture() as captured:
        console.print(drawable)
    for line in captured.get().strip("\n").splitlines():
        click.echo(line.rstrip(), color=on_terminal)


def heading(text: str) -> None:
    """Print a heading."""
    click.echo()
    click.secho(text, bold=True)


def counted(number: int, thing: str) -> str:
    """A number of things, in the singular or plural."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def message(text: str) -> None:
    """Say something on stderr, unless --quiet."""
    if not settings().quiet:
        click.echo("\n".join(map(visible, text.split("\n"))), err=True)


def echo_problems(problems: Iterable[Problem], *, err: bool) -> None:
    """Print problems, place and remedy with each, the way compilers do."""
    for problem in problems:
        for line in str(problem).splitlines():
            mark = f"error[{problem.code}]"
            if mark in line:
                before, _, after = line.partition(mark)
                line = before + click.style(mark, fg="red", bold=True) + after
            click.echo(line, err=err)


Advance = Callable[..., None]
"""Tells a progress bar how much is done, and of how many records where that is not the same."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Advance]:
    """A bar on a terminal's stderr once something takes longer than a second.

    Yields a function to call with how much of `total` is done and, where that is not counted
    in records, with the number of records.
    """
    if settings().quiet or not sys.stderr.isatty():
        yield lambda _done, _records=None: None
        return
    started = monotonic()
    due = started + 1
    bar: Any = None

    def advance(done: int, records: int | None = None) -> None:
        nonlocal bar, due
        now = monotonic()
        if now < due:
            return
        due = now + 0.1
        number = done if records is None else records
        if bar is None:
            bar = _bar(what, total)
            bar.start()
        said = f"{counted(number, 'record')}, {number / (now - started):,.0f}/s"
        bar.update(bar.task_ids[0], completed=done, said=said)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _bar(what: str, total: int) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    words = TextColumn("{task.description}"), TextColumn("{task.fields[said]}")
    columns = words[0], BarColumn(), TaskProgressColumn(), words[1], TimeLeft(compact=True)
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task(what, total=total, said="")
    return bar


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Let an interrupt (Ctrl-C, or a request to end) wait for a moment that suits.

    Yields a function to call at such moments: it raises `KeyboardInterrupt`, with the number of
    the signal, once there was one. A second signal does not wait.
    """
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        if came:
            raise KeyboardInterrupt(number)
        came.append(number)

    def check() -> None:
        if came:
            raise KeyboardInterrupt(came[0])

    if current_thread() is not main_thread():  # no other may say what signals do
        yield check
        return
    before = [(number, signal(number, note)) for number in (SIGINT, SIGTERM)]
    try:
        yield check
    finally:
        for number, handler in before:
            signal(number, handler)


def ended_by(stopped: KeyboardInterrupt) -> SystemExit:
    """How a command ends that was interrupted by a signal."""
    return SystemExit(128 + (stopped.args[0] if stopped.args else SIGINT))
