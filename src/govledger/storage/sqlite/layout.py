"""What a ledger file looks like: its tables, triggers and marks.

Here: the statements that lay it out, and the version of the format. Not here: reading or
writing rows, or files of older formats (`migration`).

The log is `records`. What its sealed texts say stands in `disclosures`, for as long as it may.
How far followers have come stands in `cursors`, and is about the log, not of it. Everything else
is derived from the log, and can be made again.
"""

from __future__ import annotations

APPLICATION_ID = int.from_bytes(b"GovL")
"""Marks a SQLite file as a ledger (bytes 68 to 71 of the file)."""

LOG = """
CREATE TABLE IF NOT EXISTS {table} (
    position INTEGER PRIMARY KEY,
    originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (originator_id, originator_version)
);
CREATE TRIGGER IF NOT EXISTS {table}_are_never_changed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'a ledger is append-only: records are never changed'); END;
CREATE TRIGGER IF NOT EXISTS {table}_are_never_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'a ledger is append-only: records are never deleted'); END;
CREATE TRIGGER IF NOT EXISTS {table}_have_no_gaps BEFORE INSERT ON {table}
WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM {table})
BEGIN SELECT RAISE(ABORT, 'a ledger has no gaps: the next position comes next'); END;
CREATE TRIGGER IF NOT EXISTS {table}_are_never_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE originator_id = NEW.originator_id
    AND originator_version = NEW.originator_version)
BEGIN SELECT RAISE(ABORT, 'a ledger is append-only: records are never replaced'); END
"""

DISCLOSURES = """
CREATE TABLE IF NOT EXISTS disclosures (
    digest TEXT PRIMARY KEY,
    array TEXT NOT NULL
) WITHOUT ROWID
"""

CURSORS = """
CREATE TABLE IF NOT EXISTS cursors (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID
"""
"""Made when a follower is first given a name; a file without it is whole."""

DERIVED = """
CREATE TABLE IF NOT EXISTS tree (
    number INTEGER PRIMARY KEY,
    hash BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS calendar (
    zone TEXT PRIMARY KEY,
    rules TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subjects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    first INTEGER NOT NULL,
    earliest INTEGER
);
CREATE INDEX IF NOT EXISTS subjects_by_kind ON subjects (kind);
CREATE INDEX IF NOT EXISTS subjects_by_first ON subjects (first);
CREATE INDEX IF NOT EXISTS subjects_by_earliest ON subjects (earliest, kind);
CREATE TABLE IF NOT EXISTS keys (
    value TEXT PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (
    named INTEGER NOT NULL,
    naming INTEGER NOT NULL,
    PRIMARY KEY (named, naming)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spans (
    subject INTEGER NOT NULL,
    since INTEGER NOT NULL,
    known_from INTEGER NOT NULL,
    known_until INTEGER NOT NULL,
    status TEXT,
    meeting INTEGER,
    state BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS spans_by_subject
    ON spans (subject, since, known_from, known_until);
CREATE INDEX IF NOT EXISTS spans_by_status ON spans (status, subject);
CREATE INDEX IF NOT EXISTS spans_by_meeting ON spans (meeting, subject)
    WHERE meeting IS NOT NULL;
CREATE TABLE IF NOT EXISTS findings (
    subject INTEGER NOT NULL,
    position INTEGER NOT NULL,
    known_from INTEGER NOT NULL,
    number INTEGER NOT NULL,
    since INTEGER NOT NULL,
    known_until INTEGER NOT NULL,
    finding BLOB NOT NULL,
    PRIMARY KEY (subject, position, known_from, number)
) WITHOUT ROWID
"""


def statements(script: str, table: str = "records") -> list[str]:
    """The single statements of `LOG`, for a table of that name, or of the others."""
    parts = script.format(table=table).split("CREATE ")[1:]
    return [f"CREATE {part.strip().removesuffix(';')}" for part in parts]
