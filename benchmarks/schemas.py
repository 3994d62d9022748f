"""Measure what a schema costs: many ledgers in one database of a PostgreSQL server.

python -m benchmarks.schemas URL [--ledgers 1000] [--pg-dump PROGRAM]

URL is that of an empty database, without ?ledger=; what is made there stays there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from govledger import Ledger, MotionSubmitted
from govledger.cli.datasets import read_dataset
from govledger.dataset import import_dataset, ledger_options

EXAMPLE = Path(__file__).parents[1] / "examples" / "vng_balv_2018" / "balv-2018.yaml"

CATALOGUE = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
"""
IN_SCHEMA = """
WITH tables AS (
    SELECT oid, reltoastrelid FROM pg_class
    WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r'
)
SELECT (SELECT sum(pg_total_relation_size(oid)) FROM tables),
    (SELECT count(*) FROM tables),
    (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND
        (relnamespace = %(schema)s::regnamespace
        OR oid IN (SELECT reltoastrelid FROM tables)
        OR oid IN (SELECT indexrelid FROM pg_index JOIN tables ON indrelid = reltoastrelid)))
"""
ROWS = """
SELECT sum(reltuples) FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace
AND relkind = 'r'
"""
MEMORY = "SELECT sum(total_bytes) FROM pg_backend_memory_contexts"
VISITED = ("records", "subjects", "spans", "keys", "links", "tree", "findings", "disclosures")


def main() -> None:
    """Make ledgers, and print what they cost."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.schemas", description="Measure what a schema costs."
    )
    parser.add_argument("url", help="an empty database, without ?ledger=")
    parser.add_argument("--ledgers", type=int, default=1_000, help="how many (default: 1000)")
    parser.add_argument("--pg-dump", default="pg_dump", help="the program")
    given = parser.parse_args()
    mark = "&" if "?" in given.url else "?"
    urls = [f"{given.url}{mark}ledger=n{n}" for n in range(given.ledgers)]
    with psycopg.connect(given.url, autocommit=True) as raw:
        before = sizes(raw)
        making = [timed(lambda url=url: Ledger.open(url).close()) for url in urls]  # type: ignore[misc]
        after_making = sizes(raw)
        recording = [timed(lambda url=url: few(url)) for url in urls]  # type: ignore[misc]
        after = sizes(raw)
        tables = raw.execute(IN_SCHEMA, {"schema": "govledger_n0"}).fetchone()
        example(f"{given.url}{mark}ledger=balv")
        of_example = raw.execute(IN_SCHEMA, {"schema": "govledger_balv"}).fetchone()
        say("tables, with those of indexes and long values", f"{tables[1]}, {tables[2]}")
        tenth = max(1, given.ledgers // 10)
        say("time to make one, first tenth, last tenth", ms(making[:tenth]), ms(making[-tenth:]))
        say("open it, write 5 records, close it", ms(recording))
        for name, index in (("database", 0), ("catalogue", 1)):
            say(f"{name} before", kb(before[index]))
            say(f"{name} for each that was made", kb(after_making[index] - before[index], urls))
            say(f"{name} for each with records", kb(after[index] - before[index], urls))
        say("tables and indexes of one of these", kb(tables[0]))
        say("tables and indexes of the example", kb(of_example[0]))
        say("rows of the catalogue for each", f"{(after[2] - before[2]) / len(urls):.0f}")
    opening = [timed(lambda url=url: Ledger.open(url).close()) for url in urls[:100]]  # type: ignore[misc]
    say("open one", ms(opening))
    memory(given.url, len(urls))
    dump(given, [])
    dump(given, ["-n", "govledger_n0"])


def sizes(raw: psycopg.Connection[Any]) -> tuple[int, int, int]:
    """Bytes of the database and of its catalogue, and the rows of that."""
    raw.execute("VACUUM ANALYZE")
    raw.execute("CHECKPOINT")
    (size,) = raw.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
    (catalogue,) = raw.execute(CATALOGUE).fetchone() or (0,)
    (rows,) = raw.execute(ROWS).fetchone() or (0,)
    return int(size), int(catalogue), int(rows)


def few(url: str) -> None:
    """Write five records."""
    with Ledger.open(url) as ledger:
        for n in range(5):
            ledger.record(MotionSubmitted(f"m{n}", title=f"On {n}", on="2024-04-01"), key=f"k{n}")


def example(url: str) -> None:
    """Make the ledger of the example."""
    dataset = read_dataset(EXAMPLE)
    with Ledger.open(url, **ledger_options(dataset)) as ledger:
        import_dataset(ledger, dataset)


def memory(url: str, number: int) -> None:
    """What a connection holds that has read the tables of several ledgers."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as raw:
        raw.execute(MEMORY)
        visited = 0
        for goal in (0, 1, 10, 100, 1_000):
            while visited < min(goal, number):
                for table in VISITED:
                    raw.execute(f"SELECT * FROM govledger_n{visited}.{table} LIMIT 1")
                visited += 1
            (held,) = raw.execute(MEMORY).fetchone() or (0,)
            say(f"memory of a connection after {visited} ledgers", kb(held))


def dump(given: argparse.Namespace, options: list[str]) -> None:
    """What a backup takes."""
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the program is the caller's
        [given.pg_dump, "-d", given.url, *options], capture_output=True, check=False
    )
    took = time.perf_counter() - began
    what = " ".join(["pg_dump", *options])
    if done.returncode:
        say(what, done.stderr.decode(errors="replace").strip().splitlines()[0])
    else:
        say(what, f"{took:.2f} s", kb(len(done.stdout)))


def timed(work: Callable[[], object]) -> float:
    """Seconds that work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ms(times: list[float]) -> str:
    """The median, in words."""
    return f"{median(times) * 1_000:.1f} ms"


def kb(size: float, among: list[str] | None = None) -> str:
    """A number of bytes, for each of some, in words."""
    return f"{size / 1_024 / len(among or ['']):,.1f} KB"


def say(what: str, *figures: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{what}: {', '.join(figures)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
