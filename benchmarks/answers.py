"""What contenders answer, in one form: nobody's time counts unless all answers are equal."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

JUDGED = ("motion/", "mandate/", "blockade/", "proposal/")
"""The subjects that have a status."""

Answer = Iterable[tuple[str, ...]]
"""Lines such as (subject, status, the day since when)."""


def digest(answer: Answer) -> str:
    """The digest of an answer, whatever the order of its lines."""
    lines = sorted("\t".join(line) + "\n" for line in answer)
    return sha256("".join(lines).encode()).hexdigest()
