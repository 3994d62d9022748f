"""From a dataset into a ledger, batch after batch, whatever was imported before.

Here: keys, batches, the account, and the translation of positions. Not here: how files are
read, or the formats by their suffixes (`govledger.interchange`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from operator import itemgetter
from typing import Any, Literal, TypedDict, cast

import attrs
from attrs import frozen

from govledger.codec import canonical, payload
from govledger.dataset.content import (
    Dataset,
    Fact,
    Head,
    Item,
    by_place,
)
from govledger.drafts import names
from govledger.errors import (
    GovledgerError,
    InvalidInput,
    Place,
    Problem,
    RuleBreach,
)
from govledger.history import Record
from govledger.integrity.personal import without_texts
from govledger.ledger import Ledger
from govledger.profiles import Named
from govledger.spans import BATCH
from govledger.values import batches


def new_ledger(dataset: Dataset) -> Ledger:
    """An empty ledger in memory, for the association that a dataset speaks of."""
    return Ledger.in_memory(extensions=dataset.vocabulary.extensions, **ledger_options(dataset))


class LedgerOptions(TypedDict, total=False):
    """Arguments of `Ledger.open` that a dataset may give."""

    name: str
    timezone: str
    profile: Named


def ledger_options(dataset: Dataset | Head) -> LedgerOptions:
    """What a dataset says of its ledger, as arguments of `Ledger.open`."""
    head = dataset.head if isinstance(dataset, Dataset) else dataset
    said = attrs.asdict(head, recurse=False)
    return cast("LedgerOptions", {name: value for name, value in said.items() if value})


Mode = Literal["refuse", "flag"]
"""What is done with breaches of the rules (see `Ledger.record`)."""

MOST_PROBLEMS = 1_000
"""How many problems of a file are kept to be told; the rest is counted."""

GOES_ON = "import the file again once it is mended: it goes on from there"
"""How an import that stopped is taken up."""


@frozen(kw_only=True)
class Imported:
    """How far an import has come; `str()` says it in words.

    Of the records `read`, some were `written`, and some `skipped`: an earlier import had
    written them. `last` is the place of the last one that is on record, None where none is.
    `problems` counts what is wrong with the file; from the first of them on nothing is written.
    """

    read: int = 0
    written: int = 0
    skipped: int = 0
    problems: int = 0
    last: Place | None = None

    def __str__(self) -> str:
        if self.last is None:
            return "nothing was imported"
        number = self.written or self.skipped
        records = f"{number:,} record{'' if number == 1 else 's'}"
        upto = f"{records}, up to {self.last.file}:{self.last.line:,},"
        verb = "was" if number == 1 else "were"
        if not self.written:
            return f"nothing was imported; {upto} {verb} on record before"
        rest = f"; {self.skipped:,} before them were on record" if self.skipped else ""
        return f"{upto} {verb} written before{rest}"

    def note(self) -> str:
        """The account that an exception carries."""
        return f"{self}; {GOES_ON}" if self.last else str(self)


def import_facts(
    ledger: Ledger, items: Iterable[Item], *, breaches: Mode = "refuse"
) -> Iterator[Imported]:
    """Record the facts of a file in batches of 1,000, each all or nothing.

    Gives an account after each batch. A batch is written under a key that is the digest of
    all facts up to its end, so what an earlier import wrote is passed over, and the same facts
    are written once. With the first problem the writing ends, and the reading goes on.

    Raises `InvalidInput` with the problems (at most 1,000), or at once `RuleBreach` with each
    breach at the line of its record; a note of the exception holds the account. What was
    written before stays.
    """
    account, found = Imported(), list[Problem]()
    writer = Writer(ledger)
    for facts, problems in _groups(items):
        found += problems[: MOST_PROBLEMS - len(found)]
        account = attrs.evolve(
            account, read=account.read + len(facts), problems=account.problems + len(problems)
        )
        if facts and not account.problems:
            try:
                skipped, _ = writer.write(facts, breaches)
            except GovledgerError as error:
                error.add_note(account.note())
                raise
            account = attrs.evolve(
                account,
                written=account.written + len(facts) - skipped,
                skipped=account.skipped + skipped,
                last=facts[-1].place,
            )
        yield account
    if found:
        refused = InvalidInput(*sorted(found, key=by_place))
        refused.add_note(account.note())
        raise refused


def _groups(items: Iterable[Item]) -> Iterator[tuple[list[Fact], list[Problem]]]:
    """Facts and problems, a batch at a time; why a file cannot be read on is a problem."""
    facts, problems = list[Fact](), list[Problem]()
    try:
        for item in items:
            if isinstance(item, Fact):
                facts.append(item)
            elif isinstance(item, Problem):
                problems.append(item)
            if len(facts) + len(problems) == BATCH:
                yield facts, problems
                facts, problems = [], []
    except InvalidInput as error:
        problems += error.problems
    if facts or problems:
        yield facts, problems


class Runs:
    """The positions of increasing numbers; numbers and positions in step take no room."""

    def __init__(self) -> None:
        self._runs: list[list[int]] = []  # first number, first position, length

    def add(self, number: int, position: int) -> None:
        """Add a number, greater than all before."""
        if self._runs:
            first, start, length = run = self._runs[-1]
            if number == first + length and position == start + length:
                run[2] += 1
                return
        self._runs.append([number, position, 1])

    def get(self, number: int) -> int | None:
        """The position of a number; None where it was not added."""
        at = bisect_right(self._runs, number, key=itemgetter(0)) - 1
        if at < 0:
            return None
        first, start, length = self._runs[at]
        return start + number - first if number < first + length else None


class Writer:
    """Writes the facts of a file to a ledger, batch after batch, those that it lacks."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._keys = _Keys()
        self._known = Runs()
        self._resuming = ledger.head() > 1

    def write(self, facts: Sequence[Fact], breaches: Mode) -> tuple[int, list[range]]:
        """Write a batch, all or nothing.

        Gives how many of its facts an earlier import had written, and the positions of all.
        """
        upto = self._keys.copy()
        keys = upto.of(facts)
        here = self._on_record(facts, keys)
        done = sum(map(len, here))
        self._check_names(facts[:done], here)
        self._learn(facts[:done], here)
        if rest := facts[done:]:
            records = self._import(rest, keys[-1][0], breaches)
            here.append(range(records[0].position, records[-1].position + 1))
            self._learn(rest, here[-1:])
        self._keys, self._resuming = upto, not rest
        return done, here

    def _on_record(self, facts: Sequence[Fact], keys: Sequence[tuple[str, str]]) -> list[range]:
        """Where the first facts of a batch are on record, in order.

        They are so under the key of the last of them. Where an import ended within the batch,
        and the file has grown since, that is under several keys, one for each import.
        """
        here: list[range] = []
        upto = len(keys)
        while upto > 0:
            key, older = keys[upto - 1]
            found = self._ledger.recorded_under(key) or self._ledger.recorded_under(older)
            if found:
                here.insert(0, found)
            elif here:  # with other names, in format 2, whose keys told them
                raise InvalidInput(_other_name(facts[upto - 1], None))
            elif not self._resuming:  # where nothing before is on record, nothing of this is
                break
            upto -= len(found) or 1
        return here

    def _check_names(self, facts: Sequence[Fact], here: Iterable[range]) -> None:
        """Refuse facts that are on record with other personal texts: keys do not tell them."""
        records = (
            record
            for some in here
            for record in self._ledger.log(after=some.start - 1, upto=some.stop - 1)
        )
        problems = [
            _other_name(fact, record.position)
            for fact, record in zip(facts, records, strict=True)
            if not names(record, fact.event)
        ]
        if problems:
            raise InvalidInput(*problems)

    def _learn(self, facts: Sequence[Fact], here: Iterable[range]) -> None:
        positions = (position for some in here for position in some)
        for fact, position in zip(facts, positions, strict=True):
            if fact.number is not None:
                self._known.add(fact.number, position)

    def _import(self, facts: Sequence[Fact], key: str, breaches: Mode) -> tuple[Record, ...]:
        numbers = [fact.number for fact in facts if fact.number is not None]
        try:
            return self._ledger.import_events(
                [fact.event for fact in facts],
                numbers=numbers or None,
                earlier=self._known.get,
                key=key,
                breaches=breaches,
            )
        except RuleBreach as error:
            placed = _placed(error.problems, facts, error.head)
            raise RuleBreach(*placed, head=error.head) from None


def _other_name(fact: Fact, position: int | None) -> Problem:
    record = "a record" if position is None else f"record {position}"
    return Problem(
        code="other-name",
        message=f"{record} has this fact, or one before it, and names somebody else",
        hint=f"put it right by a further record, with corrects: {position or 'its position'}",
        place=fact.place,
    )


class _Keys:
    """The keys of facts: for each the digest of all up to it, and the one of format 2.

    A digest in the log must not tell a name that is erased, so personal texts are left out of
    it; what they are is compared by the ledger. In ledgers of format 2 they were not.
    """

    def __init__(self) -> None:
        self._hashed, self._older = sha256(), sha256()

    def copy(self) -> _Keys:
        """The same keys, to go on from here or not."""
        copied = _Keys()
        copied._hashed, copied._older = self._hashed.copy(), self._older.copy()
        return copied

    def of(self, facts: Iterable[Fact]) -> list[tuple[str, str]]:
        """The keys of the facts that come next."""
        return [
            (self._next(self._hashed, _telling(f)), self._next(self._older, f.said)) for f in facts
        ]

    @staticmethod
    def _next(hashed: Any, said: bytes) -> str:
        hashed.update(said + b"\n")
        return f"facts:{hashed.hexdigest()[:32]}"


def _telling(fact: Fact) -> bytes:
    """What a fact says, but for personal texts."""
    bare = without_texts(fact.event)
    if bare is fact.event:
        return fact.said
    said = payload(bare, packed=False)  # so keys do not change with how a type is stored
    return canonical([fact.number, bare.type, bare.subject, said])


def _placed(problems: Iterable[Problem], facts: Sequence[Fact], head: int) -> tuple[Problem, ...]:
    """Breaches with the place of the record they are about, where it is one of the facts."""
    placed = []
    for problem in problems:
        index = (getattr(problem, "position", None) or 0) - head - 1
        if 0 <= index < len(facts):
            place = facts[index].place_of(*map(str, problem.path))
            problem = attrs.evolve(problem, place=place)
        placed.append(problem)
    return tuple(sorted(placed, key=by_place))


def import_dataset(
    ledger: Ledger, dataset: Dataset, *, breaches: Mode = "refuse"
) -> tuple[Record, ...]:
    """Record a dataset in batches of 1,000, each all or nothing, as `import_facts` does.

    Gives all its records; importing the same dataset again writes nothing. Raises
    `InvalidInput` with the dataset's problems (nothing is written then), or `RuleBreach` with
    each breach at the line of its record.
    """
    if dataset.problems:
        raise InvalidInput(*dataset.problems)
    writer = Writer(ledger)
    whole = ledger.recorded_under(file_key(dataset.digest))
    here = [whole] if whole else []
    if not whole:
        for facts in batches(dataset.entries, BATCH):
            _, some = writer.write(facts, breaches)
            here += some
    return tuple(r for some in here for r in ledger.log(after=some.start - 1, upto=some.stop - 1))


def file_key(digest: str) -> str:
    """The key under which version 0.1 recorded a whole file, whose digest this is."""
    return f"file:{digest[:32]}"


def import_keys(dataset: Dataset) -> frozenset[str]:
    """The keys under which the records of an imported dataset may stand."""
    facts = (key for keys in _Keys().of(dataset.entries) for key in keys)
    return frozenset((file_key(dataset.digest), *facts))
