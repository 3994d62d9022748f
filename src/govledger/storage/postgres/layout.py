"""What a ledger's schema looks like in PostgreSQL: its tables, triggers and its mark.

Here: all that is made, written as the catalogue of PostgreSQL tells it, so that what was made
and what is there can be compared word for word. Not here: reading or writing rows.

Text is compared by its bytes (collation "C"), as SQLite and Python do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from govledger.storage.tables.columns import FORMAT

MARK = "govledger, format "
"""The comment on the log of every ledger, before the version of its format."""

COMMENT = f"{MARK}{FORMAT}"

LOG: Mapping[str, tuple[str, ...]] = {
    "{log}": (
        "position bigint NOT NULL",
        "originator_id {id} NOT NULL",
        "originator_version bigint NOT NULL",
        'topic text COLLATE "C" NOT NULL',
        "state bytea NOT NULL",
        "PRIMARY KEY (position)",
        "UNIQUE (originator_id, originator_version)",
    ),
}

DISCLOSURES: Mapping[str, tuple[str, ...]] = {
    "disclosures": (
        'digest text COLLATE "C" NOT NULL',
        '"array" text COLLATE "C" NOT NULL',
        "PRIMARY KEY (digest)",
    ),
}

CURSORS: Mapping[str, tuple[str, ...]] = {
    "cursors": (
        'name text COLLATE "C" NOT NULL',
        "position bigint NOT NULL",
        "PRIMARY KEY (name)",
    ),
}

DERIVED: Mapping[str, tuple[str, ...]] = {
    "tree": ("number bigint NOT NULL", "hash bytea NOT NULL", "PRIMARY KEY (number)"),
    "calendar": (
        'zone text COLLATE "C" NOT NULL',
        'rules text COLLATE "C" NOT NULL',
        "PRIMARY KEY (zone)",
    ),
    "subjects": (
        "id bigint NOT NULL",
        'name text COLLATE "C" NOT NULL',
        'kind text COLLATE "C" NOT NULL',
        "first bigint NOT NULL",
        "earliest bigint",
        "PRIMARY KEY (id)",
        "UNIQUE (name)",
    ),
    "keys": (
        'value text COLLATE "C" NOT NULL',
        "first bigint NOT NULL",
        "last bigint NOT NULL",
        "PRIMARY KEY (value)",
    ),
    "links": (
        "named bigint NOT NULL",
        "naming bigint NOT NULL",
        "PRIMARY KEY (named, naming)",
    ),
    "spans": (
        "subject bigint NOT NULL",
        "since bigint NOT NULL",
        "known_from bigint NOT NULL",
        "known_until bigint NOT NULL",
        'status text COLLATE "C"',
        "meeting bigint",
        "state bytea NOT NULL",
    ),
    "findings": (
        "subject bigint NOT NULL",
        "position bigint NOT NULL",
        "known_from bigint NOT NULL",
        "number bigint NOT NULL",
        "since bigint NOT NULL",
        "known_until bigint NOT NULL",
        "finding bytea NOT NULL",
        "PRIMARY KEY (subject, position, known_from, number)",
    ),
}

INDEXES: Mapping[str, str] = {
    "subjects_by_kind": "INDEX subjects_by_kind ON {schema}.subjects USING btree (kind)",
    "subjects_by_first": "INDEX subjects_by_first ON {schema}.subjects USING btree (first)",
    "subjects_by_earliest": "INDEX subjects_by_earliest ON {schema}.subjects"
    " USING btree (earliest, kind)",
    "spans_by_subject": "UNIQUE INDEX spans_by_subject ON {schema}.spans"
    " USING btree (subject, since, known_from, known_until)",
    "spans_by_status": "INDEX spans_by_status ON {schema}.spans USING btree (status, subject)",
    "spans_by_meeting": "INDEX spans_by_meeting ON {schema}.spans"
    " USING btree (meeting, subject) WHERE (meeting IS NOT NULL)",
}
"""Those of the derived tables."""

FUNCTIONS: Mapping[str, str] = {
    "refuse_change": """
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE =
        'a ledger is append-only: records are never changed, deleted or replaced';
END
""",
    "refuse_gap": """
DECLARE
    lowest bigint; highest bigint; added bigint; before bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO lowest, highest, added FROM added_records;
    IF added > 0 THEN
        SELECT max(position) INTO before FROM {schema}.{log} WHERE position < lowest;
        IF lowest <> coalesce(before, 0) + 1 OR highest <> lowest + added - 1 THEN
            RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE =
                'a ledger has no gaps: the next position comes next';
        END IF;
    END IF;
    RETURN NULL;
END
""",
}
"""What the triggers run."""

TRIGGERS: Mapping[str, str] = {
    "{log}_are_never_changed": "TRIGGER {log}_are_never_changed BEFORE DELETE OR UPDATE"
    " ON {schema}.{log} FOR EACH ROW EXECUTE FUNCTION {schema}.refuse_change()",
    "{log}_are_never_cut_off": "TRIGGER {log}_are_never_cut_off BEFORE TRUNCATE"
    " ON {schema}.{log} FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change()",
    "{log}_have_no_gaps": "TRIGGER {log}_have_no_gaps AFTER INSERT"
    " ON {schema}.{log} REFERENCING NEW TABLE AS added_records"
    " FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_gap()",
}
"""They fire ALWAYS: for whoever replays changes from another server, too.

But logical replication inserts row by row, without a statement; it may leave gaps.
"""


def of_the_log(schema: str, log: str = "records", ids: str = "text") -> Iterator[str]:
    """The statements that make the log, append-only, and what stands beside it."""
    names = {"schema": schema, "log": log, "id": _TYPES[ids]}
    for name, body in FUNCTIONS.items():
        yield (
            f"CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $body${body.format(**names)}$body$"
        )
    yield from _tables(LOG, names)
    for name, definition in TRIGGERS.items():
        yield f"CREATE {definition}".format(**names)
        yield f"ALTER TABLE {schema}.{log} ENABLE ALWAYS TRIGGER {name}".format(**names)
    yield from _tables(DISCLOSURES, names)
    # Statistics would hold names, and keep them once they are erased.
    yield f'ALTER TABLE {schema}.disclosures ALTER COLUMN "array" SET STATISTICS 0'
    yield from _tables(CURSORS, names)


def of_what_is_derived(schema: str) -> Iterator[str]:
    """The statements that make the tables that are derived from the log."""
    names = {"schema": schema}
    yield from _tables(DERIVED, names)
    for definition in INDEXES.values():
        yield f"CREATE {definition}".format(**names)


def marking(schema: str, log: str = "records") -> str:
    """The statement that marks a schema as a ledger's."""
    return f"COMMENT ON TABLE {schema}.{log} IS '{COMMENT}'"


Told = tuple[str, str, str]
"""A table or function, the kind of thing that the catalogue tells of it, and what it tells."""


def expected() -> set[Told]:
    """What the catalogue tells of a schema that is as it was made (see `present`)."""
    names = {"log": "records", "id": _TYPES["text"]}
    made = {
        (name, "function", body.replace("{schema}.", "").format(**names))
        for name, body in FUNCTIONS.items()
    }
    for table, rows in {**LOG, **DISCLOSURES, **CURSORS, **DERIVED}.items():
        table = table.format(**names)
        made.add((table, "table", "rp"))
        if table == "disclosures":
            made.add((table, "statistics", "0"))
        for number, row in enumerate(rows, start=1):
            row = row.format(**names).replace('"array"', "array")
            is_column = not row.startswith(("PRIMARY KEY", "UNIQUE"))
            made.add((table, *(("column", f"{number} {row}") if is_column else ("key", row))))
    for kind, several in (("index", INDEXES), ("trigger", TRIGGERS)):
        for row in several.values():
            row = row.replace("{schema}.", "").format(**names)
            made.add((row.split(" ON ")[1].split(" ")[0], kind, row))
    return made


def present(cursor: Any, schema: str) -> set[Told]:
    """All that makes up the tables of a schema, and all functions and operators in it.

    Those of somebody else would be taken for PostgreSQL's own where the schema is on the path.
    """
    rows = cursor.execute(_FOUND, {"schema": schema, "tables": list(TABLES)}).fetchall()
    return {
        (table, kind, told if kind == "column" else told.replace(f"{schema}.", ""))
        for table, kind, told in rows
    }


def unreadable(found: Collection[Told], tables: Collection[str] = ()) -> str:
    """What cannot be read as it was written, or would run what somebody put there; or nothing.

    Of these tables only, or of all. A table that is gone is no such thing.
    """
    seen = {row for row in map(_seen, found) if row is not None}
    made = {row for row in map(_seen, expected()) if row is not None}
    there = {table for table, kind, _ in found if kind == "table"}
    wrong = {row[:2] for row in seen ^ made if row[0] in there}
    chosen = sorted(row for row in wrong if not tables or row[0] in tables)
    return f"{chosen[0][1]} of {chosen[0][0]}" if chosen else ""


def _seen(row: Told) -> Told | None:
    """What of a table is seen by whoever reads it: what it is, its columns and policies."""
    table, kind, told = row
    if kind == "table":
        return table, kind, told[0]
    if kind == "column":
        return table, kind, told.removesuffix(" DEFAULT").removesuffix(" NOT NULL")
    return row if kind == "policy" else None


def _tables(tables: Mapping[str, tuple[str, ...]], names: Mapping[str, str]) -> Iterator[str]:
    for table, rows in tables.items():
        yield f"CREATE TABLE {{schema}}.{table} ({', '.join(rows)})".format(**names)


_TYPES = {"text": 'text COLLATE "C"', "uuid": "uuid"}

TABLES = ("records", *DISCLOSURES, *CURSORS, *DERIVED)
"""The tables of a ledger."""

_FOUND = """
WITH tables AS (
    SELECT * , oid AS id FROM pg_class WHERE relnamespace = to_regnamespace(%(schema)s)
    AND relname = ANY(%(tables)s) AND relkind IN ('r', 'p', 'v', 'm', 'f')
)
SELECT CAST(relname AS text), 'table', CAST(relkind AS text) || CAST(relpersistence AS text)
    || CASE WHEN relrowsecurity THEN ' row security' ELSE '' END FROM tables
UNION ALL
SELECT relname, 'column', row_number() OVER (PARTITION BY attrelid ORDER BY attnum)
    || ' ' || attname || ' ' || format_type(atttypid, atttypmod)
    || CASE WHEN attcollation = 0 THEN '' ELSE ' COLLATE ' || (
        SELECT CASE WHEN collnamespace = CAST('pg_catalog' AS regnamespace) THEN '"' ELSE '?"' END
        || collname || '"' FROM pg_collation WHERE oid = attcollation) END
    || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
    || CASE WHEN atthasdef THEN ' DEFAULT' ELSE '' END
FROM tables JOIN pg_attribute ON attrelid = id AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT relname, 'key', replace(pg_get_constraintdef(pg_constraint.oid), '"', '')
FROM tables JOIN pg_constraint ON conrelid = id AND contype NOT IN ('n', 't')
UNION ALL
SELECT relname, 'index', substr(pg_get_indexdef(indexrelid), 8)
FROM tables JOIN pg_index ON indrelid = id AND indisvalid
WHERE NOT EXISTS (
    SELECT 1 FROM pg_constraint WHERE conrelid = indrelid AND conindid = indexrelid
)
UNION ALL
SELECT relname, 'trigger', substr(pg_get_triggerdef(pg_trigger.oid), 8)
    || CASE tgenabled WHEN 'A' THEN '' ELSE ' (not always)' END
FROM tables JOIN pg_trigger ON tgrelid = id AND NOT tgisinternal
UNION ALL
SELECT relname, 'rule', rulename FROM tables JOIN pg_rewrite ON ev_class = id
UNION ALL
SELECT relname, 'policy', polname FROM tables JOIN pg_policy ON polrelid = id
UNION ALL
SELECT relname, 'inheritance', 'tables' FROM tables
JOIN pg_inherits ON inhrelid = id OR inhparent = id
UNION ALL
SELECT relname, 'statistics', CAST(coalesce(attstattarget, -1) AS text)
FROM tables JOIN pg_attribute ON attrelid = id AND attname = 'array'
UNION ALL
SELECT relname, 'statistics', stxname FROM tables JOIN pg_statistic_ext ON stxrelid = id
WHERE relname = 'disclosures'
UNION ALL
SELECT proname, 'function', prosrc || CASE WHEN prokind = 'f' AND pronargs = 0
    AND prorettype = CAST('trigger' AS regtype) AND lanname = 'plpgsql'
    AND proconfig IS NULL AND NOT prosecdef THEN '' ELSE ' (of another kind)' END
FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
WHERE pronamespace = to_regnamespace(%(schema)s)
UNION ALL
SELECT oprname, 'operator', CAST(pg_operator.oid AS text) FROM pg_operator
WHERE oprnamespace = to_regnamespace(%(schema)s)
"""
