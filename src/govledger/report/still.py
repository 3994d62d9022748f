"""The register as it stood on one day, for whoever reads a page without a script, or on paper.

Here: what the template is given of that day. Not here: any other day (`packing`), or HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from govledger.events import slug_of
from govledger.history import Reason
from govledger.integrity.personal import covered
from govledger.ledger import Explanation
from govledger.recording import new_salt
from govledger.register import Register, fields_of
from govledger.report.packing import said_by
from govledger.report.words import FINDINGS, SHOWN
from govledger.rules import Finding
from govledger.speaking import Speaker
from govledger.terms import LANGUAGES
from govledger.vocabulary import Vocabulary


@frozen(kw_only=True)
class Line:
    """A subject in a list."""

    id: str
    called: str
    status: str
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
                status=str(said.get("status") or ""),
                cells={name: speaker.value(said.get(name), name) for name in columns},
                findings=tuple(meaning(f, speaker) for f in findings.get(said["id"], ())),
            )
            for said in register.listing(plural)
        )
        if lines:
            found.append(List(plural=plural, columns=columns, lines=lines))
    return tuple(found)


def meaning(finding: Finding, speaker: Speaker) -> str:
    """What a finding says: in words of the page where it has some, else in its own."""
    if finding.code in FINDINGS:
        return FINDINGS[finding.code][LANGUAGES.index(speaker.language)]
    return finding.message


def steps(explanation: Explanation, speaker: Speaker, *, disclose: bool) -> Iterator[Step]:
    """The records behind the state of a subject."""
    for reason in explanation.reasons:
        event = reason.record.event if disclose else covered(reason.record.event, new_salt)
        yield _step(evolve(reason, record=evolve(reason.record, event=event)), speaker)


def _step(reason: Reason, speaker: Speaker) -> Step:
    record = reason.record
    said = [(n, speaker.value(v, n)) for n, v in said_by(record.event).items() if n != "title"]
    cited = record.event.source
    if cited is not None:
        span = f" {cited.span[0]}–{cited.span[1]}" if cited.span else ""
        said.append(("source", f"{cited.named}{span}, {speaker.term(cited.assertion)}"))
    made = record.recorded_at.strftime("%Y-%m-%d %H:%M UTC")
    number = speaker.word("recorded_as", position=record.position, made=made)
    return Step(
        on=record.on.text,
        type=speaker.term(record.type),
        remarks=(*_remarks(reason, speaker), number),
        said=tuple((speaker.word(name), value) for name, value in said),
        taken=reason.withdrawn_by is not None,
    )


def _remarks(reason: Reason, speaker: Speaker) -> Iterator[str]:
    if reason.decides:
        yield speaker.word("decides")
    if reason.late:
        yield speaker.word("late")
    if reason.withdrawn_by is not None and reason.corrected:
        yield speaker.word("corrected", by=reason.withdrawn_by)
    elif reason.withdrawn_by is not None:
        yield f"{speaker.word('withdrawn', by=reason.withdrawn_by)}: {reason.reason}"
