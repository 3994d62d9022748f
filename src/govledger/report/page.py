"""The page: one file of HTML that answers for any day, without a network.

Here: `page`, which puts together what is gathered, the words, the scripts, and the policy that
lets nothing else run. Not here: what is gathered (`contents`), or what the scripts do with it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from importlib import metadata
from importlib.resources import files
from typing import Any
from xml.etree.ElementTree import tostring

from attrs import evolve

from govledger.audit import Verdict, Verification
from govledger.errors import Problem, StorageError, invalid
from govledger.events import kind_of
from govledger.ledger import Known, Ledger, Moment
from govledger.register import Register
from govledger.report import still
from govledger.report.contents import Contents, Progress, gather, withheld
from govledger.report.days import number
from govledger.report.drawing import picture, style_sheet
from govledger.report.packing import packed
from govledger.report.timelines import lanes_of
from govledger.report.words import FINDINGS, MONTHS, WORDS, long_day
from govledger.speaking import TERMED, Speaker
from govledger.terms import LANGUAGES, TERMS
from govledger.when import Precision, When, when

DETAILED = 200
"""Where there are more motions, whoever reads without a script sees their list alone."""

_SCRIPTS = (
    "data",
    "speaking",
    "elements",
    "asking",
    "telling",
    "timeline",
    "lists",
    "subject",
    "overviews",
    "controls",
    "console",
    "page",
)
"""The scripts, each of which uses only those before it."""

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
    templates = _templates()
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
    script, style = _script(), f"{_file('page.css')}\n{style_sheet()}"
    rendered: str = templates.get_template("page.html").render(
        policy=_policy(script, style),
        style=_safe(style),
        script=_safe(script),
        beginning=_safe(_BEGINNING),
        whole=still.WHOLE,
        page=_data(_page(ledger, contents, language, seal, speakers)),
        seal={**seal, "verdict": speaker.word(verdict)},
        verdict=verdict,
        register=_escaped(first),
        parts=parts,
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
        command=_command(day, known, language, year, disclose=disclose),
        verified=verified,
        meaning=f"means_{_VERDICTS[verified.verdict]}",
        checkpoint=checkpoint,
        moment=speaker.word("as_of", day=long_day(day.text, language), known=known),
        lists=still.lists(register, speaker),
        details=tuple(_details(ledger, register, contents, speaker, day, disclose=disclose)),
    )
    return rendered


def _opening(today: date, year: int | None) -> date:
    """The day on which a page opens unless another is asked for."""
    return today if year is None else min(today, date(year, 12, 31))


_VERSION = metadata.version("govledger")


def _templates() -> Any:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise StorageError(
            Problem(
                code="no-jinja",
                message="a page needs Jinja2, which is not installed",
                hint='pip install "govledger[report]"',
            )
        ) from error
    return Environment(
        loader=PackageLoader("govledger.report", "files"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


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
        why = ledger.why(motion.subject, day, register.known_at)
        yield {
            "id": motion.subject,
            "called": motion.title,
            "status": speaker.term(motion.status or "on-record"),
            "picture": _safe(tostring(picture(lanes, title, number(day.last)), encoding="unicode")),
            "steps": tuple(still.steps(why, speaker, disclose=disclose)),
        }


# --- what may run -----------------------------------------------------------------------


_BEGINNING = 'document.getElementById("reading").hidden = false;'
"""What every browser can do that has scripts: if the others fail, it is too old for them."""


def _script() -> str:
    """The scripts as one, in which no name is anybody else's."""
    inside = "\n".join(_file(f"{name}.js") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{inside}}})();'


def _file(name: str) -> str:
    return files("govledger.report").joinpath("files", name).read_text("utf-8")


def _policy(script: str, style: str) -> str:
    """Nothing is fetched from anywhere, and nothing runs but the script of the page."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(_BEGINNING)}' '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _data(value: object) -> Any:
    return _escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _escaped(text: str) -> Any:
    """JSON that a browser cannot take for markup, wherever it stands."""
    return _safe(text.replace("<", "\\u003c"))


def _safe(text: str) -> Any:
    """Text that is markup, and was not written by people."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - only ours, and JSON without a "<"
