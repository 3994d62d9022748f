"""Votes: who chose what with how many votes, what that comes to, and who may vote on a day.

Here: `Vote`, `Tally` and `Electorate`, how they are read from CSV, and how a roll call is packed
to be stored. Not here: what a majority is (`rules`), or how names are sealed.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Self, TypeVar

from attrs import evolve, field, frozen
from attrs.converters import optional

from govledger.errors import InvalidInput, Problem, brief, invalid, nearest
from govledger.sheets import Row, rows
from govledger.values import PERSONAL, Sealed, count, line, one_of, personal, several, structure
from govledger.when import When, when

_T = TypeVar("_T")


class Choice(StrEnum):
    """What a member chose in a vote.

    >>> from govledger import Choice
    >>> [str(word) for word in Choice]
    ['in-favour', 'against', 'abstained', 'absent']
    """

    IN_FAVOUR = "in-favour"
    AGAINST = "against"
    ABSTAINED = "abstained"
    ABSENT = "absent"


def _choice(value: str) -> Choice:
    return one_of(Choice, value, "unknown-choice", "a choice")


@frozen
class Vote:
    """One member's line of a roll call: who, what, and with how many votes.

    >>> Vote("Ede", "against", 12).choice
    <Choice.AGAINST: 'against'>
    """

    member: str = field(converter=personal, metadata=PERSONAL)
    choice: Choice = field(converter=_choice)
    weight: int = field(default=1, converter=count)


def _vote(value: Vote | Mapping[str, object]) -> Vote:
    return structure(Vote, value)


def _roll_call(value: Iterable[Vote | Mapping[str, object]]) -> tuple[Vote, ...]:
    """A roll call, member by member or packed."""
    if isinstance(value, Mapping) and "members" in value:
        value = _unpacked(value)
    return several(value, _vote)


@frozen(kw_only=True)
class Tally:
    """The count of a vote, in whole votes (members, or their weights).

    `in_favour` and `against` are votes cast, `abstained` and `absent` are not. `unit` says what is
    counted; `electorate` how many votes there are in all, on the day of the vote; `roll_call` holds
    the members' votes, where they are known. `called_twice` is how many of these are by members who
    were called before: the ledger counts them when it seals the names, for nobody can afterwards.
    Raises `InvalidInput` for anything but whole numbers.

    >>> from govledger import Tally
    >>> Tally(in_favour=31, against=12, unit="members").electorate is None
    True
    """

    in_favour: int = field(converter=count)
    against: int = field(converter=count)
    abstained: int = field(default=0, converter=count)
    absent: int = field(default=0, converter=count)
    unit: str = field(default="votes", converter=line)
    electorate: int | None = field(default=None, converter=optional(count))
    roll_call: tuple[Vote, ...] = field(default=(), converter=_roll_call)
    called_twice: int = field(default=0, converter=count)

    @classmethod
    def of(
        cls,
        votes: Iterable[Vote | Mapping[str, object]],
        *,
        unit: str = "votes",
        electorate: int | None = None,
    ) -> Self:
        """What `votes` come to: a tally with these as its roll call.

        Each choice counts as many votes as its members have together; `unit` says what is
        counted. `electorate` is how many
        there are in all, where that is known. Raises `InvalidInput` with all that is wrong with
        the votes.

        >>> from govledger import Tally, Vote
        >>> tally = Tally.of([Vote("Ede", "in-favour", 12), Vote("Goes", "against", 4)])
        >>> tally.in_favour, tally.against, len(tally.roll_call)
        (12, 4, 2)
        """
        called = _roll_call(votes)
        return cls(**_sums(called), unit=unit, electorate=electorate, roll_call=called)

    @classmethod
    def from_csv(
        cls,
        text: str,
        *,
        electorate: Electorate | None = None,
        unit: str = "votes",
        roll_call: bool = True,
        name: str = "votes.csv",
    ) -> Self:
        r"""The tally of a list of votes in CSV: columns member and choice, and perhaps weight.

        `text` is the list, `unit` says what is counted.
        With an `electorate` each member has the weight that it gives, and who does not vote is
        absent; a weight in the list must be the same. Without one the list holds all members,
        and who has no choice is absent. In both cases the `electorate` of the tally is the sum
        of all weights. The roll call has the order of the list, then that of the electorate;
        `roll_call=False` leaves it out, as for a secret ballot. `name` is what messages call
        the list.

        Headings and choices may be Dutch: lid, stem, gewicht; voor, tegen, onthouden, afwezig.
        Separators may be commas, semicolons or tabs. Raises `InvalidInput` with every problem,
        each with its line and column.

        >>> from govledger import Tally, Vote
        >>> tally = Tally.from_csv("lid;stem;gewicht\nEde;voor;12\nGoes;tegen;4\nJoure;;2")
        >>> tally.in_favour, tally.against, tally.absent, tally.electorate
        (12, 4, 2, 18)
        >>> tally.roll_call[2]
        Vote(member='Joure', choice=<Choice.ABSENT: 'absent'>, weight=2)
        """
        called = tuple(_votes(text, electorate, name))
        total = sum(vote.weight for vote in called)
        return cls(
            **_sums(called), unit=unit, electorate=total, roll_call=called if roll_call else ()
        )

    def noted(self) -> Tally:
        """The same, with the members counted that were called twice, as far as names can be read.

        >>> from govledger import Tally, Vote
        >>> Tally.of([Vote("Ede", "in-favour"), Vote("Ede", "against")]).noted().called_twice
        1
        """
        names = [v.member for v in self.roll_call if not isinstance(v.member, Sealed)]
        twice = max(self.called_twice, len(names) - len(set(names)))
        return self if twice == self.called_twice else evolve(self, called_twice=twice)


def tally(value: Tally | Mapping[str, object]) -> Tally:
    """`value` as a `Tally`."""
    return structure(Tally, value)


def called(votes: Iterable[Vote]) -> Mapping[Choice, int]:
    """How many votes each choice has in a roll call."""
    found = dict.fromkeys(Choice, 0)
    for vote in votes:
        found[vote.choice] += vote.weight
    return found


def _sums(votes: Iterable[Vote]) -> dict[str, int]:
    return {choice.name.lower(): number for choice, number in called(votes).items()}


# --- packed -----------------------------------------------------------------------------

_SIGNS = {"+": "in-favour", "-": "against", "0": "abstained", "x": "absent"}
"""The choices of a packed roll call, one character each."""

_SIGN_OF = {choice: sign for sign, choice in _SIGNS.items()}


def packed(votes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A roll call in JSON, member by member, as it is stored: in columns, in the same order.

    >>> packed([{"member": "Ede", "choice": "in-favour", "weight": 12},
    ...         {"member": "Goes", "choice": "against"}])
    {'choices': '+-', 'members': ['Ede', 'Goes'], 'weights': [12, 1]}
    """
    weights = [vote.get("weight", 1) for vote in votes]
    columns = {
        "choices": "".join(_SIGN_OF[vote["choice"]] for vote in votes),
        "members": [vote["member"] for vote in votes],
    }
    return columns if set(weights) <= {1} else columns | {"weights": weights}


def _unpacked(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The votes of a packed roll call; raises `InvalidInput` where it is none."""
    extra = columns.keys() - {"choices", "members", "weights"}
    choices, members = columns.get("choices"), columns["members"]
    if (
        extra
        or not isinstance(choices, str)
        or not isinstance(members, list | tuple)
        or not isinstance(weights := columns.get("weights", [1] * len(members)), list | tuple)
        or not len(choices) == len(members) == len(weights)
        or not set(choices) <= _SIGNS.keys()
    ):
        raise invalid(
            "not-a-roll-call",
            "these are not the columns of a roll call",
            "write members, choices with a sign for each (+ in favour, - against, 0 abstained,"
            " x absent), and weights if they are not all 1; or a list of {member, choice}",
        )
    return [
        {"member": member, "choice": _SIGNS[sign], "weight": weight}
        for member, sign, weight in zip(members, choices, weights, strict=True)
    ]


# --- read from CSV ----------------------------------------------------------------------

_HEADINGS = {
    "member": ("member", "lid"),
    "choice": ("choice", "stem"),
    "weight": ("weight", "gewicht"),
    "from": ("from", "vanaf"),
    "until": ("until", "tot en met", "t/m"),
}
"""The headings of columns; "tot" is none, for it leaves out the day itself."""

_WORDS = {
    "in-favour": ("in-favour", "in favour", "for", "yes", "voor", "ja"),
    "against": ("against", "no", "tegen", "nee"),
    "abstained": ("abstained", "abstain", "onthouden", "onthouding"),
    "absent": ("absent", "afwezig", ""),
}
"""What may stand for a choice in a list of votes."""

_CHOICES = {word: Choice(choice) for choice, words in _WORDS.items() for word in words}

_MOST_PROBLEMS = 1_000
"""After so many, a file is read no further."""

_MOST_LIKENED = 50_000
"""How many names unknown ones are likened to, in all: it takes some seconds."""


def _weights(value: Mapping[str, int]) -> dict[str, int]:
    return {personal(member): count(weight) for member, weight in value.items()}


@frozen
class Electorate:
    """Who may vote, and with how many votes each: a register of members as it is on one day.

    `members` has the votes of each. It is a value: what becomes of the register later changes
    nothing in it, nor in a tally that was made with it.

    >>> from govledger import Electorate
    >>> Electorate({"Ede": 12, "Goes": 4}).members["Ede"]
    12
    """

    members: Mapping[str, int] = field(converter=_weights, hash=False)

    @classmethod
    def from_csv(
        cls, text: str, *, on: When | str | date | None = None, name: str = "members.csv"
    ) -> Self:
        r"""The members of a register in CSV, `text`, that are members on a day.

        The columns are member, and perhaps weight (a vote each where there is none), from and
        until (days, both included; empty where there is no such end). A member may stand
        there more than once, for periods that do not overlap. `on` is the day, and is needed
        where there are periods; a time of day in it is passed over. `name` is what messages
        call the register.

        Headings may be Dutch: lid, gewicht, vanaf, tot en met. Raises `InvalidInput` with every
        problem of the whole register, each with its line and column.

        >>> from govledger import Electorate
        >>> register = "lid;gewicht;vanaf;tot en met\nEde;11;;2019-12-31\nEde;12;2020-01-01;"
        >>> Electorate.from_csv(register, on="2019-12-31").members
        {'Ede': 11}
        """
        return cls(_members(text, on, name))

    @property
    def total(self) -> int:
        """How many votes there are in all.

        >>> from govledger import Electorate
        >>> Electorate({"Ede": 12, "Goes": 4}).total
        16
        """
        return sum(self.members.values())

    def differences(self, tally: Tally) -> tuple[Problem, ...]:
        """Where a `tally` does not have this electorate; empty where all agrees.

        To check a tally on record against the register of its day: its roll call must call each
        member once, with the same weight, and its `electorate` must be their sum. A name that
        cannot be read (it was erased, or is withheld) passes for a member of the same weight
        that is not called otherwise.

        >>> from govledger import Electorate, Tally, Vote
        >>> council = Electorate({"Ede": 12, "Goes": 4})
        >>> tally = Tally.of([Vote("Ede", "in-favour", 11)], electorate=16)
        >>> for problem in council.differences(tally): print(problem.message)
        "Ede" was called with 11 votes, and has 12
        "Goes" was not called
        """
        return tuple(_differences(self, tally))


def _differs(message: str, *path: str | int) -> Problem:
    hint = "is this the register of that day?"
    return Problem(code="other-electorate", message=message, hint=hint, path=path)


def _differences(electorate: Electorate, tally: Tally) -> Iterator[Problem]:
    members = electorate.members
    if tally.electorate != electorate.total:
        message = f"the tally is of {tally.electorate} votes, and there are {electorate.total}"
        yield _differs(message, "electorate")
    if not tally.roll_call:
        return
    times = Counter(v.member for v in tally.roll_call if not isinstance(v.member, Sealed))
    left = Counter(weight for name, weight in members.items() if name not in times)
    for index, vote in enumerate(tally.roll_call):
        name, weight = vote.member, vote.weight
        path = ("roll_call", index)
        if isinstance(name, Sealed):
            left[weight] -= 1
            if left[weight] < 0:
                yield _differs(f"no member is left who has {weight} votes", *path)
        elif name not in members:
            yield _differs(f"{brief(name)} was called, and is no member", *path)
        elif members[name] != weight:
            has = members[name]
            message = f"{brief(name)} was called with {weight} votes, and has {has}"
            yield _differs(message, *path)
    yield from _called_wrongly(members, times, left)


def _called_wrongly(
    members: Mapping[str, int], times: Mapping[str, int], left: Mapping[int, int]
) -> Iterator[Problem]:
    """Who was called more than once, or not at all; `left` is how many of a weight were not."""
    for name, number in times.items():
        if number > 1:
            yield _differs(f"{brief(name)} was called {number} times", "roll_call")
    silent: dict[int, list[str]] = {}
    for name, weight in members.items():
        if name not in times:
            silent.setdefault(weight, []).append(name)
    for weight, names in silent.items():
        if left[weight] == len(names):
            yield from (_differs(f"{brief(name)} was not called", "roll_call") for name in names)
        elif left[weight] > 0:
            message = f"{left[weight]} of {len(names)} members with {weight} votes were not called"
            yield _differs(message, "roll_call")


class _Reading:
    """Reads the cells of a table, collecting every problem on the way."""

    def __init__(self, text: str, name: str, wanted: Sequence[str], needed: Sequence[str]) -> None:
        columns = {column: _HEADINGS[column] for column in wanted}
        self.problems: list[Problem] = []
        self._rows = rows(text, name, columns, needed, self.problems)

    def rows(self) -> Iterator[Row]:
        """Its rows. Raises `InvalidInput` after the last where anything is wrong."""
        for row in self._rows:
            yield row
            if len(self.problems) >= _MOST_PROBLEMS:
                break
        if self.problems:
            raise InvalidInput(*sorted(self.problems, key=_by_place))

    def take(self, row: Row, column: str, convert: Callable[[str], _T]) -> _T | None:
        """What a cell converts to; None where it has a problem."""
        try:
            return convert(row.cells[column])
        except InvalidInput as error:
            at = row.place(column)
            self.problems += [evolve(problem, place=at, path=()) for problem in error.problems]
            return None

    def fault(self, row: Row, code: str, column: str, message: str, hint: str) -> None:
        self.problems.append(row.fault(column, code, message, hint))


def _by_place(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


def _weight(text: str) -> int:
    if text == "":
        raise invalid("not-a-count", "there is no weight", "write how many votes the member has")
    return count(text)


def _word(text: str) -> Choice:
    found = _CHOICES.get(" ".join(text.casefold().split()))
    if found is None:
        hint = nearest(text.casefold(), _CHOICES) or (
            "write in-favour, against, abstained or absent; or voor, tegen, onthouden or afwezig"
        )
        raise invalid("unknown-choice", f"{brief(text)} is not a choice", hint)
    return found


def _day(value: When | str | date) -> date:
    """The day of a time that has one."""
    moment = when(value)
    if moment.upto or moment.first != moment.last:
        raise invalid("not-a-period", f'"{moment}" is not one day', "write it as 2018-11-30")
    return moment.first


def _bound(text: str) -> date | None:
    """A day in a register; None where it has no such end."""
    if not text:
        return None
    try:
        return _day(text)
    except InvalidInput:
        hint = "write it as 2018-11-30"
        raise invalid("not-a-period", f"{brief(text)} is not a day", hint) from None


def _members(text: str, on: When | str | date | None, name: str) -> dict[str, int]:
    """The members of a register on a day, and the votes of each."""
    reading = _Reading(text, name, ("member", "weight", "from", "until"), ["member"])
    day = None if on is None else _day(on)
    found: dict[str, int] = {}
    periods: dict[str, list[tuple[date, date]]] = {}
    for row in reading.rows():
        before = len(reading.problems)
        member = reading.take(row, "member", personal)
        weight = reading.take(row, "weight", _weight) if "weight" in row.cells else 1
        start, end = (
            reading.take(row, column, _bound) if column in row.cells else None
            for column in ("from", "until")
        )
        if member is None or weight is None or len(reading.problems) > before:
            continue
        period = start or date.min, end or date.max
        others = periods.setdefault(member, [])
        at = bisect(others, period)
        if period[0] > period[1]:
            message = f"the period ends on {end}, before it begins"
            reading.fault(row, "not-a-period", "until", message, "both days are included")
        elif any(
            period[0] <= other[1] and other[0] <= period[1]
            for other in others[max(at - 1, 0) : at + 1]
        ):
            message = f"{brief(member)} is there already, at the same time"
            hint = "keep one of them, or give them periods (from, until) that do not overlap"
            reading.fault(row, "member-twice", "member", message, hint)
        elif day is None and period != (date.min, date.max):
            message, hint = "there are periods, and no day is given", "say for which day it is read"
            reading.fault(row, "not-a-period", "from" if start else "until", message, hint)
        else:
            others.insert(at, period)
            if day is None or period[0] <= day <= period[1]:
                found[member] = weight
    return found


def _votes(text: str, electorate: Electorate | None, name: str) -> list[Vote]:
    """The votes of a list, those of members that are absent among them."""
    reading = _Reading(text, name, ("member", "choice", "weight"), ["member", "choice"])
    weights = {} if electorate is None else electorate.members
    votes: dict[str, Vote] = {}
    likened = 0
    for row in reading.rows():
        member = reading.take(row, "member", personal)
        choice = reading.take(row, "choice", _word)
        weight = 1 if electorate is None else weights.get(member or "")
        said = weight
        if "weight" in row.cells and (electorate is None or row.cells["weight"]):
            said = reading.take(row, "weight", _weight)
        if member is None:
            continue
        if member in votes:
            message = f"{brief(member)} stands in the list before"
            hint = "keep one line for each member"
            reading.fault(row, "member-twice", "member", message, hint)
        if weight is None:
            likened += len(weights)
            near = nearest(member, weights) if likened <= _MOST_LIKENED else ""
            message = f"{brief(member)} is not in the electorate of that day"
            hint = near or "check the name, and the day of the electorate"
            reading.fault(row, "unknown-member", "member", message, hint)
        elif electorate is not None and said is not None and said != weight:
            message = f"{brief(member)} has {weight} votes in the electorate, and {said} here"
            hint = "leave the column out: the weights are those of the electorate"
            reading.fault(row, "weight-differs", "weight", message, hint)
        votes[member] = Vote(member, choice or Choice.ABSENT, said or 0)
    absent = (name for name in weights if name not in votes)
    return [*votes.values(), *(Vote(name, Choice.ABSENT, weights[name]) for name in absent)]
