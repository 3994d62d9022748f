"""Profiles: an association's rules as a value, and as the data in which they are recorded.

Here: what bylaws differ in (majorities, quorum, weights, who may discharge, what "held over"
means, terms, labels), the profiles that ship, and both ways between a profile and plain data.
Not here: any judgement of events (`rules`), or reading files (`rulebook`, `dataset.rules`).

Shares are exact fractions and every count is whole: no float takes part in a decision. What
is recorded in a log stays as it was: a new rule is a field with a default that changes
nothing, left out of the data where it has that default, and a new version of the events that
carry profiles.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, Protocol, Self, TypeVar

from attrs import field, fields, frozen
from attrs.converters import optional

from govledger.errors import InvalidInput, Problem, brief, did_you_mean, invalid
from govledger.values import flag, line, lines, one_of, structure, under

_V = TypeVar("_V")

ORDINARY = "ordinary"
"""The majority that holds unless an event names another."""

LARGEST = 48 * 1024
"""The most bytes that the data of a profile take: they must fit a record."""

# --- shares and majorities --------------------------------------------------------------


class Count(Protocol):
    """What a majority asks of the count of a vote (see `events.Tally`)."""

    @property
    def in_favour(self) -> int:
        """Votes in favour."""

    @property
    def against(self) -> int:
        """Votes against."""

    @property
    def abstained(self) -> int:
        """Votes of those present who chose neither."""

    @property
    def absent(self) -> int:
        """Votes of those who were not there."""

    @property
    def electorate(self) -> int | None:
        """All votes there are, where that is known."""


_SHARE = re.compile(r"(more than|at least) +([0-9]{1,9})(?: */ *([0-9]{1,9}))?", re.ASCII)
_SHARE_FORM = 'write "more than 1/2" or "at least 2/3": bylaws mean one of the two'


def _share_text(value: Share | str) -> str:
    if isinstance(value, Share):
        return value.text
    match = _SHARE.fullmatch(line(value))
    if match is None or not int(match[3] or 1):
        raise invalid("not-a-share", f"{brief(value)} is not a share", _SHARE_FORM)
    part = Fraction(int(match[2]), int(match[3] or 1))
    reachable = 0 <= part < 1 if match[1] == "more than" else 0 < part <= 1
    if not reachable:
        raise invalid(
            "not-a-share", f"{brief(value)} is always or never reached", "shares lie from 0 to 1"
        )
    return f"{match[1]} {part}"


@frozen
class Share:
    """A share that must be reached: more than a fraction, or at least it.

    Takes `text`, and raises `InvalidInput` for any other. Fractions are exact, in lowest terms.

    >>> from govledger import Share
    >>> Share("at least 4/6").text
    'at least 2/3'
    >>> Share("more than 1/2").reached(5, of=10), Share("at least 1/2").reached(5, of=10)
    (False, True)
    """

    text: str = field(converter=_share_text)
    part: Fraction = field(init=False, eq=False, repr=False)
    is_exclusive: bool = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        words, _, part = self.text.rpartition(" ")
        object.__setattr__(self, "part", Fraction(part))
        object.__setattr__(self, "is_exclusive", words == "more than")

    def __str__(self) -> str:
        return self.text

    def reached(self, number: int, of: int) -> bool:
        """Whether a `number` is that share `of` a whole; nothing is a share of nothing."""
        needed = self.part * of
        return of > 0 and (number > needed if self.is_exclusive else number >= needed)


class Base(StrEnum):
    """Of what a majority is taken."""

    CAST = "votes cast"
    PRESENT = "those present"
    ELECTORATE = "electorate"


class Outcome(StrEnum):
    """What a count comes to."""

    ADOPTED = "adopted"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


def _base(value: str) -> Base:
    return one_of(Base, value, "unknown-rule", "what a majority is taken of")


def _outcome(value: str) -> Outcome:
    return one_of(Outcome, value, "unknown-rule", "what a tie can come to")


HALF = Share("more than 1/2")


@frozen(kw_only=True)
class Majority:
    """How many votes adopt: a `share` of `of`, what a `tie` means, and the `quorum`.

    Votes cast are those in favour and against; those present have abstained, too; the
    electorate is all votes there are, present or not. A tie, as many in favour as against, can
    mean something else than rejection only where more than half of the votes cast are needed.
    The quorum is the share of the electorate that must be present for the vote to be valid. Raises
    `InvalidInput` for a value that will not do.

    >>> from govledger import Majority, Tally
    >>> rule = Majority(share="at least 2/3", quorum="more than 1/2")
    >>> rule.share
    Share(text='at least 2/3')
    >>> tally = Tally(in_favour=31, against=12, electorate=100)
    >>> str(rule.outcome(tally)), rule.has_quorum(tally)
    ('adopted', False)
    """

    share: Share = field(default=HALF, converter=Share)
    of: Base = field(default=Base.CAST, converter=_base)
    tie: Outcome = field(default=Outcome.REJECTED, converter=_outcome)
    quorum: Share | None = field(default=None, converter=optional(Share))

    def __attrs_post_init__(self) -> None:
        if self.tie is not Outcome.REJECTED and (self.share, self.of) != (HALF, Base.CAST):
            raise invalid(
                "tie-without-meaning",
                f"a tie has a meaning of its own only under {HALF} of {Base.CAST}",
                "leave the tie out: it does not reach this share",
                "tie",
            )

    def outcome(self, count: Count) -> Outcome:
        """What a `count` comes to under this rule, its quorum left aside."""
        if self.share.reached(count.in_favour, self._whole(count)):
            return Outcome.ADOPTED
        is_tie = self.of is Base.CAST and count.in_favour == count.against
        return self.tie if is_tie else Outcome.REJECTED

    def _whole(self, count: Count) -> int:
        match self.of:
            case Base.CAST:
                return count.in_favour + count.against
            case Base.PRESENT:
                return attending(count)
            case Base.ELECTORATE if count.electorate is not None:
                return count.electorate
            case _:
                return attending(count) + count.absent

    def has_quorum(self, count: Count) -> bool | None:
        """Whether enough were present at a `count`; None where the electorate is not known."""
        if self.quorum is None:
            return True
        if count.electorate is None:
            return None
        return self.quorum.reached(attending(count), count.electorate)


def attending(count: Count) -> int:
    """The votes of those who were there."""
    return count.in_favour + count.against + count.abstained


# --- terms ------------------------------------------------------------------------------

_TERM = re.compile(r"([0-9]{1,5}) +(day|week|month|year)s?", re.ASCII)


def _term_text(value: Term | str) -> str:
    if isinstance(value, Term):
        return value.text
    match = _TERM.fullmatch(line(value))
    if match is None or not int(match[1]):
        raise invalid(
            "not-a-term",
            f"{brief(value)} is not a term",
            "write whole days, weeks, months or years: 18 months, 2 years",
        )
    number = int(match[1])
    return f"{number} {match[2]}" + ("" if number == 1 else "s")


@frozen
class Term:
    """A stretch of the calendar: so many days, weeks, months or years.

    Months and years lead to the same day of a later month; where that month has no such day, to
    its last. Takes `text`, and raises `InvalidInput` for any other.

    >>> from datetime import date
    >>> from govledger import Term
    >>> Term("1 month").after(date(2024, 1, 31)).isoformat()
    '2024-02-29'
    """

    text: str = field(converter=_term_text)

    def __str__(self) -> str:
        return self.text

    def after(self, day: date) -> date:
        """The last day of the term, begun on a `day`; the last day there is if it lies beyond."""
        digits, unit = self.text.split(" ")
        number, unit = int(digits), unit.removesuffix("s")
        try:
            if unit in _DAYS:
                return day + timedelta(days=number * _DAYS[unit])
            months = day.year * 12 + day.month - 1 + number * _MONTHS[unit]
            year, month = months // 12, months % 12 + 1
            return date(year, month, min(day.day, monthrange(year, month)[1]))
        except (OverflowError, ValueError):
            return date.max


_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


@frozen(kw_only=True)
class Lapse:
    """After how long a motion stands out: while it is `undecided`, `vote_deferred`, `held_over`.

    Nothing lapses by itself: when a term has passed without a decision on record, the register
    says so. Undecided counts from the submission, the others from when the motion came to be so.
    Raises `InvalidInput` for a value that is no `Term`.

    >>> from govledger import Lapse
    >>> Lapse(undecided="2 years", held_over="18 months").held_over
    Term(text='18 months')
    """

    undecided: Term | None = field(default=None, converter=optional(Term))
    vote_deferred: Term | None = field(default=None, converter=optional(Term))
    held_over: Term | None = field(default=None, converter=optional(Term))


# --- the profile ------------------------------------------------------------------------


class HeldOver(StrEnum):
    """What "held over" ("aangehouden") means: an adopted motion is kept, or a vote postponed.

    >>> from govledger import HeldOver
    >>> [str(word) for word in HeldOver]
    ['kept-open', 'vote-postponed']
    """

    KEPT_OPEN = "kept-open"
    VOTE_POSTPONED = "vote-postponed"


@frozen(kw_only=True)
class Weights:
    """What a tally counts: its `unit`, and whether every member has an `equal` vote.

    Without a unit a tally may count anything; without `equal` members may have any weight. Raises
    `InvalidInput` for a value that will not do.

    >>> from govledger import Weights
    >>> Weights(unit="inhabitants").equal
    False
    """

    unit: str | None = field(default=None, converter=optional(line))
    equal: bool = field(default=False, converter=flag)


@frozen(kw_only=True)
class Discharge:
    """Whose meetings may declare a motion completed: `only` those bodies, `never` these.

    Upper and lower case do not matter. Where neither is given, any body may. Raises `InvalidInput`
    for a value that will not do.

    >>> from govledger import Discharge
    >>> Discharge(never=["board", "committee"]).allows("Board")
    False
    """

    only: tuple[str, ...] = field(default=(), converter=lines)
    never: tuple[str, ...] = field(default=(), converter=lines)

    def allows(self, body: str) -> bool:
        """Whether a meeting of that `body` may."""
        named = body.casefold()
        if self.only and named not in map(str.casefold, self.only):
            return False
        return named not in map(str.casefold, self.never)


_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}@[1-9][0-9]{0,8}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9._-]{0,59}", re.ASCII)


def profile_name(value: str) -> str:
    """A name with a version, `sportbond@2`; `InvalidInput` for any other."""
    if not isinstance(value, str) or _NAME.fullmatch(value) is None:
        raise invalid(
            "not-a-profile-name",
            f"{brief(value)} does not name a profile and its version",
            "write NAME@VERSION, the name in lower case: sportbond@1, and @2 once it changes",
        )
    return value


def _word(value: str) -> str:
    if not isinstance(value, str) or _WORD.fullmatch(value) is None:
        raise invalid(
            "not-a-word",
            f"{brief(value)} does not serve as a key",
            "write it in lower case, with dashes: statutes, held-over",
        )
    return value


def _mapping(value: object, each: Callable[[Any], _V], example: str) -> dict[str, _V]:
    """A mapping from words to values; raises `InvalidInput` with all that is wrong with it."""
    if not isinstance(value, Mapping):
        raise invalid("not-a-mapping", f"{brief(value)} is not a mapping", f"write {example}")
    made: dict[str, _V] = {}
    problems: list[Problem] = []
    for key, inner in value.items():
        try:
            made[_word(key)] = each(inner)
        except InvalidInput as error:
            problems += under(key, error)
    if problems:
        raise InvalidInput(*problems)
    return made


def _majority(value: Majority | Mapping[str, object]) -> Majority:
    return structure(Majority, value)


def _majorities(value: Mapping[str, Any]) -> Mapping[str, Majority]:
    made = _mapping(value, _majority, "{ordinary: {share: more than 1/2}}")
    if ORDINARY not in made:
        raise invalid(
            "no-ordinary-majority",
            "no majority is the ordinary one, which holds unless a record names another",
            f'call one of them "{ORDINARY}"',
        )
    return made


def _labels(value: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    def words(terms: Mapping[str, Any]) -> Mapping[str, str]:
        return _mapping(terms, line, "{held-over: aangehouden}")

    made = _mapping(value, words, "{nl: {held-over: aangehouden}}")
    return {language: terms for language, terms in made.items() if terms}


def _weights(value: Weights | Mapping[str, object]) -> Weights:
    return structure(Weights, value)


def _discharge(value: Discharge | Mapping[str, object]) -> Discharge:
    return structure(Discharge, value)


def _lapse(value: Lapse | Mapping[str, object]) -> Lapse:
    return structure(Lapse, value)


def _held_over(value: str) -> HeldOver:
    return one_of(HeldOver, value, "unknown-rule", 'what "held over" can mean')


@frozen(kw_only=True)
class Profile:
    """An association's rules: a `name` with a version, for a replay never picks up newer ones.

    `title` says whom they are for; `majorities` are its rules for votes by name, of which
    `ordinary` holds unless a record names another; `weights` says what tallies count, `discharge`
    whose meetings may declare a motion completed, `held_over` what that means here, `lapse` after
    how long a motion stands out; `labels` are its own terms (language -> term -> word). All values
    are taken as text, too. Raises `InvalidInput` with all that is wrong, also where it takes more
    than 48 KiB as data.

    >>> from govledger import Profile
    >>> club = Profile(
    ...     name="tennis-club@1",
    ...     title="a tennis club",
    ...     majorities={"ordinary": {}, "statutes": {"share": "at least 2/3"}},
    ... )
    >>> club.majorities["statutes"].share.part, str(club.majority.share)
    (Fraction(2, 3), 'more than 1/2')
    >>> Profile.from_definition(club.definition()) == club
    True
    """

    name: str = field(converter=profile_name)
    title: str = field(converter=line)
    majorities: Mapping[str, Majority] = field(
        factory=lambda: {ORDINARY: Majority()}, converter=_majorities, hash=False
    )
    weights: Weights = field(default=Weights(), converter=_weights)
    discharge: Discharge = field(default=Discharge(), converter=_discharge)
    held_over: HeldOver = field(default=HeldOver.KEPT_OPEN, converter=_held_over)
    lapse: Lapse = field(default=Lapse(), converter=_lapse)
    labels: Mapping[str, Mapping[str, str]] = field(factory=dict, converter=_labels, hash=False)

    def __attrs_post_init__(self) -> None:
        if self.lapse.held_over and self.held_over is HeldOver.VOTE_POSTPONED:
            raise invalid(
                "term-never-runs",
                "no motion is held over where that means that the vote is postponed",
                "give the term under vote_deferred",
                "lapse",
                "held_over",
            )
        size = len(json.dumps(self.definition(), ensure_ascii=False).encode())
        if size > LARGEST:
            raise invalid(
                "profile-too-large",
                f"the rules take {size} bytes, and at most {LARGEST} are recorded",
                "shorten labels and names; explanations belong in a document",
            )

    @property
    def majority(self) -> Majority:
        """The one that holds unless a record names another."""
        return self.majorities[ORDINARY]

    def definition(self) -> dict[str, Any]:
        """The rules as plain data, whole: what is recorded where a profile does not ship.

        Text, truth values, lists and mappings only; the inverse of `from_definition`.
        """
        said: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "majorities": {name: _said(rule) for name, rule in self.majorities.items()},
            "weights": _said(self.weights),
            "discharge": _said(self.discharge),
            "held_over": str(self.held_over),
            "lapse": _said(self.lapse),
            "labels": {language: dict(terms) for language, terms in self.labels.items()},
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def from_definition(cls, data: Mapping[str, Any]) -> Self:
        """The profile that `data` define, as `definition` gives them or as people write them.

        `extends` may name a shipped profile, whose rules hold but for those that are given: each
        majority, label, term and so on replaces the one of its name. Raises `InvalidInput` with
        all that is wrong, where it stands in `path`.
        """
        problems: list[Problem] = []
        if isinstance(data, Mapping) and "extends" in data:
            try:
                base = profile_named(data["extends"]).definition()
            except InvalidInput as error:
                problems += under("extends", error)
                base = GENERAL.definition()  # to see what else is wrong
            own = {name: value for name, value in data.items() if name != "extends"}
            data = {
                name: _together(base.get(name), own.get(name), _DEPTHS.get(name, 1))
                for name in (*(name for name in base if name not in ("name", "title")), *own)
            }
        try:
            profile = structure(cls, data)
        except InvalidInput as error:
            problems += error.problems
        if problems:
            raise InvalidInput(*problems)
        return profile


_DEPTHS = {"labels": 2}
"""How many levels of a rule are taken together with those of the profile it extends, if not 1."""


def _together(base: Any, own: Any, depth: int) -> Any:
    if own is None:
        return base
    if not depth or not isinstance(base, Mapping) or not isinstance(own, Mapping):
        return own
    return {key: _together(base.get(key), own.get(key), depth - 1) for key in (*base, *own)}


def _said(value: Any) -> dict[str, Any]:
    """The fields of a rule as data, those that say nothing left out."""
    held = {f.name: getattr(value, f.name) for f in fields(type(value))}
    return {name: _plain(inner) for name, inner in held.items() if inner not in (None, (), False)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool) else str(value)


# --- those that ship --------------------------------------------------------------------

PROFILES: tuple[Profile, ...] = (
    Profile(name="general@1", title="a general association"),
    Profile(
        name="vng@1",
        title="the Association of Netherlands Municipalities",
        labels={
            "nl": {"held-over": "aangehouden", "vote-deferred": "stemming uitgesteld"},
        },
        discharge=Discharge(never=("bestuur", "board", "commissie", "committee")),
    ),
    Profile(
        name="parliament@1",
        title="a parliament, where 'aangehouden' means that the vote is postponed",
        labels={
            "nl": {
                "vote-deferred": "aangehouden",
                "motion.vote-deferred": "motie aangehouden",
                "held-over": "aangehouden na aanneming",
                "motion.held-over": "motie aangehouden na aanneming",
            }
        },
        held_over=HeldOver.VOTE_POSTPONED,
        majorities={ORDINARY: Majority(tie=Outcome.UNDECIDED)},
    ),
)
"""The profiles that ship. None of them ever changes: what is different has another version.

>>> from govledger import PROFILES
>>> [profile.name for profile in PROFILES]
['general@1', 'vng@1', 'parliament@1']
"""

GENERAL = PROFILES[0]


def shipped(name: object) -> Profile | None:
    """The shipped profile of that name and version; None where there is none."""
    return next((profile for profile in PROFILES if profile.name == name), None)


def profile_named(name: str) -> Profile:
    """The shipped profile of that name and version; `InvalidInput` where there is none."""
    found = shipped(name)
    if found is None:
        raise invalid(
            "unknown-profile",
            f"{brief(name)} is not a profile known here",
            did_you_mean(str(name), (p.name for p in PROFILES)),
        )
    return found


# --- what a record says of a profile ----------------------------------------------------

Named = str | Profile
"""A shipped profile by its name, or any other whole."""


def named(value: Named | Mapping[str, Any]) -> Named:
    """What a record holds of a profile: a name, or a definition; a converter.

    A profile that ships gives way to its name.
    """
    if isinstance(value, Mapping):
        return Profile.from_definition(value)
    if isinstance(value, Profile):
        return value.name if value == shipped(value.name) else value
    return line(value)


def usable(value: Named | Mapping[str, Any]) -> Named:
    """What a new record may hold of a profile.

    Raises `InvalidInput` for a name that is not known, or other rules under a shipped name.
    """
    given = named(value)
    if isinstance(given, str):
        return profile_named(given).name
    ours = shipped(given.name)
    if ours not in (None, given):
        raise invalid("shipped-profile", *other_rules(given.name), "name")
    return given


def other_rules(name: str) -> tuple[str, str]:
    """What is said of other rules under the name of a shipped profile, and the remedy."""
    return (
        f'"{name}" ships with other rules than these',
        "give these a name of their own, such as sportbond@1",
    )


def resolved(value: Named) -> Profile:
    """The profile of which a record speaks; `InvalidInput` for a name that is not known."""
    return profile_named(value) if isinstance(value, str) else value


def name_of(value: Named) -> str:
    """The name and version of the profile of which a record speaks."""
    return value if isinstance(value, str) else value.name
