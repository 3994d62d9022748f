"""The page: one file of HTML that answers for any day, without a network.

Here: `page`, which puts together what is gathered and the words for it. Not here: what is
gathered (`contents`), or the template, the scripts and what lets nothing else run (`shell`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from importlib import metadata
from typing import Any
from xml.etree.ElementTree import tostring

from attrs import evolve

from govledger.audit import Verdict, Verification
from govledger.errors import invalid
from govledger.events import kind_of
from govledger.ledger import Known, Ledger, Moment
from govledger.register import Register
from govledger.report import shell, still
from govledger.report.contents import Contents, Progress, gather, withheld
from govledger.report.days import number
from govledger.report.drawing import picture
from govledger.report.packing import compact, packed
from govledger.report.timelines import lanes_of
from govledger.report.words import FINDINGS, MONTHS, WORDS, long_day
from govledger.speaking import TERMED, Speaker
from govledger.terms import LANGUAGES, TERMS
from govledger.when import Precision, When, when

DETAILED = 200
"""Where there are more motions, whoever reads without a script sees their list alone."""

_VERDICTS = {
    Verdict.ALTERED: "altered",
    Verdict.UNREADABLE: "unreadable",
    Verdict.SELF_CONSISTENT: "self_consistent",
    Verdict.EXTENDS: "extends",
    Verdict.WITNESSED: "witnessed",
}
"""Verdicts, and the words that tell of each: `verdict_…` and `means_…`."""


def page(
    ledger: Ledger,
    as_of: Moment | None = None,
    known_at: Known | None = None,
    *,
    language: str = "en",
    year: int | None = None,
    disclose: bool = False,
    verified: Verification | None = None,
    progress: Progress | None = None,
) -> str:
    """A page of HTML that shows a `ledger` on any day, as known at any record up to one.

    It opens on the day `as_of`: today unless given, or the last day of a `year` that is over.
    `known_at`, a day, an instant or a position, leaves out what was recorded later. `language`
    ("en" or "nl") is that in which it opens. Of one `year` it holds only the subjects to which
    something happened in it, what their records name, and what names them. Personal texts are
    withheld unless it shall `disclose` them. `verified` is a report of `Ledger.verify` on the whole
    ledger as it is now, whose verdict the page shows; without one it is made here, by no
    checkpoint. `progress` is called with the number of records gathered, now and then.

    The same ledger and arguments give the same page. Raises `InvalidInput` for an `as_of` that is
    no day, a `known_at` that is not in the log, or a language that there is not; `StorageError`
    where the ledger cannot be read, or Jinja2 is not installed; `UnreadableRecord` where a record
    is damaged.

    >>> from govledger import Ledger, MotionSubmitted
    >>> from govledger.report import page
    >>> with Ledger.in_memory(name="club") as ledger:
    ...     _ = ledger.record(MotionSubmitted("bins", title="<b>Bins</b>", on="2024-03-01"))
    ...     html = page(ledger, "2024-03-01")
    >>> html[:15], "&lt;b&gt;Bins&lt;/b&gt;" in html, "<b>Bins" in html
    ('<!doctype html>', True, False)
    """
    template = shell.template()
    if language not in LANGUAGES:
        raise invalid("unknown-language", f'there are no words in "{language}"', 'say "en" or "nl"')
    day = when(_opening(ledger.today(), year) if as_of is None else as_of)
    if day.precision is not Precision.DAY or day.upto:
        raise invalid(
            "not-a-day", f'a page opens on a day, and "{day}" is none', "write it as 2018-11-30"
        )
    known = ledger.known_at(known_at)
    verified = ledger.verify() if verified is None else verified
    contents = gather(ledger, known, year=year, disclose=disclose, progress=progress)
    register = _of_page(ledger.as_of(day, known), contents, disclose=disclose)
    labels = (ledger.vocabulary.labels, register.profile.labels)
    speakers = {each: Speaker(each, *labels, words=WORDS) for each in LANGUAGES}
    speaker = speakers[language]
    first, parts = packed(contents)
    checkpoint = str(ledger.checkpoint(known)).rstrip()
    verdict = f"verdict_{_VERDICTS[verified.verdict]}"
    seal = {
        "version": _VERSION,
        "day": day.text,
        "known": known,
        "verdict": verdict,
        "checkpoint": checkpoint.replace("\n", " ") if verified else "-",
        "year": year,
        "left": contents.left_out,
    }
    return shell.rendered(
        template,
        page=shell.escaped(compact(_page(ledger, contents, language, seal, speakers))),
        register=shell.escaped(first),
        parts=parts,
        seal={**seal, "verdict": speaker.word(verdict)},
        verdict=verdict,
        meaning=f"means_{_VERDICTS[verified.verdict]}",
        verified=verified,
        checkpoint=checkpoint,
        command=_command(day, known, language, year, disclose=disclose),
        speaker=speaker,
        speakers=speakers.values(),
        word=speaker.word,
        name=ledger.name,
        zone=ledger.zone.key,
        version=_VERSION,
        day=day.text,
        known=known,
        year=year,
        missing=ledger.missing,
        disclosed=disclose,
        moment=speaker.word("as_of", day=long_day(day.text, language), known=known),
        lists=still.lists(register, speaker),
        whole=still.WHOLE,
        details=tuple(_details(ledger, register, contents, speaker, day, disclose=disclose)),
    )


def _opening(today: date, year: int | None) -> date:
    """The day on which a page opens unless another is asked for."""
    return today if year is None else min(today, date(year, 12, 31))


_VERSION = metadata.version("govledger")


def _of_page(register: Register, contents: Contents, *, disclose: bool) -> Register:
    """A register with the subjects that are on the page, and with nothing that it withholds."""
    held = {subject.name for subject in contents.subjects}
    states = {name: state for name, state in register.states.items() if name in held}
    if not disclose:
        states = {name: withheld(state) for name, state in states.items()}
    judged = tuple(finding for finding in register.judged if finding.subject in held)
    return evolve(register, states=states, judged=judged)


def _page(
    ledger: Ledger,
    contents: Contents,
    language: str,
    seal: Mapping[str, Any],
    speakers: Mapping[str, Speaker],
) -> dict[str, Any]:
    """What the scripts know besides the register: its words, and where to begin."""
    kinds = dict.fromkeys(kind_of(held.name) for held in contents.subjects)
    return {
        "language": language,
        "name": ledger.name,
        **seal,
        "termed": sorted(TERMED),
        "whole": still.WHOLE,
        "shown": {kind: still.shown(kind, contents.vocabulary) for kind in kinds},
        "words": {
            each: {
                "own": speaker.own,
                "names": speaker.names,
                "terms": {name: said[at] for name, said in TERMS.items()},
                "words": {name: said[at] for name, said in WORDS.items()},
                "findings": {name: said[at] for name, said in FINDINGS.items()},
                "months": MONTHS[each],
            }
            for at, (each, speaker) in enumerate(speakers.items())
        },
    }


def _command(day: When, known: int, language: str, year: int | None, *, disclose: bool) -> str:
    """The command that makes the page again."""
    options = (
        f"--as-of {day} --known-at {known}",
        "" if language == LANGUAGES[0] else f"--lang {language}",
        "" if year is None else f"--year {year}",
        "--disclose" if disclose else "",
        "-o FILE",
    )
    return " ".join(("govledger report", *filter(None, options)))


def _details(
    ledger: Ledger,
    register: Register,
    contents: Contents,
    speaker: Speaker,
    day: When,
    *,
    disclose: bool,
) -> Iterator[dict[str, Any]]:
    """The motions one by one, unless there are very many."""
    if len(register.motions) > DETAILED:
        return
    for motion in register.motions.values():
        title = speaker.word("timeline_of", subject=motion.title)
        lanes = lanes_of(contents, motion.subject, speaker)
        drawn = picture(lanes, title, number(day.last))
        why = ledger.why(motion.subject, day, register.known_at)
        yield {
            "id": motion.subject,
            "called": motion.title,
            "status": speaker.term(motion.status or "on-record"),
            "picture": shell.markup(tostring(drawn, encoding="unicode")),
            "steps": tuple(still.steps(why, speaker, disclose=disclose)),
        }
