"""Strategies for Hypothesis: events, and histories of them, of govledger and of extensions.

Here: strategies. Not here: how events are made up (`histories`). Import it only where Hypothesis
is installed; the rest of the kit does without.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from govledger.events import Event
from govledger.extension import Extension
from govledger.profiles import Profile
from govledger.testing import histories as random_histories
from govledger.testing.histories import DAYS, STANDARD, Builders, Pick

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "govledger.testing.strategies needs Hypothesis: pip install hypothesis"
    ) from error


def events(
    types: Sequence[type[Event]] = STANDARD,
    *,
    days: Sequence[date] = DAYS,
    builders: Builders | None = None,
) -> st.SearchStrategy[Event]:
    """Single events of these types, about a few subjects, on or around these days.

    `builders` make the events of types whose fields cannot be made up from their annotations:
    a function of (pick, subject, on) for each such type, where `pick` chooses one of several.
    """

    @st.composite
    def draw_event(draw: st.DrawFn) -> Event:
        (event,) = random_histories.arbitrary(
            _pick(draw), tuple(types), 1, days=days, builders=builders
        )
        return event

    return draw_event()


def histories(
    types: Sequence[type[Event]] = STANDARD,
    *,
    max_size: int = 10,
    legal: bool = True,
    days: Sequence[date] = DAYS,
    builders: Builders | None = None,
    extensions: Sequence[Extension] = (),
    profile: str | Profile = "general@1",
) -> st.SearchStrategy[list[Event]]:
    """Lists of at most `max_size` events of these types.

    Legal ones come in the order of time, and a ledger with these `extensions` and that `profile`
    accepts one after the other. Otherwise they are in no order and mostly break the rules: record
    them with `breaches="flag"`. `builders` as for `events`.
    """

    @st.composite
    def draw_history(draw: st.DrawFn) -> list[Event]:
        pick, size = _pick(draw), draw(st.integers(0, max_size))
        if not legal:
            return random_histories.arbitrary(
                pick, tuple(types), size, days=days, builders=builders
            )
        return random_histories.legal(
            pick,
            tuple(types),
            size,
            days=days,
            builders=builders,
            extensions=extensions,
            profile=profile,
        )

    return draw_history()


def _pick(draw: st.DrawFn) -> Pick:
    """Hypothesis chooses."""
    return lambda options: draw(st.sampled_from(options))
