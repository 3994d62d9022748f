"""The commands that draw: timeline, report.

Here: their options, and timelines in a terminal. Not here: what is drawn, or pages
(`govledger.report`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from govledger.cli.access import find, opened, speaker_of
from govledger.cli.ask import described
from govledger.cli.files import target
from govledger.cli.options import Subject, as_of, formats, known_at, settings, shared
from govledger.cli.output import WIDTH, draw, echo_problems, emit, message, progress, style_of
from govledger.cli.proof import (
    checkpoints_option,
    judged,
    outside,
    policy_option,
    verification,
)
from govledger.errors import StorageError, UnreadableRecord, visible
from govledger.events import kind_of
from govledger.ledger import Ledger
from govledger.report.contents import gather
from govledger.report.days import Day, Days, iso
from govledger.report.drawing import document, scale_of, ticks
from govledger.report.still import shown
from govledger.report.timelines import Lane, lanes_of, overview
from govledger.speaking import Speaker
from govledger.when import When, view_instant


@click.command(name="timeline")
@shared
@formats
@click.argument("subject", type=Subject(), required=False)
@as_of
@known_at
@click.option("--svg", metavar="FILE", help="Write a picture (SVG) instead.")
def timeline_command(
    subject: str | None, as_of: When | None, known_at: Any, svg: str | None
) -> None:
    """What became of a subject, drawn over time.

    A motion has a lane for each of its axes and each of its mandates; without SUBJECT, each
    motion has one. A line marks the day that is asked about. Dots are records: ● in order,
    ○ recorded late, × taken back; ◆ is a deadline. Where a line is dotted, it may have ended.

    \b
    Examples:
      govledger timeline motion/ssa-i --as-of 2018-11-30
      govledger timeline --lang nl
      govledger timeline motion/rob-ii --svg rob-ii.svg
    """
    with opened() as ledger:
        speaker = speaker_of(ledger)
        day = Days(ledger.zone).first(view_instant(as_of or ledger.today(), ledger.zone))
        known = ledger.known_at(known_at)
        if subject is None:
            title = speaker.word("motions")
            lanes = tuple(_with_status(lane, day) for lane in _of_motions(ledger, known, speaker))
        else:
            name = find(ledger, subject)
            title = _titled(ledger, name, known)
            lanes = _of_subject(ledger, name, known, speaker)
        if svg is not None:
            with target(svg) as stream:
                stream.write(document(lanes, title, day).encode())
            message(f"wrote {svg}")
        elif settings().format != "table":
            emit([_row(lane) for lane in lanes], ("lane", "stretches", "marks"), speaker)
        elif not lanes:
            click.echo(speaker.word("nothing"))
        else:
            click.secho(visible(title), bold=True)
            _draw(lanes, day)


def _titled(ledger: Ledger, name: str, known: int) -> str:
    """The name of a subject, and what it was called last."""
    said = described(ledger.as_of(_LAST_DAY, known, subject=name), name)
    called = said.get(shown(kind_of(name), ledger.vocabulary)[0])
    return f"{name}  {called}" if called else name


def _of_subject(ledger: Ledger, name: str, known: int, speaker: Speaker) -> tuple[Lane, ...]:
    mandates = ledger.as_of(_LAST_DAY, known, kind="mandate").mandates.values()
    own = [mandate.subject for mandate in mandates if mandate.motion == name]
    contents = gather(ledger, known, only=(name, *own))
    return lanes_of(contents, name, speaker) if contents.holds(name) else ()


_LAST_DAY = "9999-12-31"


def _of_motions(ledger: Ledger, known: int, speaker: Speaker) -> tuple[Lane, ...]:
    motions = ledger.as_of(_LAST_DAY, known, kind="motion").states
    return overview(gather(ledger, known, only=tuple(motions)), speaker)


def _with_status(lane: Lane, day: Day) -> Lane:
    """A lane that says with its name what holds on a day: its stretches may be too short to."""
    on = [each.text for each in lane.stretches if each.since <= day]
    return attrs.evolve(lane, label=f"{lane.label}  {on[-1]}") if on else lane


def _row(lane: Lane) -> dict[str, Any]:
    stretches = [
        {
            **attrs.asdict(stretch),
            "since": iso(stretch.since),
            "until": None if stretch.until is None else iso(stretch.until),
            "sure_until": None if stretch.sure_until is None else iso(stretch.sure_until),
        }
        for stretch in lane.stretches
    ]
    marks = [
        {
            **attrs.asdict(mark),
            "first": None if mark.first is None else iso(mark.first),
            "last": iso(mark.last),
        }
        for mark in lane.marks
    ]
    return {"lane": lane.label, "stretches": stretches, "marks": marks}


# --- in a terminal ----------------------------------------------------------------------

_NARROWEST = 12
"""Columns below which nothing can be drawn."""

_MARKS = {"told": "●", "late": "○", "taken": "×", "due": "◆"}


def _draw(lanes: Sequence[Lane], day: Day) -> None:
    from rich.text import Text

    width = max(_NARROWEST, shutil.get_terminal_size((WIDTH, 0)).columns)
    gutter = min(max(len(lane.label) for lane in lanes), width // 3) + 2
    grid = _Grid(lanes, day, width - gutter - 1)
    for label, cells in grid.lines():
        text = Text(label[: gutter - 2].ljust(gutter))
        for character, style in cells:
            text.append(character, style=style)
        draw(text, width)


_Cell = tuple[str, str]


class _Grid:
    """Days as columns of characters."""

    def __init__(self, lanes: Sequence[Lane], day: Day, width: int) -> None:
        self._lanes, self._day, self._width = lanes, day, width
        self._scale = scale_of(lanes, day, 0)

    def lines(self) -> Iterator[tuple[str, list[_Cell]]]:
        """The lines, each with its label."""
        yield "", self._axis()
        for lane in self._lanes:
            yield lane.label, self._lane(lane)
        yield "", self._named(self._at(self._day), f"▲ {iso(self._day)}")

    def _at(self, day: Day) -> int:
        return round(self._scale.share(day) * (self._width - 1))

    def _axis(self) -> list[_Cell]:
        line = [" "] * self._width
        free = 0
        for tick in ticks(attrs.evolve(self._scale, width=self._width * _LETTER)):
            at = self._at(tick)
            if at >= free and at + len("2018-11") <= self._width:
                line[at : at + len("2018-11")] = iso(tick)[:7]
                free = at + len("2018-11 ")
        return [(character, "dim") for character in line]

    def _named(self, at: int, name: str) -> list[_Cell]:
        begins = min(at, self._width - len(name))
        shown = name if begins == at else f"{iso(self._day)} ▲".rjust(at + 1)[-len(name) :]
        begins = at if begins == at else at + 1 - len(name)
        return [(character, "bold") for character in f"{' ' * begins}{shown}"]

    def _lane(self, lane: Lane) -> list[_Cell]:
        cells: list[_Cell] = [(" ", "")] * self._width
        cells[self._at(self._day)] = ("│", "bold")
        places = [self._at(mark.last) for mark in lane.marks]
        for stretch in lane.stretches:
            begin = self._at(stretch.since)
            end = self._width - 1 if stretch.until is None else self._at(stretch.until)
            sure = end if stretch.sure_until is None else min(end, self._at(stretch.sure_until))
            line = ["─"] * max(1, sure - begin) + ["┄"] * (end - max(sure, begin + 1))
            line[0] = "├"
            said = f" {stretch.text} "
            after = [at - begin for at in places if begin < at <= begin + len(said)]
            place = max(after, default=0) + 1
            if place + len(said) < len(line):
                line[place : place + len(said)] = said
            if stretch.until is None:
                line.append("▸")
            for column, character in enumerate(line[: self._width - begin], start=begin):
                cells[column] = (character, style_of(stretch.status))
        taken_up: set[int] = set()
        for mark in sorted(lane.marks, key=lambda mark: tuple(_MARKS).index(mark.kind)):
            at = self._at(mark.last)
            begin = 0 if mark.first is None else self._at(mark.first)
            for column in range(begin, at):
                cells[column] = ("┄", "") if cells[column][0] in " │" else cells[column]
            beside = at + 1 if at in taken_up and cells[at][0] != _MARKS[mark.kind] else at
            column = min(beside, self._width - 1)
            cells[column] = (_MARKS[mark.kind], "bold")
            taken_up.add(column)
        return cells


_LETTER = 9
"""How wide a character is, in the units in which ticks are set."""


# --- the page ---------------------------------------------------------------------------


@click.command(name="report")
@shared
@click.option("--output", "-o", required=True, metavar="FILE", help="Where to; - is stdout.")
@as_of
@known_at
@click.option(
    "--year", type=click.IntRange(1000, 9999), help="Only what something happened to in that year."
)
@click.option("--disclose", is_flag=True, help="Write personal texts, too.")
@checkpoints_option
@policy_option
def report_command(
    output: str,
    as_of: When | None,
    known_at: Any,
    year: int | None,
    disclose: bool,  # noqa: FBT001 - an option
    checkpoints: Sequence[Path],
    policy: Path | None,
) -> None:
    """A page that shows the register on any day, without a network.

    One file of HTML: it opens on --as-of and answers for every day, as known at every record; it
    can be mailed, printed, published. Personal texts are withheld unless --disclose is given. The
    ledger is verified, and the page says with what verdict: exit code 4 where that fails. The
    same ledger and options give the same page. Of a --year that is over, it opens on the last day.

    Up to some 20,000 motions fit in one page; beyond that, make one for each --year.

    \b
    Examples:
      govledger report -o register.html
      govledger report -o register.html --as-of 2018-11-30 --disclose --lang nl
      govledger report -o 2018.html --year 2018
    """
    kept, by = outside(checkpoints, policy)
    from govledger.report import page

    with opened() as ledger, target(output) as stream:
        known = ledger.known_at(known_at)  # whoever writes meanwhile is left out
        verified = judged(lambda: verification(ledger, kept, by))
        try:
            with progress("gathering", known) as advance:
                html = page(
                    ledger,
                    as_of,
                    known,
                    language=settings().lang,
                    year=year,
                    disclose=disclose,
                    verified=verified,
                    progress=advance,
                ).encode()
        except (UnreadableRecord, StorageError) as error:
            if verified:
                raise
            echo_problems(error.problems, err=True)
            message(f"{verified.verdict}: no page was written")
            raise SystemExit(4) from error
        stream.write(html)
    message(f"wrote {output}: {len(html) / 1000:,.0f} kB, {verified.verdict}")
    if not verified:
        raise SystemExit(4)
