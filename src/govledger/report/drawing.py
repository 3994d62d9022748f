"""Drawing timelines as SVG: a picture by itself, or a part of a page.

Here: geometry and elements; `files/timeline.js` draws the same. Not here: what is drawn
(`timelines`), or colours (`files/timeline.css`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from importlib.resources import files
from itertools import groupby
from math import floor
from operator import attrgetter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from attrs import frozen

from govledger.report.days import LAST, Day, iso, number
from govledger.report.timelines import Lane, Mark, Stretch

WIDTH = 960
GUTTER, EDGE, TOP, LANE, BAR, SIDE = 136, 16, 30, 30, 20, 14
LETTER = 6.8
"""About how wide a letter is, in the units of the picture."""

_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
"""Months between the ticks of an axis."""

FIRST = number(date(1, 1, 1))

MARGIN = 0.04
"""What is left free at both ends, as a share of the time that is drawn."""


@frozen
class Scale:
    """Where days stand in a picture of a width."""

    first: Day
    last: Day
    width: float

    def share(self, day: Day) -> float:
        """Where a day stands between the ends; one that is beyond them stands at the end."""
        shown = min(max(day, self.first), self.last)
        return (shown - self.first) / (self.last - self.first)

    def at(self, day: Day) -> float:
        """Where a day stands on a picture."""
        return _tenth(GUTTER + self.share(day) * (self.width - GUTTER - EDGE))


FAR = number(date(9000, 1, 1))
"""A day from here on stands for "for ever": no picture reaches to it, unless it is asked about."""


def scale_of(lanes: Sequence[Lane], day: Day | None, width: float) -> Scale:
    """The scale on which all of the lanes fit in, and the day that is asked about."""
    said: list[Day | None] = []
    for lane in lanes:
        for one in lane.stretches:
            said += [one.since, one.until, one.sure_until]
        for mark in lane.marks:
            said += [mark.first, mark.last]
    days = [each for each in said if each is not None and each < FAR]
    days += [day] if day is not None else []
    first, last = min(days, default=0), max(days, default=0)
    margin = max(7, round((last - first) * MARGIN))
    return Scale(max(first - margin, FIRST), min(last + margin, LAST), width)


def picture(lanes: Sequence[Lane], title: str, day: Day | None, width: float = WIDTH) -> Element:
    """The lanes as an SVG element, with a line at the day that is asked about."""
    scale = scale_of(lanes, day, width)
    height = TOP + len(lanes) * LANE + 4
    svg = Element("svg", {"class": "timeline", "viewBox": f"0 0 {_text(width)} {height}"})
    svg.set("role", "img")
    svg.set("aria-label", title)
    for tick in ticks(scale):
        x = scale.at(tick)
        _line(svg, "tick", x, TOP - 8, x, height)
        _words(svg, "when", x, TOP - 14, iso(tick)[:7])
    if day is not None:
        _line(svg, "now", scale.at(day), TOP - 8, scale.at(day), height)
    for count, lane in enumerate(lanes):
        top = TOP + count * LANE
        _words(svg, "lane", 0, top + 14, lane.label)
        for stretch in lane.stretches:
            _stretch(svg, stretch, scale, top)
        _marks(svg, lane.marks, scale, top)
    return svg


def ticks(scale: Scale) -> list[Day]:
    """The first days of months, so many that their names do not meet."""
    begin, end = (date.fromisoformat(iso(day)) for day in (scale.first, scale.last))
    months = range(begin.year * 12 + begin.month, end.year * 12 + end.month)
    most = max(2, (scale.width - GUTTER - EDGE) // 84)
    step = next((step for step in _STEPS if len(months) / step <= most), _STEPS[-1])
    found = (number(date(month // 12, month % 12 + 1, 1)) for month in months if month % step == 0)
    return [tick for tick in found if scale.at(tick) <= scale.width - 2 * EDGE]


def _stretch(svg: Element, stretch: Stretch, scale: Scale, top: float) -> None:
    left = scale.at(stretch.since)
    right = scale.at(scale.last if stretch.until is None else stretch.until)
    sure = right if stretch.sure_until is None else min(right, scale.at(stretch.sure_until))
    group = SubElement(svg, "g", {"class": f"stretch is-{stretch.status}"})
    until = "" if stretch.until is None else iso(stretch.until)
    SubElement(group, "title").text = f"{stretch.text}: {iso(stretch.since)} – {until}".strip()
    _bar(group, "sure", left, sure, top)
    if sure < right:
        _bar(group, "unsure", max(left, sure), right, top)
    if len(stretch.text) * LETTER + 12 <= right - left:
        _words(group, "said", left + 6, top + 14, stretch.text)


def _bar(group: Element, name: str, left: float, right: float, top: float) -> None:
    width = _tenth(max(1.5, right - left))
    said = {"class": name, "x": left, "y": top, "width": width, "height": BAR}
    SubElement(group, "rect", {key: _text(value) for key, value in said.items()})


def _marks(svg: Element, marks: Sequence[Mark], scale: Scale, top: float) -> None:
    """The marks of a lane: those of one kind and day as one; other kinds of that day beside it."""
    taken_up: dict[Day, float] = {}
    for kind in _SHAPES:
        some = sorted((mark for mark in marks if mark.kind == kind), key=_last)
        for last, together in groupby(some, key=_last):
            beside = taken_up.get(last, 0)
            taken_up[last] = beside + SIDE
            _mark(svg, list(together), scale, top + BAR / 2, beside)


_last = attrgetter("last")


def _mark(svg: Element, marks: Sequence[Mark], scale: Scale, middle: float, beside: float) -> None:
    """Marks of one kind that end on the same day: one mark, with their number."""
    kind, last = marks[0].kind, marks[0].last
    first = min(scale.first if mark.first is None else mark.first for mark in marks)
    x = _tenth(scale.at(last) + beside)
    group = SubElement(svg, "g", {"class": f"mark {kind}"})
    SubElement(group, "title").text = "\n".join(mark.text for mark in marks)
    if first < last:
        _line(group, "whisker", scale.at(first), middle, x, middle)
    _SHAPES[kind](group, x, middle, len(marks))


def _dot(group: Element, x: float, middle: float, count: int) -> None:
    radius = 5 if count == 1 else 8
    said = {"cx": x, "cy": middle, "r": radius}
    SubElement(group, "circle", {key: _text(value) for key, value in said.items()})
    if count > 1:
        _words(group, "count", x, middle + 4, str(count))


def _path(form: str) -> Callable[[Element, float, float, int], None]:
    def shape(group: Element, x: float, middle: float, _: int) -> None:
        SubElement(group, "path", {"d": f"M{_text(x)} {_text(middle)}{form}"})

    return shape


_SHAPES: dict[str, Callable[[Element, float, float, int], None]] = {
    "told": _dot,
    "late": _dot,
    "taken": _path("m-4 -4l8 8m0 -8l-8 8"),
    "due": _path("m0 -7l7 7l-7 7l-7 -7z"),
}


def _line(parent: Element, name: str, x: float, y: float, to_x: float, to_y: float) -> None:
    said = {"class": name, "x1": x, "y1": y, "x2": to_x, "y2": to_y}
    SubElement(parent, "line", {key: _text(value) for key, value in said.items()})


def _words(parent: Element, name: str, x: float, y: float, text: str) -> None:
    said = {"class": name, "x": x, "y": y}
    SubElement(parent, "text", {key: _text(value) for key, value in said.items()}).text = text


def _tenth(value: float) -> float:
    """Rounded as JavaScript rounds."""
    return floor(value * 10 + 0.5) / 10


def _text(value: object) -> str:
    """A number as JavaScript writes it: without a fraction where it is whole."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]


def document(lanes: Sequence[Lane], title: str, day: Day | None) -> str:
    """The picture as a file by itself."""
    svg = picture(lanes, title, day)
    svg.set("xmlns", "http://www.w3.org/2000/svg")
    style = Element("style")
    style.text = f"\n{style_sheet()}"
    svg.insert(0, style)
    indent(svg)
    return f"{_FORBIDDEN.sub('', tostring(svg, encoding='unicode'))}\n"


_FORBIDDEN = re.compile("[\ufffe\uffff]")
"""Characters that a ledger takes and XML does not."""


def style_sheet() -> str:
    """How timelines look."""
    return files("govledger.report").joinpath("files/timeline.css").read_text("utf-8")
