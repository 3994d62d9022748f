"""Draws the lifecycle: SVG that needs no script, no network and no program to lay it out.

What leads where is read from the rules; where each state stands is chosen here. A state of the
rules that has no place here is an error. Not here: which drawings there are (`test_docs`).
"""

import re
from html import escape

from attrs import frozen

from govledger.rules import Axis, Stays

PLACES = {
    Axis.DECISION: {
        "submitted": (1, 0),
        "admitted": (2, 0),
        "vote-deferred": (2, 1.5),
        "referred": (2, 3.2),
        "adopted": (3, 0),
        "rejected": (3, 1),
        "withdrawn": (3, 2),
        "replaced": (3, 3),
        "lapsed": (3, 4),
        "rescinded": (4, 0),
    },
    Axis.FOLLOW_UP: {
        "open": (1, 0.5),
        "held-over": (2, 1.8),
        "completed": (3, 0.3),
        "superseded": (3, 1.3),
        "lapsed": (3, 2.3),
    },
    Axis.MANDATE: {
        "given": (1, 0),
        "in-progress": (2, 1),
        "partly-fulfilled": (2, 2),
        "fulfilled": (3, 0),
        "not-fulfilled": (3, 1),
        "waived": (3, 2),
    },
    Axis.BLOCKADE: {
        "imposed": (1, 1),
        "lift-proposed": (2, 1),
        "lift-ordered": (3, 1),
        "lifted": (4, 2),
    },
    Axis.PROPOSAL: {"made": (1, 0.5), "accepted": (2, 0), "rejected": (2, 1)},
}
"""Where the states of an axis stand: column and row."""

BEGINS = {Axis.FOLLOW_UP: ("open", "adopted")}
"""An axis that no row begins: the state that it begins in, and by which event."""

WIDTH, HEIGHT = 124, 32
LEFT, TOP = 130, 70
ACROSS, DOWN = 246, 56
PAD = 18
STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1f2937; }
    .event { font-style: italic; fill: #4b5563; }
    .state { fill: #ffffff; stroke: #64748b; }
    .end { stroke-width: 2.5; }
    .group { fill: #f1f5f9; stroke: #94a3b8; stroke-dasharray: 5 4; }
    .way { fill: none; stroke: #64748b; stroke-width: 1.3; marker-end: url(#arrow); }
    .dot, marker path { fill: #64748b; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e5e7eb; }
      .event { fill: #cbd5e1; }
      .state { fill: #1e293b; stroke: #94a3b8; }
      .group { fill: #0f172a; stroke: #64748b; }
      .way { stroke: #94a3b8; }
      .dot, marker path { fill: #94a3b8; }
    }
"""


@frozen
class Box:
    """What an arrow may leave or reach: a state, or several that events leave alike."""

    name: str
    left: float
    top: float
    right: float
    bottom: float
    column: float
    members: tuple = ()

    @property
    def middle(self):
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def reaching(self, box):
        """The same, as high as another beside it."""
        return Box(
            self.name,
            self.left,
            min(self.top, box.top),
            self.right,
            max(self.bottom, box.bottom),
            self.column,
            self.members,
        )


def arrows(axis, rows):
    """What leads where: (states left, state reached, event); only what can be reached."""
    moves = [row for row in rows if row.axis is axis and row.reaches is not Stays.SAME]
    ways = [
        (tuple(leaf and str(leaf) for leaf in row.leaves), row.reaches, row.event.type)
        for row in moves
    ]
    if axis in BEGINS:
        state, verb = BEGINS[axis]
        ways.insert(0, ((None,), state, f".{verb}"))
    known = {None}
    while (
        more := {
            str(reached)
            for leaves, reached, _ in ways
            if reached is not Stays.RETURNS and known & set(leaves)
        }
        - known
    ):
        known |= more
    return [
        (left, reached if reached is Stays.RETURNS else str(reached), type_.partition(".")[2])
        for leaves, reached, type_ in ways
        if (left := tuple(leaf for leaf in leaves if leaf in known))
    ]


def draw(axis, rows, title):
    """The drawing of one axis, by the rows of a lifecycle, as SVG."""
    ways = arrows(axis, rows)
    names = dict.fromkeys(n for leaves, to, _ in ways for n in (*leaves, to) if isinstance(n, str))
    states = {name: _state(name, *PLACES[axis][name]) for name in names if name in PLACES[axis]}
    missing = names.keys() - states.keys() - {str(Stays.RETURNS)}
    assert not missing, f"these have no place in the drawing: {missing}"
    groups = {leaves: _group(leaves, states) for leaves, _, _ in ways if len(leaves) > 1}
    groups = {
        leaves: box
        for leaves, box in groups.items()
        if _is_whole(box, states) and not any(set(leaves) < set(others) for others in groups)
    }
    for leaves, to, _ in ways:  # what leads straight to others is as high as these
        for source in [groups[leaves]] if leaves in groups else [states.get(n) for n in leaves]:
            target = states.get(to)
            if source and target and _is_straight(source, target, states):
                if source.name in states:
                    states[source.name] = source.reaching(target)
                else:
                    groups[leaves] = source.reaching(_padded(target))
    lines = []
    for leaves, to, verb in ways:
        sources = [groups[leaves]] if leaves in groups else [states.get(n) for n in leaves]
        for source in sources:
            if to == Stays.RETURNS:
                (home,) = (box for box in groups.values() if source.name in box.members)
                lines += _back(source, home, verb)
            else:
                target = states[to]
                comes_back = any(to in others and end == Stays.RETURNS for others, end, _ in ways)
                lines += _way(source, target, verb, states, -10 if comes_back else 0)
    ends = states.keys() - {name for leaves, to, _ in ways for name in leaves}
    boxes = [*groups.values(), *states.values()]
    top = (
        min(*(float(y) for y in re.findall(r' y="([\d.-]+)"', "".join(lines))), boxes[0].top) - PAD
    )
    width = max(box.right for box in boxes) + PAD
    height = max(box.bottom for box in boxes) + PAD - top
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top:g} {width:g} {height:g}"'
            f' width="{width:g}" height="{height:g}" role="img">',
            f"  <title>{escape(title)}</title>",
            f"  <style>{STYLE}  </style>",
            '  <defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8"'
            ' markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
            *(_rectangle(box, "group") for box in groups.values()),
            *lines,
            *(_rectangle(b, "state end" if n in ends else "state") for n, b in states.items()),
            *(_text(*box.middle, 4.5, name, "", "middle") for name, box in states.items()),
            "</svg>\n",
        ]
    )


def _state(name, column, row):
    left, top = LEFT + (column - 1) * ACROSS, TOP + row * DOWN
    return Box(name, left, top, left + WIDTH, top + HEIGHT, column)


def _group(leaves, states):
    boxes = [states[name] for name in leaves]
    return Box(
        "",
        min(box.left for box in boxes) - PAD,
        min(box.top for box in boxes) - PAD,
        max(box.right for box in boxes) + PAD,
        max(box.bottom for box in boxes) + PAD,
        max(box.column for box in boxes),
        leaves,
    )


def _padded(box):
    return Box("", box.left, box.top - PAD, box.right, box.bottom + PAD, box.column)


def _is_whole(box, states):
    """Whether nothing else stands where these states do."""
    inside = {n for n, s in states.items() if box.left < s.left < box.right and s.top < box.bottom}
    return inside == set(box.members)


def _is_straight(source, target, states):
    """Whether an arrow to the right meets nothing on its way."""
    y = target.middle[1]
    return target.column > source.column and not any(
        source.right < box.left < target.left and box.top < y < box.bottom
        for box in states.values()
    )


def _way(source, target, verb, states, shift):
    """An arrow with the name of the event: straight, round the top, or up and back."""
    y = target.middle[1] + shift
    if source is None:  # nothing is on record yet
        x = target.left - 96
        dot = f'  <circle class="dot" cx="{x:g}" cy="{y:g}" r="6"/>'
        return [dot, *_line(f"M{x:g} {y:g} H{target.left:g}", target.left - 12, y, verb)]
    if source.name == target.name:
        x, top = source.middle[0], source.top
        path = f"M{x - 18:g} {top:g} v-22 h36 V{top:g}"
        return _line(path, x, top - 22, verb, "middle")
    if target.name in source.members:
        return _line(f"M{source.left:g} {y:g} H{target.left:g}", target.left - 12, y, verb)
    if _is_straight(source, target, states):
        return _line(f"M{source.right:g} {y:g} H{target.left:g}", target.left - 12, y, verb)
    x, end = source.middle[0], target.middle[0]
    if target.column < source.column and source.name:
        path = f"M{x:g} {source.top:g} V{y:g} H{target.right:g}"
        return _line(path, x - 10, y, verb)
    over = min(source.top, target.top) - (44 if source.name else 26)
    path = f"M{x:g} {source.top:g} V{over:g} H{end:g} V{target.top:g}"
    return _line(path, (x + end) / 2, over, verb, "middle")


def _back(source, home, verb):
    """An arrow back to where the subject was before."""
    y = source.middle[1] + 10
    return _line(f"M{source.left:g} {y:g} H{home.left:g}", source.left - 12, y, verb)


def _line(path, x, y, verb, anchor="end"):
    return [f'  <path class="way" d="{path}"/>', _text(x, y, -5, verb, "event", anchor)]


def _rectangle(box, kind):
    width, height = box.right - box.left, box.bottom - box.top
    return (
        f'  <rect class="{kind}" x="{box.left:g}" y="{box.top:g}"'
        f' width="{width:g}" height="{height:g}" rx="8"/>'
    )


def _text(x, y, down, said, kind, anchor):
    named = f' class="{kind}"' if kind else ""
    return f'  <text{named} x="{x:g}" y="{y + down:g}" text-anchor="{anchor}">{escape(said)}</text>'
