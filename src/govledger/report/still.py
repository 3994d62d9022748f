"""The register as it stood on one day, for whoever reads a page without a script, or on paper.

Here: what the template is given of that day. Not here: any other day (`packing`), or HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from govledger.events import kind_of, slug_of
from govledger.history import Reason
from govledger.ledger import Explanation
from govledger.register import Register, fields_of
from govledger.report.contents import withheld
from govledger.report.packing import said_by
from govledger.report.words import FINDINGS
from govledger.rules import Finding
from govledger.source import Source
from govledger.speaking import Speaker
from govledger.terms import LANGUAGES
from govledger.vocabulary import Vocabulary

SHOWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "motion": ("title", ("status", "decision", "follow_up", "force", "since")),
    "mandate": ("task", ("motion", "addressee", "status", "due", "deadline")),
    "blockade": ("scope", ("status", "since", "condition_state")),
    "proposal": ("text", ("by", "status", "since")),
    "meeting": ("title", ("on", "body", "place")),
    "response": ("note", ("parties", "on")),
    "agreement": ("note", ("parties", "on")),
    "statement": ("note", ("parties", "on")),
}
"""Kind -> the field that a subject is called by, and the columns of a list."""

WHOLE = ("since", "on", "status")
"""Columns whose values are not broken over lines."""


@frozen(kw_only=True)
class Line:
    """A subject in a list."""

    id: str
    called: str
    cells: Mapping[str, str]
    findings: tuple[str, ...]


@frozen(kw_only=True)
class List:
    """The subjects of a kind."""

    plural: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


@frozen(kw_only=True)
class Step:
    """A record behind a state: when, what, and the part it plays."""

    on: str
    type: str
    remarks: tuple[str, ...]
    said: tuple[tuple[str, str], ...]
    taken: bool


def shown(kind: str, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...]]:
    """The field that subjects of a kind are called by, and the columns of their list."""
    if kind in SHOWN:
        return SHOWN[kind]
    apart = ("id", "status", "title", "since", "findings")
    own = [name for name in fields_of(kind, vocabulary) if name not in apart]
    return "title", ("status", *own[:3], "since")


def lists(register: Register, speaker: Speaker) -> tuple[List, ...]:
    """The lists of a register, in the order of its kinds; those without subjects left out."""
    findings: dict[str, list[Finding]] = {}
    for finding in register.findings:
        findings.setdefault(finding.subject, []).append(finding)
    found = []
    for plural, kind in register.vocabulary.listed.items():
        called, columns = shown(kind, register.vocabulary)
        lines = tuple(
            Line(
                id=said["id"],
                called=str(said.get(called) or slug_of(said["id"])),
                cells={name: _cell(said.get(name), name, register, speaker) for name in columns},
                findings=tuple(meaning(f, speaker) for f in findings.get(said["id"], ())),
            )
            for said in register.listing(plural)
        )
        if lines:
            found.append(List(plural=plural, columns=columns, lines=lines))
    return tuple(found)


def _cell(value: Any, field: str, register: Register, speaker: Speaker) -> str:
    """A value as people read it: a subject by what it is called; nothing where nothing is said."""
    if value in (None, "", [], False):
        return ""
    named = register.describe(value) if isinstance(value, str) and "/" in value else None
    if named is not None:
        called, _ = shown(kind_of(value), register.vocabulary)
        return str(named.get(called) or value)
    return speaker.value(value, field)


def meaning(finding: Finding, speaker: Speaker) -> str:
    """What a finding says: in words of the page where it has some, else in its own."""
    if finding.code in FINDINGS:
        return FINDINGS[finding.code][LANGUAGES.index(speaker.language)]
    return finding.message


def steps(explanation: Explanation, speaker: Speaker, *, disclose: bool) -> Iterator[Step]:
    """The records behind the state of a subject."""
    for reason in explanation.reasons:
        event = reason.record.event if disclose else withheld(reason.record.event)
        yield _step(evolve(reason, record=evolve(reason.record, event=event)), speaker)


def _step(reason: Reason, speaker: Speaker) -> Step:
    record = reason.record
    said = [(n, speaker.value(v, n)) for n, v in said_by(record.event).items() if n != "title"]
    cited = record.event.source
    if cited is not None:
        said.append(("source", _source(cited, speaker)))
    made = record.recorded_at.strftime("%Y-%m-%d %H:%M UTC")
    number = speaker.word("recorded_as", position=record.position, made=made)
    return Step(
        on=_time(record.on.text, speaker),
        type=speaker.term(record.type),
        remarks=(*_remarks(reason, speaker), number),
        said=tuple((speaker.word(name), value) for name, value in said),
        taken=reason.withdrawn_by is not None,
    )


def _source(cited: Source, speaker: Speaker) -> str:
    parts = [str(cited.named)]
    if cited.span:
        start, end = cited.span
        parts.append(speaker.word("characters", **{"from": start, "to": end}))
    return ", ".join((*parts, speaker.term(cited.assertion)))


def _time(text: str, speaker: Speaker) -> str:
    """A time as people read it."""
    return speaker.word("by_day", day=text[3:]) if text.startswith("../") else text


def _remarks(reason: Reason, speaker: Speaker) -> Iterator[str]:
    if reason.decides:
        yield speaker.word("decides")
    if reason.late:
        yield speaker.word("late")
    if reason.withdrawn_by is not None and reason.corrected:
        yield speaker.word("corrected", by=reason.withdrawn_by)
    elif reason.withdrawn_by is not None:
        yield f"{speaker.word('withdrawn', by=reason.withdrawn_by)}: {reason.reason}"
