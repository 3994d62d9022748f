"""Reading the rules of an association in YAML: every problem at once, each at its place.

Here: from a file to a `Profile`, and how to tell such a file. Not here: YAML itself (`tree`), or
what a profile may say (`govledger.profiles`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import yaml
from attrs import evolve

from govledger.dataset.content import by_place, judge_labels
from govledger.dataset.tree import (
    MapNode,
    Refused,
    Text,
    Yaml,
    place_in,
    sentence,
    untyped,
    why_unreadable,
)
from govledger.errors import InvalidInput, Place, Problem, brief
from govledger.profiles import Profile

VERSION = "1"
"""The version of the format, as `govledger_profile: 1` states it."""

MARK = "govledger_profile"
"""The key that makes a file that of a profile."""


def read(path: str | Path, text: str | None = None) -> Profile:
    """The profile that a file defines; see `govledger.read_profile`."""
    if text is None:
        with Path(path).open("rb") as file:
            root = _root(file, str(path))
    else:
        root = _root(BytesIO(text.encode(errors="surrogatepass")), str(path))
    rules = untyped(root)
    problems = list(_of_version(rules))
    rules.pop(MARK, None)
    try:
        profile = Profile.from_definition(rules)
        judge_labels(profile)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        placed = (evolve(problem, place=place_in(root, problem)) for problem in problems)
        raise InvalidInput(*sorted(placed, key=by_place))
    return profile


def _root(file: BinaryIO, name: str) -> MapNode:
    """The mapping that is all of a file."""
    lines = Text(file, name)
    try:
        tree = Yaml(lines, whole=True)
        events = iter(tree)
        first = next(events, None)
        root = None if first is None else tree.node(first, 0)
        for _ in events:  # what follows is refused there
            pass
    except (Refused, yaml.YAMLError) as error:
        raise InvalidInput(why_unreadable(error, lines)) from None
    if isinstance(root, MapNode):
        return root
    problem = Problem(
        code="not-a-mapping",
        message=sentence("not-a-mapping"),
        hint=f"begin with {MARK}: {VERSION}, and write key: value",
        place=Place(name, 1, 1, 1, lines.line(0)) if root is None else root.place,
    )
    raise InvalidInput(problem)


def _of_version(rules: Mapping[str, Any]) -> Iterator[Problem]:
    version = rules.get(MARK)
    if version is None:
        yield Problem(
            code="missing-field",
            message=f'the key "{MARK}" is missing',
            hint=f"add {MARK}: {VERSION}",
        )
    elif version != VERSION:
        yield Problem(
            code="unknown-version",
            message=f"this is version {brief(version)} of the format, and {VERSION} is read",
            hint=f"upgrade govledger, or write {MARK}: {VERSION}",
            path=(MARK,),
        )


def is_profile(path: str | Path) -> bool:
    """Whether a file says that it defines a profile: a line of it begins with the key."""
    with Path(path).open("rb") as file:
        return _MARKED.search(file.read(_BEGINNING)) is not None


_MARKED = re.compile(rb"^(?:\xef\xbb\xbf)?" + MARK.encode() + rb"\s*:", re.MULTILINE)
_BEGINNING = 64 * 1024
