"""`Vocabulary`: what a ledger knows, govledger's own and that of the extensions it was opened with.

Here: looking up event types, kinds and states by their names, and going to the rules and steps
of whoever they are of. Not here: those rules and steps themselves, or any registry: a vocabulary
is a value that is handed on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, get_type_hints

import attrs
from attrs import frozen

from govledger.errors import InvalidInput, Problem, UnreadableRecord, brief, did_you_mean, invalid
from govledger.events import (
    KINDS,
    VOCABULARY,
    Event,
    LedgerExtended,
    kind_of,
    references,
    unversioned,
)
from govledger.extension import Extension, Projecting, Subject
from govledger.profiles import Profile
from govledger.rules import (
    Breach,
    Finding,
    Judging,
    Notice,
    Rows,
    Transition,
    judge,
    rows,
    rows_of,
)
from govledger.state import EVOLVE, STATES, STATUSES, State, SubjectState, evolve, fold
from govledger.values import structure

LISTED: Mapping[str, str] = {
    "motions": "motion",
    "mandates": "mandate",
    "blockades": "blockade",
    "proposals": "proposal",
    "meetings": "meeting",
}
"""What can be listed of ours, in the order of the register, and the kind it is."""


@frozen(eq=False)
class Vocabulary:
    """What a ledger knows that was opened with `extensions`.

    Raises `InvalidInput` where two extensions claim the same name. Of one extension several
    versions may be given, which share their event types and subjects.
    """

    extensions: tuple[Extension, ...] = ()

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._clashes())
        if problems:
            raise InvalidInput(*problems)

    def _clashes(self) -> Iterator[Problem]:
        seen: dict[tuple[str, str], Any] = {}
        for extension in self.extensions:
            claims: list[tuple[str, str, Any]] = [
                ("extension", extension.name, extension),
                *(("event type", cls.type, cls) for cls in extension.events),
                *(("kind", subject.kind, subject) for subject in extension.subjects),
                *(("list", subject.plural, subject) for subject in extension.subjects),
                *(("list", asked.name, asked) for asked in extension.projections),
                *(("profile", profile.name, profile) for profile in extension.profiles),
            ]
            for what, name, value in claims:
                taken = name in LISTED if what == "list" else False
                if taken or seen.setdefault((what, name), value) != value:
                    yield Problem(
                        code="name-clash",
                        message=f'extension {extension.name}: the {what} "{name}" is taken already',
                        hint="give each extension once, and names of their own to what they bring",
                    )

    # --- looking up -----------------------------------------------------------------------

    @cached_property
    def types(self) -> Mapping[str, type[Event]]:
        """The event types by their names."""
        return {**{cls.type: cls for cls in VOCABULARY}, **self.added}

    @cached_property
    def added(self) -> Mapping[str, type[Event]]:
        """Those of them that extensions bring."""
        return {cls.type: cls for extension in self.extensions for cls in extension.events}

    @cached_property
    def classes(self) -> frozenset[type[Event]]:
        """The event types."""
        return frozenset(self.types.values())

    @cached_property
    def subjects(self) -> Mapping[str, Subject[Any]]:
        """The kinds of subject that extensions bring."""
        return {one.kind: one for extension in self.extensions for one in extension.subjects}

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of subject."""
        return (*KINDS, *self.subjects)

    @cached_property
    def states(self) -> Mapping[str | None, type[Any]]:
        """The states of kinds of subject."""
        return {**STATES, **{kind: subject.state for kind, subject in self.subjects.items()}}

    @cached_property
    def listed(self) -> Mapping[str, str]:
        """What can be listed, in the order of the register, and the kind that it is."""
        return {**LISTED, **{one.plural: kind for kind, one in self.subjects.items()}}

    @cached_property
    def projections(self) -> Mapping[str, Projecting[Any]]:
        """The projections of the extensions, by name."""
        return {one.name: one for extension in self.extensions for one in extension.projections}

    @cached_property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """The terms of the extensions: language -> term -> word."""
        words: dict[str, dict[str, str]] = {}
        for extension in self.extensions:
            for language, labels in extension.labels.items():
                words.setdefault(language, {}).update(labels)
        return words

    @cached_property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles that extensions offer, by name."""
        return {one.name: one for extension in self.extensions for one in extension.profiles}

    def event_type(self, name: str) -> type[Event]:
        """The event class of a type name; `InvalidInput` with the nearest name otherwise."""
        try:
            return self.types[name]
        except (KeyError, TypeError):
            raise invalid(
                "unknown-type",
                f"{brief(name)} is not an event type",
                did_you_mean(str(name), self.types),
            ) from None

    def kind_name(self, value: str) -> str:
        """A kind of subject; `InvalidInput` with the nearest one otherwise."""
        if value not in self.kinds:
            raise invalid(
                "unknown-kind",
                f"{brief(value)} is not a kind of subject",
                did_you_mean(str(value), self.kinds),
            )
        return value

    def status_name(self, value: str) -> str:
        """A status of any kind of subject; `InvalidInput` with the nearest one otherwise."""
        words = [*(str(word) for kind in STATUSES for word in kind)]
        added = [self.statuses(kind) for kind in self.subjects]
        words += [word for several in added for word in several]
        if value not in words and all(added):
            raise invalid(
                "unknown-status",
                f"{brief(value)} is not a status",
                did_you_mean(str(value), sorted(set(words))),
            )
        return value

    def statuses(self, kind: str) -> tuple[str, ...]:
        """The words for the states of an extension's subjects; none where any will do."""
        cls = self.states[kind]
        said = getattr(cls, "status", None)
        hints = get_type_hints(said.fget) if isinstance(said, property) else get_type_hints(cls)
        hint = hints.get("return" if isinstance(said, property) else "status")
        for part in (hint, *getattr(hint, "__args__", ())):
            if isinstance(part, type) and issubclass(part, StrEnum):
                return tuple(map(str, part))
        return ()

    def profile(self, profile: str | Profile) -> str | Profile:
        """The profile of an extension that a name means; what was given where there is none."""
        return self.profiles.get(profile, profile) if isinstance(profile, str) else profile

    def event(self, cls: type[Event], fields: object) -> Event:
        """An event of a type from its fields; `InvalidInput` with all that is wrong with them."""
        event: Event = structure(cls, fields)
        if problems := tuple(self.problems_of(event)):
            raise InvalidInput(*problems)
        return event

    def problems_of(self, event: Event) -> Iterator[Problem]:
        """What this vocabulary does not know of what an event names; `path` names the field."""
        kind = type(event).kind
        if kind not in (None, kind_of(event.subject)):
            yield Problem(
                code="wrong-kind",
                message=f"{event.subject} is no {kind}, which {event.type} is about",
                hint=f"name a {kind}, {kind}/…",
                path=("subject",),
            )
        for name, subject in (("subject", event.subject), *references(event)):
            try:
                self.kind_name(kind_of(subject))
            except InvalidInput as error:
                for problem in error.problems:
                    yield attrs.evolve(problem, path=(name,))

    # --- states ---------------------------------------------------------------------------

    def tells(self, event: Event) -> bool:
        """Whether an event says anything of the state of its subject."""
        return event.kind in self.subjects or type(event) in EVOLVE

    def evolve(self, state: State | None, event: Event) -> State | None:
        """The state of a subject after an event; None before anything is known."""
        subject = self.subjects.get(event.kind or "")
        if subject is None:
            return evolve(state, event)
        after: SubjectState = subject.evolve(state, event)
        if not isinstance(after, subject.state):
            raise TypeError(f"evolve of {subject.kind} gave {after!r}, no {subject.state.__name__}")
        known = getattr(after, "status", None) == getattr(state, "status", None)
        since = event.on if state is None or not known else state.since
        if after.since != since:
            after = attrs.evolve(after, since=since)
        return after

    def fold(self, events: Sequence[Event]) -> State | None:
        """The state of a subject after all events about it, in their order."""
        if not self.subjects or not any(event.kind in self.subjects for event in events):
            return fold(None, events)
        state: State | None = None
        for event in events:
            state = self.evolve(state, event)
        return state

    # --- rules ----------------------------------------------------------------------------

    @cached_property
    def _named(self) -> Mapping[str, Extension]:
        return {extension.name: extension for extension in self.extensions}

    def judge(self, case: Judging, used: tuple[str, ...] = ()) -> Iterator[Finding]:
        """Every finding on an event in its surroundings, by our rules and those of extensions.

        `used` are the names of the extensions that the ledger is kept with.
        """
        yield from judge(case, _lifecycles(self, used))
        for extension in map(self._named.get, used):
            if extension is not None and (rule := extension.rules.get(type(case.event))):
                yield from _found(extension, rule(_narrowed(case)), case)

    def lifecycle(self, profile: Profile, used: tuple[str, ...] = ()) -> Rows:
        """The lifecycles under a profile, and those of extensions, by event type."""
        return {**rows(profile), **_lifecycles(self, used)}

    def missing(self, used: Collection[str]) -> tuple[str, ...]:
        """Those of the extensions that a ledger is kept with that are not here."""
        return tuple(name for name in used if name not in self._named)

    def unused(self, used: Collection[str]) -> tuple[str, ...]:
        """The newest version of each extension that the ledger is not yet kept with."""
        newest = {unversioned(each.name): each.name for each in _by_version(self.extensions)}
        return tuple(name for name in newest.values() if name not in used)

    def changes_what_stands(self, event: LedgerExtended, before: Collection[str]) -> bool:
        """Whether, once a ledger is kept with an extension, what is on record is judged anew."""
        extension = self._named.get(event.extension)
        if extension is None:
            return False
        is_another_version = unversioned(extension.name) in map(unversioned, before)
        return is_another_version or not extension.rules.keys() <= set(extension.events)


@lru_cache(maxsize=64)
def _lifecycles(vocabulary: Vocabulary, used: tuple[str, ...]) -> Rows:
    """The rows of all event types of extensions; of several versions those of the one in use."""
    found: dict[type[Event], tuple[Transition, ...]] = {}
    for extension in sorted(vocabulary.extensions, key=lambda one: one.name in used):
        found.update(dict.fromkeys(extension.events, ()))
        found.update(rows_of(extension.transitions))
    return found


def _by_version(extensions: Iterable[Extension]) -> list[Extension]:
    return sorted(extensions, key=lambda one: int(one.name.partition("@")[2]))


def _found(extension: Extension, given: object, case: Judging) -> Iterator[Finding]:
    """What a rule of an extension gave; one alone stands for itself.

    Raises `TypeError` where these are no findings on the case.
    """
    here = case.event.subject, case.position
    for each in given if isinstance(given, Iterable) else (given,):
        if not isinstance(each, Breach | Notice) or (each.subject, each.position) != here:
            raise TypeError(
                f"the rule of {extension.name} for {case.event.type} gave {each!r}:"
                " let it yield what case.breach(…) and case.notice(…) make, and nothing else"
            )
        yield each


def _narrowed(case: Judging) -> Judging:
    """A case whose world is what its event names: on that alone findings are brought up to date."""
    named = {case.event.subject, *(name for _, name in references(case.event))}

    def world(subject: str) -> State | None:
        if subject not in named:
            raise invalid(
                "unnamed-subject",
                f"a rule for {case.event.type} asks for {subject}, which the event does not name",
                "let a field of the event name it, with metadata=REFERENCE",
            )
        return case.world(subject)

    return attrs.evolve(case, world=world)


def missing_extensions(names: Collection[str]) -> UnreadableRecord:
    """The error where something needs extensions that a ledger is kept with."""
    return UnreadableRecord(
        Problem(
            code="missing-extension",
            message=f"this ledger is kept with {' and '.join(names)}, not known here",
            hint="install it, or pass it to Ledger.open as one of its extensions; without it the"
            " ledger can be read and verified, and not written to, disclosed or derived anew",
        )
    )


STANDARD = Vocabulary()
"""What a ledger knows without extensions."""
