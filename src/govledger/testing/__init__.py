"""A kit for the tests of those who embed govledger: given / when / then, factories, a clock.

The public face of the kit: it re-exports and defines nothing. The strategies for Hypothesis are
in `govledger.testing.strategies`, the fixtures for pytest in `pytest_govledger`.
"""

from govledger.testing.clock import FixedClock
from govledger.testing.extensions import OldBody, check_extension
from govledger.testing.factories import (
    a_blockade,
    a_completed_motion,
    a_held_over_motion,
    a_mandate,
    a_meeting,
    a_motion,
    a_proposal,
    a_rejected_motion,
    an_adopted_motion,
    several,
)
from govledger.testing.stories import Story, given

__all__ = (
    "FixedClock",
    "OldBody",
    "Story",
    "a_blockade",
    "a_completed_motion",
    "a_held_over_motion",
    "a_mandate",
    "a_meeting",
    "a_motion",
    "a_proposal",
    "a_rejected_motion",
    "an_adopted_motion",
    "check_extension",
    "given",
    "several",
)
