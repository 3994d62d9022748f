"""`Extension`: event types, subjects and rules of somebody else's, as one value.

Here: what an extension may hold, and everything that is wrong with one. Not here: how a ledger
looks things up (`vocabulary`), or how extensions are found on a machine (`cli`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import NoneType, UnionType
from typing import (
    Any,
    Generic,
    Protocol,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
from attrs import field, frozen

from govledger.errors import InvalidInput, Problem, did_you_mean
from govledger.events import KINDS, LEDGER, VOCABULARY, Event, kind_of, own_fields, versioned
from govledger.profiles import Profile
from govledger.rules import Axis, Finding, Transition
from govledger.state import SubjectState
from govledger.terms import LANGUAGES
from govledger.values import PERSONAL, UNFIT, Sealed
from govledger.when import When

S = TypeVar("S", bound=SubjectState)
R_co = TypeVar("R_co", covariant=True)

Rule = Callable[[Any], Iterable[Finding]]
"""A rule: takes a `govledger.Case[EventType, StateType]` and gives its findings."""


def _plural(subject: Any) -> str:
    return f"{subject.kind}s"


@frozen(kw_only=True)
class Subject(Generic[S]):
    """A kind of subject that an extension brings, such as `budget`.

    `kind` stands before the slash of its names. `state` is the class of its states, a frozen
    attrs class that inherits `SubjectState`; `evolve(state, event)` gives the state after an event
    about it, from None before anything is known. It is pure and total: any event of the kind may
    follow any state, for a ledger also holds what happened against the rules. `since` need not be
    looked after: it is when the status changed last. `plural` is what `govledger list` calls them,
    the kind with an s unless given.

    >>> from attrs import frozen
    >>> from govledger import Event, Subject, SubjectState
    >>> @frozen(kw_only=True, slots=False)
    ... class Committee(SubjectState):
    ...     members: int = 0
    >>> def evolve_committee(state: Committee | None, event: Event) -> Committee:
    ...     return Committee(subject=event.subject, since=event.on)
    >>> Subject(kind="committee", state=Committee, evolve=evolve_committee).plural
    'committees'
    """

    kind: str
    state: type[S]
    evolve: Callable[[S | None, Any], S]
    plural: str = field(default=attrs.Factory(_plural, takes_self=True))


class Projecting(Protocol[R_co]):
    """A question that an extension puts to registers: see `govledger.Projection`."""

    @property
    def name(self) -> str:
        """What `govledger list` calls it."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of subject that it looks at; all, where there are none."""

    @property
    def of(self) -> Callable[[Any], R_co]:
        """What it comes to for a register."""


@frozen(kw_only=True)
class Extension:
    """What somebody adds to the vocabulary and rules of a ledger, without forking it.

    `name` has a version, `budget@1`: a rule that changes makes a new version, so that a replay
    never picks up newer rules. `events` are event types, attrs classes that inherit `Event`;
    `subjects` the kinds of subject that they bring; `transitions` the lifecycles of these.
    `rules` judge event types, ours too: each takes a `Case` and yields `Breach` or `Notice`
    values. A rule sees the subject of the event and the subjects that it names, no others.
    `profiles` are offered to new ledgers, `projections` are named questions to registers, and
    `labels` the terms in each language (language -> term -> word).

    Pass it to `Ledger.open` as one of its `extensions`; the command line finds it by the
    entry-point group `govledger.extensions`. Raises `InvalidInput` with all that is wrong with it.

    >>> from govledger import Extension, Ledger
    >>> Ledger.in_memory(extensions=[Extension(name="plain@1")]).vocabulary.extensions[0].name
    'plain@1'
    """

    name: str = field(converter=versioned)
    events: tuple[type[Event], ...] = ()
    subjects: tuple[Subject[Any], ...] = ()
    transitions: tuple[Transition, ...] = ()
    rules: Mapping[type[Event], Rule] = field(factory=dict, hash=False)
    profiles: tuple[Profile, ...] = ()
    projections: tuple[Projecting[Any], ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(factory=dict, hash=False)

    def __attrs_post_init__(self) -> None:
        problems = tuple(_problems(self))
        if problems:
            raise InvalidInput(*problems)


# --- what is wrong with one -------------------------------------------------------------

_TYPE = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_OURS = {cls.type for cls in VOCABULARY}
_DECORATION = "decorate it with @frozen(kw_only=True, slots=False), from attrs"


def _problems(extension: Extension) -> Iterator[Problem]:
    kinds = tuple(subject.kind for subject in extension.subjects)
    named = [
        *(("event type", getattr(cls, "type", "")) for cls in extension.events),
        *(("kind of subject", kind) for kind in kinds),
        *(("plural", subject.plural) for subject in extension.subjects),
        *(("projection", projection.name) for projection in extension.projections),
    ]
    for what, name in sorted({pair for pair in named if named.count(pair) > 1}):
        yield _problem(extension, "twice", f'the {what} "{name}" stands twice', "keep one")
    for cls in extension.events:
        if isinstance(cls, type) and issubclass(cls, Event):
            yield from _of_an_event(extension, cls, kinds)
        else:
            yield _problem(extension, "not-plain", f"{cls!r} is no event type", "inherit Event")
    for subject in extension.subjects:
        yield from _of_a_subject(extension, subject)
    yield from _of_rules(extension)
    yield from _of_questions(extension, kinds)


def _of_rules(extension: Extension) -> Iterator[Problem]:
    moving = {row.event for row in extension.transitions}
    bound = {event.kind for event in moving} - {*KINDS}
    for cls in extension.events:
        if cls not in moving and getattr(cls, "kind", None) in bound:
            yield _problem(
                extension,
                "no-transition",
                f"{cls.__name__} stands in no transition, and others of its kind do",
                "say what it may follow, and where it leads: what stands in none is always legal",
            )
    for row in extension.transitions:
        if row.event not in extension.events or row.axis is not Axis.STATUS:
            yield _problem(
                extension,
                "foreign-transition",
                f"the transition of {row.event.__name__} moves no subject of the extension",
                "transitions are of its own event types, on Axis.STATUS",
            )
    for cls in extension.rules:
        if cls not in extension.events and cls not in VOCABULARY:
            yield _problem(
                extension,
                "rule-of-nothing",
                f"a rule judges {cls.__name__}, which is no event type here",
                "name an event type of govledger, or one in `events`",
            )


def _of_questions(extension: Extension, kinds: tuple[str, ...]) -> Iterator[Problem]:
    for projection in extension.projections:
        for kind in projection.kinds:
            if kind not in (*KINDS, *kinds):
                yield _problem(
                    extension,
                    "unknown-kind",
                    f'the projection "{projection.name}" looks at "{kind}", which is no kind here',
                    did_you_mean(kind, (*KINDS, *kinds)),
                )
    for language in extension.labels:
        if language not in LANGUAGES:
            yield _problem(
                extension,
                "unknown-language",
                f'there are labels in "{language}"',
                did_you_mean(language, LANGUAGES),
            )


def _of_an_event(
    extension: Extension, cls: type[Event], kinds: tuple[str, ...]
) -> Iterator[Problem]:
    name = cls.__name__
    said = getattr(cls, "type", None)
    if not isinstance(said, str) or _TYPE.fullmatch(said) is None or said in _OURS:
        yield _problem(
            extension,
            "not-a-type",
            f"{name} has the type {said!r}",
            'give it a name of its own, such as type = "budget.proposed"',
        )
    if cls.kind is None or cls.kind not in (*kinds, *KINDS) or cls.kind == kind_of(LEDGER):
        yield _problem(
            extension,
            "unknown-kind",
            f"{name} has the kind {cls.kind!r}",
            "name a kind of `subjects`, or one of govledger's: " + ", ".join(KINDS[:-1]),
        )
    if not _is_plain(cls):
        yield _problem(extension, "not-plain", f"{name} is not a plain attrs class", _DECORATION)
        return
    yield from _of_shared_fields(extension, cls, Event, without=("subject",))
    if attrs.fields_dict(cls)["subject"].kw_only:
        yield _problem(
            extension,
            "not-plain",
            f"{name} takes its subject by name only",
            "declare it subject: str = field(converter=…, kw_only=False), and the class with"
            " @frozen(kw_only=True, slots=False), from attrs",
        )
    for attribute in own_fields(cls):
        if attribute.converter is None:
            yield _problem(
                extension,
                "no-converter",
                f'the field "{attribute.name}" of {name} has no converter',
                "what comes as text or JSON must be checked: field(converter=…), see"
                " govledger.fields",
            )
        elif _takes_seals(attribute.converter) != (attribute.metadata == PERSONAL):
            yield _problem(
                extension,
                "half-personal",
                f'the field "{attribute.name}" of {name} is declared as personal by half',
                "write field(converter=personal, metadata=PERSONAL), or personals: the one reads"
                " a sealed text, the other has it sealed",
            )
    yield from _of_fields(extension, cls)


def _takes_seals(converter: Any) -> bool:
    """Whether a converter is for personal texts: takes sealed ones, and not just anything."""
    try:
        given = converter(_SEALED)
    except UNFIT:
        return False
    held = given if isinstance(given, tuple) else (given,)
    if not any(isinstance(each, Sealed) for each in held):
        return False
    try:
        converter(0)
    except UNFIT:
        return True
    return False


_SEALED = Sealed(43 * "A")


def _of_a_subject(extension: Extension, subject: Subject[Any]) -> Iterator[Problem]:
    if _KIND.fullmatch(subject.kind) is None or subject.kind in KINDS:
        yield _problem(
            extension,
            "not-a-kind",
            f'"{subject.kind}" cannot be a kind of subject',
            "take a word of its own in lower case",
        )
    state = subject.state
    if not (isinstance(state, type) and issubclass(state, SubjectState) and _is_plain(state)):
        yield _problem(
            extension,
            "not-plain",
            f"{getattr(state, '__name__', state)} is not a plain attrs class that inherits"
            " SubjectState",
            _DECORATION,
        )
    else:
        yield from _of_shared_fields(extension, state, SubjectState, also=("id", "findings"))
        yield from _of_fields(extension, state)
        has_status = "status" in attrs.fields_dict(state) or hasattr(state, "status")
        if not has_status and any(row.event.kind == subject.kind for row in extension.transitions):
            yield _problem(
                extension,
                "no-status",
                f"{state.__name__} has no status, by which its transitions go",
                "give it a field or a property of that name",
            )


def _of_shared_fields(
    extension: Extension,
    cls: type[Any],
    base: type[Any],
    *,
    also: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> Iterator[Problem]:
    """Fields of a class that have the name of one that all have, or that all are described by."""
    ours, fields = attrs.fields_dict(base), attrs.fields_dict(cls)
    redefined = [name for name in ours if name not in without and fields[name] != ours[name]]
    for name in (*redefined, *(name for name in also if name in fields)):
        yield _problem(
            extension,
            "shared-field",
            f'{cls.__name__} has a "{name}" of its own, which means the same everywhere',
            "give that field another name",
        )


def _is_plain(cls: type[Any]) -> bool:
    """Whether it is an attrs class whose instances keep their fields in a dictionary."""
    return "__attrs_attrs__" in vars(cls) and not vars(cls).get("__slots__")


def _of_fields(extension: Extension, cls: type[Any]) -> Iterator[Problem]:
    try:
        hints = get_type_hints(cls)
        unfit = [field for field in attrs.fields(cls) if not _is_fit(hints[field.name])]
    except RecursionError:
        told, hint = "holds values like itself", "give what is within other subjects of their own"
        yield _problem(extension, "unfit-field", f"a field of {cls.__name__} {told}", hint)
        return
    except (NameError, TypeError) as error:
        yield _problem(
            extension,
            "unknown-annotation",
            f"an annotation of {cls.__name__} cannot be read: {error}",
            "define the class and what it names at the top of a module",
        )
        return
    for attribute in unfit:
        yield _problem(
            extension,
            "unfit-field",
            f'the field "{attribute.name}" of {cls.__name__} is a {hints[attribute.name]}',
            "take str, int, bool, When, a StrEnum, a frozen attrs class of these, or a tuple"
            " of one; money is whole cents, never a float",
        )


_FIT = (str, int, bool, NoneType, When, Sealed)


def _is_fit(hint: Any) -> bool:
    """Whether values of a type can be written as canonical JSON, and come back the same."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        return len(parts) == 2 and NoneType in parts and all(map(_is_fit, parts))
    if origin is tuple:
        return bool(parts) and set(parts[1:]) <= {Ellipsis, parts[0]} and _is_fit(parts[0])
    if hint in _FIT or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        return True
    if not attrs.has(hint):
        return False
    hints = get_type_hints(hint)
    every = cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(hint))
    return all(_is_fit(hints[attribute.name]) for attribute in every)


def _problem(extension: Extension, code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, message=f"extension {extension.name}: {message}", hint=hint)
