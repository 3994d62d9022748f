"""What the tables of a ledger are called in every database, and the version of their format.

Here: names, columns and keys. Not here: the statements that make tables, which differ.
"""

from __future__ import annotations

FORMAT = 3
"""The version of the format, of tables and of what is in them."""

DERIVED_TABLES = {
    "calendar": "zone, rules",
    "subjects": "id, name, kind, first, earliest",
    "keys": "value, first, last",
    "links": "named, naming",
    "spans": "subject, since, known_from, known_until, status, meeting, state",
    "findings": "subject, position, known_from, number, since, known_until, finding",
}
"""The tables that are derived from the log, that are made again to be compared, and their columns.

The tree is compared with the log as that is read (`govledger.audit`).
"""

IDENTITY = {"calendar": 1, "subjects": 1, "keys": 1, "links": 2, "spans": 3, "findings": 4}
"""How many of these columns tell one row from another."""
