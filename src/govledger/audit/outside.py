"""What was kept elsewhere: whether the records are those of a checkpoint, and who says so.

Here: comparing roots, what a policy says of a checkpoint, and what both come to. Not here:
signatures and policies themselves (`govledger.integrity`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import frozen

from govledger.audit.report import POLICY, Check, Outcome, Verdict, Verification
from govledger.audit.tree import Tree
from govledger.codec import Columns, Entry, decode, entry_bytes, recorded_at
from govledger.errors import UnreadableRecord, brief
from govledger.events import LedgerOpened
from govledger.integrity.checkpoint import (
    NONE,
    Checkpoint,
    Cosigned,
    Evaluation,
    Policy,
    evaluate,
    parse_checkpoint,
)
from govledger.integrity.merkle import leaf_hash
from govledger.integrity.note import Note

CLOCKS = timedelta(minutes=10)
"""How far the clocks of a ledger and of a witness may be apart."""


@frozen(kw_only=True)
class Outside:
    """What was kept elsewhere: signed checkpoints, and whose word counts, if that is asked."""

    checkpoints: tuple[Note, ...] = ()
    policy: Policy | None = None


def origin_of(first: Entry) -> str:
    """The origin of the ledger that an entry opens: the name of its log in checkpoints.

    It is the one that the record gives; else the ledger's name and a digest of the record, which
    no other ledger has. Raises `UnreadableRecord` where the entry opens no ledger.
    """
    event = decode(first).event
    if isinstance(event, LedgerOpened) and event.origin:
        return event.origin
    name = getattr(event, "name", "ledger").lower()
    slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in name).split())
    return f"{slug[:100] or 'ledger'}/{leaf_hash(entry_bytes(first)).hex()[:16]}"


def size_of(note: Note) -> int:
    """How many records a checkpoint speaks of; raises `InvalidInput` where it is none."""
    return parse_checkpoint(note.text).size


def with_outside(
    checks: tuple[Check, ...], tree: Tree, outside: Outside, remark: str = ""
) -> Verification:
    """The report, with what checkpoints and the policy say; `remark` limits what was looked at."""
    if not outside.checkpoints:
        unkept = "none given: agreement with itself is all that can be shown"
        unkept_checks = [Check(Outcome.SKIP, "checkpoint", unkept)]
        if outside.policy is not None:
            told = "not asked: it speaks of checkpoints, and none is given"
            unkept_checks.append(Check(Outcome.SKIP, POLICY, told))
        return Verification((*checks, *unkept_checks), limits=remark)
    reached = [(Verdict.SELF_CONSISTENT, tree.size)]
    more: list[Check] = []
    for note in outside.checkpoints:
        kept = parse_checkpoint(note.text)
        found = None if outside.policy is None else evaluate(outside.policy, note)
        if found is not None and (found.forged or found.log is None):
            told = f"{kept.size} records: not compared: nobody vouches for it"
            more.append(Check(Outcome.SKIP, "checkpoint", told))
        else:
            more.append(_compared(kept, tree))
            if kept.size and more[-1].outcome is Outcome.OK:
                reached.append((_strength(outside.policy, found), kept.size))
        if found is not None:
            more.append(_judged(found, _entry(tree.last.get(kept.size))))
    if outside.policy is None:
        told = "none given: signatures and witnesses were not looked at"
        more.append(Check(Outcome.SKIP, POLICY, told))
    unmet = any(check.outcome is Outcome.FAIL for check in more)
    if unmet:
        reached = [(min(verdict, Verdict.EXTENDS, key=_RANKS.index), n) for verdict, n in reached]
    strongest, size = max(reached, key=lambda one: (_RANKS.index(one[0]), one[1]))
    limits = (
        remark,
        f"up to record {size} of {tree.size}" if size < tree.size else "",
        "but the policy is not met" if unmet else "",
    )
    return Verification((*checks, *more), strongest, limits=", ".join(filter(None, limits)))


def _entry(columns: Columns | None) -> Entry | None:
    return None if columns is None else Entry(*columns)


_RANKS = tuple(Verdict)


def _strength(policy: Policy | None, found: Evaluation | None) -> Verdict:
    """What agreement with a checkpoint shows.

    The log's own signature makes it no stronger, for whoever alters a ledger may hold its key.
    """
    if policy is None or policy.quorum == NONE or not found:
        return Verdict.EXTENDS
    return Verdict.WITNESSED


def _compared(kept: Checkpoint, tree: Tree) -> Check:
    """Whether the first records are those of a checkpoint."""
    try:
        origin = "" if tree.first is None else origin_of(Entry(*tree.first))
    except UnreadableRecord:
        origin = ""
    root = tree.roots.get(kept.size)
    if kept.origin != origin:
        wrong = f"it is of {brief(kept.origin)}, and this is {brief(origin)}: {_OTHER}"
    elif root is None:
        wrong = f"it speaks of {kept.size} records, and there are {tree.size}: some were cut off"
    elif root != kept.root:
        wrong = f"the first {kept.size} records are not those that it was made of"
    else:
        since = tree.size - kept.size
        rest = f"; {since} came since" if since else ""
        told = f"the first {kept.size} records are those that it was made of{rest}"
        return Check(Outcome.OK, "checkpoint", told)
    return Check(Outcome.FAIL, "checkpoint", wrong)


_OTHER = "another ledger, or its first record was altered"


def _judged(found: Evaluation, last: Entry | None) -> Check:
    """What the policy says of a checkpoint."""
    early = next((each for each in found.cosigned if last and _is_early(each, last)), None)
    if early is not None and last is not None:
        return Check(
            Outcome.FAIL,
            POLICY,
            f"record {last.position} says that it was recorded after {brief(early.name)}"
            " witnessed it: a clock is wrong",
        )
    return vouched(found)


def vouched(found: Evaluation) -> Check:
    """Who vouches for a checkpoint, by a policy."""
    if found.problems or found.log is None:
        return Check(Outcome.FAIL, POLICY, "; ".join(found.problems))
    times = ((each.name, _moment(each).isoformat()[:-6]) for each in found.cosigned)
    witnesses = ", ".join(f"{name} ({time}Z)" for name, time in times)
    told = f"witnessed by {witnesses}" if witnesses else "no witness was asked for"
    return Check(Outcome.OK, POLICY, f"signed by {found.log.name}; {told}")


def _moment(cosigned: Cosigned) -> datetime:
    return datetime.fromtimestamp(min(cosigned.time, _LAST), UTC)


_LAST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def _is_early(cosigned: Cosigned, last: Entry) -> bool:
    """Whether a witness saw a record before that says it was made."""
    try:
        return recorded_at(last) > _moment(cosigned) + CLOCKS
    except (UnreadableRecord, OverflowError):
        return False
