"""The commands that ask: list, due, show, log, diff.

Here: their options, columns and order. Not here: answers; the register and the ledger give
them.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from govledger.cli.access import find, opened, speaker_of
from govledger.cli.options import (
    Moment,
    Subject,
    as_of,
    formats,
    known_at,
    settings,
    shared,
)
from govledger.cli.output import Speaker, emit, emit_json, heading, message, table
from govledger.codec import exported
from govledger.errors import did_you_mean
from govledger.events import RecordRetracted
from govledger.extension import Projecting
from govledger.history import Reason, Record, withdrawals
from govledger.ledger import Ledger
from govledger.register import Register, fields_of, plain_row
from govledger.state import BlockadeStatus, MandateStatus, ProposalStatus, Status
from govledger.vocabulary import Vocabulary
from govledger.when import When, datetime_of, day_end, day_of, view_instant

COLUMNS = {
    "motions": ("id", "title", "status", "since", "force"),
    "mandates": ("id", "task", "addressee", "status", "due", "deadline"),
    "blockades": ("id", "status", "since", "by", "release_condition", "conditions_met"),
    "proposals": ("id", "text", "by", "status"),
    "meetings": ("on", "id", "title", "body", "place"),
}
"""The columns of the tables; other formats carry every field."""

_STATUSES: dict[str, tuple[str, ...]] = {
    "motions": tuple(Status),
    "mandates": tuple(MandateStatus),
    "blockades": tuple(BlockadeStatus),
    "proposals": tuple(ProposalStatus),
    "meetings": (),
}


class Listed(click.ParamType):  # type: ignore[type-arg] # generic in newer clicks only
    """What can be listed: kinds of subject, and the projections of extensions."""

    name = "KIND"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from govledger.cli.extensions import vocabulary

        names = (*vocabulary().listed, *vocabulary().projections)
        if value not in names:
            self.fail(f'nothing is listed as "{value}"; {did_you_mean(str(value), names)}')
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from govledger.cli.extensions import vocabulary

        names = (*vocabulary().listed, *vocabulary().projections)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _complete_status(_: object, __: object, start: str) -> list[str]:
    from govledger.cli.extensions import vocabulary

    words = {word for kind in vocabulary().listed for word in statuses(kind, vocabulary())}
    return sorted(word for word in words if word.startswith(start))


def statuses(kind: str, known: Vocabulary) -> tuple[str, ...]:
    """The words for the states of what is listed."""
    return _STATUSES[kind] if kind in _STATUSES else known.statuses(known.listed[kind])


@click.command(name="list")
@shared
@formats
@click.argument("kind", type=Listed(), default="motions", metavar="[KIND]")
@as_of
@known_at
@click.option(
    "--status",
    shell_complete=_complete_status,
    help="Only those of this status, such as held-over.",
)
@click.option("--meeting", type=Subject(), help="Only the motions of this meeting.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many: one page.")
@click.option("--after", type=Subject(), help="The page that comes after this subject.")
def list_command(
    kind: str,
    as_of: When | None,
    known_at: Any,
    status: str | None,
    meeting: str | None,
    limit: int | None,
    after: str | None,
) -> None:
    """The register on a date.

    KIND is motions (unless given), mandates, blockades, proposals or meetings, or what an
    installed extension adds. They stand in the order in which the log first mentions them.

    \b
    Examples:
      govledger list
      govledger list motions --as-of 2018-11-30 --lang nl
      govledger list mandates --as-of 2019-03-01 --format csv
      govledger list motions --as-of 2018-11-30 --known-at 40 --status held-over
      govledger list --meeting balv-2018 --limit 5 --after motion/rob-i
    """
    if meeting is not None and kind != "motions":
        raise click.UsageError("--meeting narrows down motions; leave it out, or list motions")
    with opened() as ledger:
        speaker = speaker_of(ledger)
        if kind in ledger.vocabulary.projections:
            if (status, limit, after) != (None, None, None):
                raise click.UsageError(
                    f"--status, --limit and --after narrow down subjects; {kind} is a projection"
                )
            _projected(ledger, ledger.vocabulary.projections[kind], as_of, known_at)
            return
        register = ledger.as_of(
            as_of,
            known_at,
            kind=ledger.vocabulary.listed[kind],
            status=_status(kind, status, speaker, ledger.vocabulary),
            meeting=meeting,
            after=after,
            limit=limit,
        )
        title = f"{speaker.word(kind)} {_moment(register, speaker)}"
        nothing = "no_match" if status or meeting or after else "nothing"
        emit(
            register.listing(kind),
            _columns(kind, ledger.vocabulary),
            speaker,
            title=title,
            nothing=nothing,
        )
        hidden = len(fields_of(ledger.vocabulary.listed[kind], ledger.vocabulary)) - MOST_COLUMNS
        if kind not in COLUMNS and hidden > 0 and settings().format == "table":
            message(speaker.word("more_fields", count=hidden))
        count = len(ledger.breaches(as_of, known_at))
        if count:
            message(speaker.word("breaches", count=count))


def _projected(
    ledger: Ledger, projection: Projecting[Any], as_of: When | None, known_at: Any
) -> None:
    """Print what a projection of an extension comes to."""
    found = ledger.project(projection, as_of, known_at)
    try:
        rows = [plain_row(row) for row in found]
        json.dumps(rows)  # what one format cannot hold, none prints
    except TypeError as error:
        raise click.ClickException(
            f"the projection {projection.name} gives no list of rows that can be printed: {error}"
        ) from error
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    emit(rows, columns, speaker_of(ledger), nothing="nothing")


def _columns(kind: str, known: Vocabulary) -> tuple[str, ...]:
    """The columns of a table; of an extension's subjects the first few of their fields."""
    if kind in COLUMNS:
        return COLUMNS[kind]
    return fields_of(known.listed[kind], known)[:MOST_COLUMNS]


MOST_COLUMNS = 6
"""How many fields of an extension's subjects a table shows."""


def _status(kind: str, given: str | None, speaker: Speaker, known: Vocabulary) -> str | None:
    """A status of that kind from its word, or from what a table prints for it."""
    words = statuses(kind, known)
    if given is None or (not words and kind not in _STATUSES):
        return given
    printed = {speaker.term(word): word for word in words}
    if given in words:
        return given
    if given in printed:
        return printed[given]
    raise click.UsageError(f'no status "{given}" there; {did_you_mean(given, words)}')


def _moment(register: Register, speaker: Speaker) -> str:
    day = day_of(register.as_of, register.zone)
    if register.as_of == day_end(day, register.zone):
        asked = day.isoformat()
    else:
        asked = datetime_of(register.as_of).astimezone(register.zone).isoformat()
    return speaker.word("register_on", day=asked, known=register.known_at)


@click.command(name="due")
@shared
@formats
@as_of
@known_at
def due_command(as_of: When | None, known_at: Any) -> None:
    """Mandates with a deadline: open, due, overdue.

    Most pressing first. Overdue means that no completion is on record; it never says that
    nothing was done.

    \b
    Examples:
      govledger due
      govledger due --as-of 2019-03-01
    """
    with opened() as ledger:
        register = ledger.as_of(as_of, known_at)
        speaker = speaker_of(ledger)
        rows = [described(register, mandate.subject) for mandate in register.due()]
        columns = ("id", "due", "deadline", "task", "motion")
        emit(rows, columns, speaker, title=_moment(register, speaker))
        if any(row["deadline"] == "overdue" for row in rows):
            message(speaker.word("overdue_means"))


def described(register: Register, subject: str) -> dict[str, Any]:
    """A subject of a register, described; empty where nothing was on record."""
    return register.describe(subject) or {}


@click.command(name="show")
@shared
@formats
@click.argument("subject", type=Subject())
@as_of
@known_at
def show_command(subject: str, as_of: When | None, known_at: Any) -> None:
    """One subject, and the records behind it.

    \b
    Examples:
      govledger show motion/rob-i --as-of 2018-11-30
      govledger show mandate/ssa-ii.3 --as-of 2019-03-01 --format json
    """
    with opened() as ledger:
        speaker = speaker_of(ledger)
        explanation = ledger.why(find(ledger, subject), as_of, known_at)
        if settings().format != "table":
            whole = {
                "id": explanation.subject,
                "state": explanation.description,
                "records": [reason_row(reason) for reason in explanation.reasons],
                "about": {
                    name: [reason_row(reason) for reason in reasons]
                    for name, reasons in explanation.about
                },
            }
            if settings().format == "json":
                emit_json(whole)
            else:
                emit([whole], tuple(whole), speaker)
            return
        if explanation.description is None:
            asked = {"day": as_of or ledger.today(), "known": ledger.known_at(known_at)}
            click.echo(speaker.word("not_on_record", subject=explanation.subject, **asked))
        else:
            _sheet(explanation.description, speaker)
        if explanation.reasons:
            heading(speaker.word("records"))
            reasons_table(explanation.reasons, speaker)
        for name, reasons in explanation.about:
            heading(speaker.word("about", subject=name))
            reasons_table(reasons, speaker)


def _sheet(description: dict[str, Any], speaker: Speaker) -> None:
    click.secho(description["id"], bold=True)
    told = {k: v for k, v in description.items() if k != "id" and v not in (None, [], "", False)}
    width = max(len(speaker.word(name)) for name in told)
    for name, value in told.items():
        click.echo(f"  {speaker.word(name):<{width}}  {speaker.value(value, name)}")


def reason_row(reason: Reason) -> dict[str, Any]:
    """A record with the part it plays, as plain values."""
    return {
        **exported(reason.record),
        "decides": reason.decides,
        "late": reason.late,
        "withdrawn_by": reason.withdrawn_by,
    }


def reasons_table(reasons: Iterable[Reason], speaker: Speaker) -> None:
    """Records with the part they play, as a table."""
    rows = [
        {**_log_row(reason.record, speaker), "note": _remarks(reason, speaker)}
        for reason in reasons
    ]
    table(rows, ("position", "on", "type", "source", "note"), speaker)


def _remarks(reason: Reason, speaker: Speaker) -> str:
    """The part a record plays, and what it says besides."""
    parts = [_taken_back(reason.withdrawn_by, reason.reason, speaker)]
    if reason.decides:
        parts.append(f"▸ {speaker.word('decides')}")
    if reason.late:
        parts.append(speaker.word("late"))
    return "\n".join(part for part in (*parts, _said(reason.record, speaker)) if part)


def _taken_back(by: int | None, reason: str | None, speaker: Speaker) -> str:
    if by is None:
        return ""
    if reason is None:
        return speaker.word("corrected", by=by)
    return f"{speaker.word('withdrawn', by=by)}: {reason}"


def _said(record: Record, speaker: Speaker) -> str:
    """What a record says of other records, and its note."""
    parts = (_about_records(record, speaker), record.event.note)
    return "\n".join(part for part in parts if part)


def _about_records(record: Record, speaker: Speaker) -> str:
    event = record.event
    parts = []
    if event.corrects is not None:
        parts.append(speaker.word("corrects", position=event.corrects))
    if isinstance(event, RecordRetracted):
        parts.append(f"{speaker.word('retracts', position=event.position)}: {event.reason}")
    return "\n".join(parts)


def _log_row(record: Record, speaker: Speaker) -> dict[str, Any]:
    cited = record.event.source
    source = ""
    if cited is not None:
        span = f" {cited.span[0]}–{cited.span[1]}" if cited.span else ""
        source = f"{cited.named}{span}, {speaker.term(cited.assertion)}"
    return {
        "position": record.position,
        "recorded_at": record.recorded_at.strftime("%Y-%m-%d %H:%M"),
        "on": record.on.text,
        "type": record.type,
        "subject": record.subject,
        "source": source,
    }


@click.command(name="log")
@shared
@formats
@click.argument("subject", type=Subject(), required=False)
@click.option("--from", "start", type=Moment(), help="From this day or instant on.")
@click.option("--to", "end", type=Moment(), help="Up to this day (to its end) or instant.")
@click.option(
    "--by",
    type=click.Choice(["on", "recorded"]),
    default="recorded",
    show_default=True,
    help="Order and select by when it happened, or by when it was recorded.",
)
def log_command(subject: str | None, start: When | None, end: When | None, by: str) -> None:
    """The records, in the order they were made.

    Or, `--by on`, in the order things happened. `--format jsonl` prints one exported record
    a line; to import them elsewhere, `govledger export` writes them all.

    \b
    Examples:
      govledger log
      govledger log motion/rob-i
      govledger log --by on --from 2018-11-06 --to 2018-11-30
      govledger log --format jsonl
    """
    with opened() as ledger:
        speaker = speaker_of(ledger)
        name = None if subject is None else find(ledger, subject)
        records = list(ledger.log(subject=name))
        chosen = _between(records, ledger, start, end, by)
        if settings().format == "jsonl":
            from govledger.interchange import jsonl

            jsonl.write(chosen, sys.stdout.buffer)
        elif settings().format != "table":
            emit([exported(record) for record in chosen], (), speaker)
        else:
            _log_table(chosen, records, speaker)


def _log_table(chosen: Iterable[Record], records: list[Record], speaker: Speaker) -> None:
    withdrawn = withdrawals(records)
    events = {record.position: record.event for record in records}
    rows = []
    for record in chosen:
        by = withdrawn.get(record.position)
        taker = None if by is None else events[by]
        reason = taker.reason if isinstance(taker, RecordRetracted) else None
        remarks = (_taken_back(by, reason, speaker), _about_records(record, speaker))
        rows.append({**_log_row(record, speaker), "note": "\n".join(filter(None, remarks))})
    narrow = shutil.get_terminal_size((NARROW, 0)).columns < NARROW
    columns = ("position", "on", "type", "subject", "source", "note")
    emit(rows, columns if narrow else ("position", "recorded_at", *columns[1:]), speaker)


NARROW = 100
"""Below this width, in characters, the log leaves out when records were made."""


def _between(
    records: Iterable[Record], ledger: Ledger, start: When | None, end: When | None, by: str
) -> list[Record]:
    first = None if start is None else start.earliest(ledger.zone)
    last = None if end is None else view_instant(end, ledger.zone)
    keyed = [(_instant(record, ledger, by), record.position, record) for record in records]
    chosen = [
        row
        for row in keyed
        if (first is None or row[0] >= first) and (last is None or row[0] <= last)
    ]
    return [record for _, _, record in sorted(chosen, key=lambda row: row[:2])]


def _instant(record: Record, ledger: Ledger, by: str) -> int:
    if by == "on":
        return record.on.counts_from(ledger.zone)
    return view_instant(record.recorded_at, ledger.zone)


@click.command(name="diff")
@shared
@formats
@click.argument("before", type=Moment(), metavar="D1")
@click.argument("after", type=Moment(), metavar="D2")
@known_at
@click.option("--exit-code", is_flag=True, help="Exit with 3 where anything changed.")
def diff_command(before: When, after: When, known_at: Any, exit_code: bool) -> None:  # noqa: FBT001
    """What changed between two dates.

    \b
    Examples:
      govledger diff 2018-11-29 2018-11-30
      govledger diff 2018-11-30 2019-03-01 --exit-code
    """
    with opened() as ledger:
        speaker = speaker_of(ledger)
        rows = [
            {"id": c.subject, "field": c.field, "before": c.before, "after": c.after}
            for c in ledger.diff(before, after, known_at)
            if c.field not in _DERIVED
        ]
        if settings().format == "table":
            shown = [_change(row, speaker) for row in rows]
            if shown:
                table(shown, ("id", "field", "before", "after"), speaker)
            else:
                click.echo(speaker.word("no_change"))
        else:
            emit(rows, ("id", "field", "before", "after"), speaker)
    if rows and exit_code:
        raise SystemExit(3)


_DERIVED = ("since", "submitted_on", "decided_on")
"""Fields that change only because another one does."""


def _change(row: dict[str, Any], speaker: Speaker) -> dict[str, Any]:
    name = row["field"] or "status"
    absent = speaker.word("new") if not row["field"] else "–"
    return {
        "id": row["id"],
        "field": speaker.word(name),
        "before": absent if row["before"] is None else speaker.value(row["before"], name),
        "after": absent if row["after"] is None else speaker.value(row["after"], name),
    }
