"""Converters for the fields of an extension's event types, and what marks them.

Here: names for whoever writes an extension, re-exported; nothing is defined. Each converter checks
a value that comes as text or JSON, or raises `InvalidInput`, which says how to write it.
"""

from govledger.events import REFERENCE, due, meeting, motion, subject_name, subjects, until
from govledger.source import source
from govledger.values import (
    PERSONAL,
    count,
    digest,
    flag,
    line,
    lines,
    personal,
    personals,
    text,
    texts,
)
from govledger.votes import tally
from govledger.when import when

__all__ = (
    "PERSONAL",
    "REFERENCE",
    "count",
    "digest",
    "due",
    "flag",
    "line",
    "lines",
    "meeting",
    "motion",
    "personal",
    "personals",
    "source",
    "subject_name",
    "subjects",
    "tally",
    "text",
    "texts",
    "until",
    "when",
)
