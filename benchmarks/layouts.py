"""Layouts of derived spans and of the log itself in SQLite, measured side by side.

Run with `python -m benchmarks.layouts [--records 100000] [--part spans|log] [--only PATTERN ...]`.
All layouts answer the same questions; unequal answers stop the run before a time is printed.
"""

import argparse
import hashlib
import random
import sqlite3
import sys
import tempfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from itertools import count, islice
from operator import itemgetter
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

SEED = 20_180_627
BATCH = 1_000
APPENDS = 60
START = 1_500_000_000_000_000  # microseconds: valid time begins in 2017 ...
DAY = 86_400_000_000
YEARS = 3_650 * DAY  # ... and runs for ten years
FOREVER = 1 << 62  # no end of valid time
NEVER = 1 << 40  # no position from which it is known no more
RARE = "lapsed"
COMMON = "submitted debated amended adopted rejected withdrawn completed postponed referred"
STATUSES = [RARE, *COMMON.split() * 11]
NOISE = random.Random(SEED).randbytes(1 << 16)  # noqa: S311 - filler, no secret


def say(line=""):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def blob(mark, size):
    at = mark % (len(NOISE) - size)
    return b"%012x" % mark + NOISE[at : at + size - 12]


# --- the input: records, and what each makes of the states of its subject -----------------


@dataclass(slots=True)
class Live:
    """A state as known now; for each layout the position its row is known from."""

    vf: int
    mark: int
    rectangle: int
    step: int
    start: int


class Fact(NamedTuple):
    """A record, the states of its subject that it changes, and what they become."""

    position: int
    subject: int | str
    kind: int | str
    meeting: int
    on: int
    before: Live | None  # the state that held until `on`, as it was
    changed: list[Live]  # those that held later, as they were
    after: list[tuple[int, int, int]]  # what holds from `on`: vf, vt, mark


def folded(mark, position):
    return hash((mark, position)) & 0xFFFF_FFFF_FFFF


def kind_of(subject):
    return hash((subject, 2)) % 5


def facts(records) -> Iterator[Fact]:
    """The same records each time, in order of valid time but for one in fifty."""
    rng = random.Random(SEED)  # noqa: S311 - the same input each time
    lives: list[list[Live]] = []
    inputs: list[list[tuple[int, int]]] = []
    position = 0
    while True:
        position += 1
        on = START + YEARS * position // records
        if not lives or rng.random() < 0.2:
            lives.append([])
            inputs.append([])
        first = max(0, len(lives) - 1_000)
        subject = len(lives) - 1 if not lives[-1] else rng.randrange(first, len(lives))
        live, known = lives[subject], inputs[subject]
        if live and rng.random() < 0.02:
            on = rng.randrange(live[0].vf - DAY, live[-1].vf)
        at = bisect_left(known, (on, 0))
        before = replace(live[at - 1]) if at else None
        changed = live[at:]
        known.insert(at, (on, position))
        if before:
            live[at - 1].rectangle = position
            live[at - 1].step = position if changed else before.step
        mark, after = before.mark if before else 0, []
        for n, (vf, p) in enumerate(known[at:], at + 1):
            mark = folded(mark, p)
            after.append((vf, known[n][0] if n < len(known) else FOREVER, mark))
        live[at:] = [Live(vf, mark, position, position, position) for vf, _, mark in after]
        meeting = hash((subject, 3)) % max(1, records // 300)
        yield Fact(position, subject, kind_of(subject), meeting, on, before, changed, after)


# --- the rows that each layout makes of a fact --------------------------------------------


class Work(NamedTuple):
    """The rows to add, the ends that become known, and the rows known no more."""

    rows: list[tuple]  # vf, vt, kf, kt, mark
    ends: list[tuple]  # vf and kf of the row
    closed: list[tuple]  # vf and kf of the row


def rectangles(fact: Fact) -> Work:
    """Holds for vf <= t < vt, known for kf <= k < kt."""
    old = [fact.before, *fact.changed] if fact.before else fact.changed
    kept = [(fact.before.vf, fact.on, fact.before.mark)] if fact.before else []
    rows = [(vf, vt, fact.position, NEVER, mark) for vf, vt, mark in kept + fact.after]
    return Work(rows, [], [(live.vf, live.rectangle) for live in old])


def steps(fact: Fact) -> Work:
    """Holds from vf, known for kf <= k < ke; that it ends at vt is known from kt."""
    if not fact.changed:
        ends = [(fact.before.vf, fact.before.step)] if fact.before else []
        return Work([(fact.on, FOREVER, fact.position, NEVER, fact.after[0][2])], ends, [])
    old = [fact.before, *fact.changed] if fact.before else fact.changed
    kept = [(fact.before.vf, fact.on, fact.before.mark)] if fact.before else []
    rows = [
        (vf, vt, fact.position, NEVER if vt == FOREVER else fact.position, mark)
        for vf, vt, mark in kept + fact.after
    ]
    return Work(rows, [], [(live.vf, live.step) for live in old])


def starts(fact: Fact) -> Work:
    """Holds from vf until the next one known, known for kf <= k < ke; no end is kept."""
    rows = [(vf, None, fact.position, None, mark) for vf, _, mark in fact.after]
    return Work(rows, [], [(live.vf, live.start) for live in fact.changed])


# --- the layouts: tables, statements and questions ----------------------------------------

QUESTIONS = ("one", "page now", "page past", "status", "meeting", "all")
COLUMNS = {
    rectangles: "vf vt kf kt",
    steps: "vf vt kf kt ke",
    starts: "vf kf ke",
}
KNOWN = {
    rectangles: "{s}.vf <= :t AND :t < {s}.vt AND {s}.kf <= :k AND :k < {s}.kt",
    steps: "{s}.vf <= :t AND {s}.kf <= :k AND :k < {s}.ke AND (:t < {s}.vt OR :k < {s}.kt)",
    starts: "{s}.vf <= :t AND {s}.kf <= :k AND :k < {s}.ke",
}
NOW = {
    rectangles: f"{{s}}.vf <= :t AND :t < {{s}}.vt AND {{s}}.kt = {NEVER}",
    steps: f"{{s}}.vf <= :t AND :t < {{s}}.vt AND {{s}}.ke = {NEVER}",
    starts: f"{{s}}.vf <= :t AND {{s}}.ke = {NEVER}",
}


def boxed(row):
    until = min(row["vt"] // DAY, 1 << 30)
    known = row["kf"], min(row["kt"], 1 << 30)
    return row["id"], row["subject"], row["subject"], row["vf"] // DAY, until, *known


@dataclass(frozen=True)
class Layout:
    """How spans are laid out, and the statements that write and read them."""

    name: str
    work: Callable[[Fact], Work]
    key: str = ""  # a clustered table with this key; else rowids
    indexes: tuple[str, ...] = ()
    split: bool = False  # states in a table of their own
    seek: bool = False  # pages by a table of subjects, a seek for each
    boxes: bool = False  # an R*Tree over subject, days and positions
    named: bool = False  # subjects and kinds by name
    pragmas: bool = False  # measured under other pragmas too

    @property
    def small(self):
        """The columns of the spans but for the state."""
        ident = ["id"] if self.split or not self.key else []
        return [*ident, "subject", *COLUMNS[self.work].split(), "kind", "status", "meeting"]

    @property
    def ddl(self):
        kinds = {"status": "TEXT", "id": "INTEGER" if self.key else "INTEGER PRIMARY KEY"}
        if self.named:
            kinds |= {"subject": "TEXT", "kind": "TEXT"}
        columns = ", ".join(f"{column} {kinds.get(column, 'INTEGER')}" for column in self.small)
        state = "" if self.split else ", state BLOB"
        key = f", PRIMARY KEY ({self.key})) WITHOUT ROWID" if self.key else ")"

        yield f"CREATE TABLE spans ({columns}{state}{key}"
        for n, index in enumerate(self.indexes):
            yield f"CREATE INDEX spans_{n} ON spans {index}"
        if self.split:
            yield "CREATE TABLE states (id INTEGER PRIMARY KEY, state BLOB)"
        if self.seek and self.named:
            yield "CREATE TABLE subjects (id TEXT PRIMARY KEY, kind TEXT) WITHOUT ROWID"
        elif self.seek:
            yield "CREATE TABLE subjects (id INTEGER PRIMARY KEY, kind INTEGER)"
        if self.seek:
            yield "CREATE INDEX subjects_0 ON subjects (kind, id)"
        if self.boxes:
            yield "CREATE VIRTUAL TABLE boxes USING rtree_i32(id, s0, s1, vf, vt, kf, kt)"

    @property
    def inserts(self):
        """The statements that add a row, each with the values it takes."""
        columns = self.small if self.split else [*self.small, "state"]
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        yield f"INSERT INTO spans ({names}) VALUES ({marks})", itemgetter(*columns)
        if self.split:
            yield "INSERT INTO states VALUES (?, ?)", itemgetter("id", "state")
        if self.boxes:
            yield "INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?, ?)", boxed

    @property
    def ends(self):
        yield "UPDATE spans SET vt = ?1, kt = ?2 WHERE subject = ?3 AND vf = ?4 AND kf = ?5"

    @property
    def closes(self):
        until = "kt" if self.work is rectangles else "ke"
        place = "WHERE subject = ?2 AND vf = ?3 AND kf = ?4"
        yield f"UPDATE spans SET {until} = ?1 {place}"
        if self.boxes:
            yield f"UPDATE boxes SET kt = ?1 WHERE id = (SELECT id FROM spans {place})"

    @property
    def current(self):
        """The state of a subject that an in-order record follows."""
        until = "kt" if self.work is rectangles else "ke"
        return (
            f"SELECT vf, kf FROM spans WHERE subject = :s AND {until} = {NEVER}"
            " ORDER BY vf DESC LIMIT 1"
        )

    def known(self, now):
        """The condition that a row `s` answers."""
        where = (NOW if now else KNOWN)[self.work]
        if self.boxes:
            day = f":t / {DAY}"
            inside = f"b.vf <= {day} AND b.vt >= {day} AND b.kf <= :k AND b.kt >= :k"
            return f"{inside} AND {where.format(s='s')}"
        if self.work is not starts:
            return where.format(s="s")
        later = f"n.subject = s.subject AND n.vf > s.vf AND {where.format(s='n')}"
        return f"{where.format(s='s')} AND NOT EXISTS (SELECT 1 FROM spans n WHERE {later})"

    @property
    def questions(self):
        state = "b.state" if self.split else "s.state"
        joined = " JOIN states b ON b.id = s.id" if self.split else ""
        source = "boxes b JOIN spans s ON s.id = b.id" if self.boxes else f"spans s{joined}"
        select = f"SELECT s.subject, s.status, {state} FROM {source} WHERE"
        past, now = self.known(now=False), self.known(now=True)
        page = "ORDER BY s.subject LIMIT 50"
        one = f"{select} s.subject = :s AND {past}"
        if self.boxes:
            one = f"{select} b.s0 <= :s AND b.s1 >= :s AND {past}"
        elif self.work is not rectangles:
            last = KNOWN[starts].format(s="s")
            one = f"{select} s.subject = :s AND {last} ORDER BY s.vf DESC LIMIT 1"
        asked = {
            "one": one,
            "page now": f"{select} s.kind = :kind AND {now} {page}",
            "page past": f"{select} s.kind = :kind AND {past} {page}",
            "status": f"{select} s.status = :status AND s.kind = :kind AND {past} {page}",
            "meeting": f"{select} s.meeting = :meeting AND s.kind = :kind AND {past} {page}",
            "all": f"{select} {past}",
        }
        if self.seek:
            asked |= {
                "page now": f"{self._sought(state, joined, now=True)} u.kind = :kind {self.PAGE}",
                "page past": f"{self._sought(state, joined)} u.kind = :kind {self.PAGE}",
                "all": f"{self._sought(state, joined)} 1",
            }
        return asked

    PAGE = "ORDER BY u.id LIMIT 50"

    def _sought(self, state, joined, *, now=False):
        known = (NOW if now else KNOWN)[starts]
        ident = "vf" if self.key else "id"
        last = (
            f"(SELECT n.{ident} FROM spans n WHERE n.subject = u.id AND {known.format(s='n')}"
            " ORDER BY n.vf DESC LIMIT 1)"
        )
        on = f"s.id = {last}"
        if self.key:
            on = f"s.subject = u.id AND s.vf = {last} AND s.kf <= :k AND :k < s.ke"
        return (
            f"SELECT s.subject, s.status, {state} FROM subjects u CROSS JOIN spans s ON {on}"
            f"{joined} WHERE"
        )


CLUSTERED = "subject, vf, kf"
FILTERS = ("(status, kind, subject)", "(meeting, kind, subject)")
WIDE = ("(status, kind, subject, vf, kf, ke)", "(meeting, kind, subject, vf, kf, ke)")
PRESENT = f"(kind, subject, vf) WHERE kt = {NEVER}"
ENDLESS = "(subject, vf, kf, ke)"
COVERING = ("(subject, vf, vt, kf, kt, ke, kind, status)",)
SPLIT = Layout("D starts split +filters seek", starts, CLUSTERED, FILTERS, split=True, seek=True)
SPANS = (
    Layout("A rectangles clustered", rectangles, CLUSTERED, pragmas=True),
    Layout("A rectangles (subject,kf)", rectangles, indexes=("(subject, kf)",)),
    Layout("A rectangles clustered +present", rectangles, CLUSTERED, (PRESENT,)),
    Layout("A rectangles clustered +filters", rectangles, CLUSTERED, FILTERS),
    Layout("A rectangles R*Tree", rectangles, indexes=("(subject, kf)",), boxes=True),
    Layout("B steps clustered", steps, CLUSTERED, pragmas=True),
    Layout("B steps clustered +filters", steps, CLUSTERED, FILTERS),
    Layout("B steps clustered +filters seek", steps, CLUSTERED, FILTERS, seek=True),
    Layout("B steps (subject,vf)", steps, indexes=("(subject, vf)",)),
    Layout("B steps covering", steps, indexes=COVERING),
    Layout("B steps covering +filters", steps, indexes=COVERING + FILTERS),
    Layout("C steps split", steps, CLUSTERED, split=True),
    Layout("C steps split +filters", steps, CLUSTERED, FILTERS, split=True, pragmas=True),
    Layout("D starts clustered", starts, CLUSTERED),
    Layout("D starts clustered +filters seek", starts, CLUSTERED, FILTERS, seek=True),
    Layout("D starts rowid +filters seek", starts, "", (ENDLESS, *FILTERS), seek=True),
    Layout(
        "D starts rowid +wide filters seek", starts, "", (ENDLESS, *WIDE), seek=True, pragmas=True
    ),
    Layout("D starts split +filters", starts, CLUSTERED, FILTERS, split=True),
    replace(SPLIT, pragmas=True),
    replace(SPLIT, name=f"{SPLIT.name} text", named=True),
)


# --- the measuring ------------------------------------------------------------------------


def connect(path, mmap=0, cache=-2_000):
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute(f"PRAGMA mmap_size = {mmap}")
    raw.execute(f"PRAGMA cache_size = {cache}")
    return raw


def timed(call, *args):
    began = perf_counter()
    answer = call(*args)
    return perf_counter() - began, answer


class Store:
    """A fresh file in one layout, and the statements that facts become."""

    def __init__(self, layout: Layout, path: Path):
        self.layout = layout
        self.path = path
        self.ids = count(1)
        self.subjects: set = set()
        with closing(connect(path)) as raw:
            for statement in layout.ddl:
                raw.execute(statement)

    def name(self, subject):
        return f"vng/motion-of-2018-06/{subject:08d}" if self.layout.named else subject

    def kind(self, kind):
        return f"motion.kind-{kind}" if self.layout.named else kind

    def statements(self, batch):
        """What to run for these facts: rows come first, changes find them by key."""
        rows, ends, closed, new = [], [], [], []
        for fact in batch:
            subject, kind = self.name(fact.subject), self.kind(fact.kind)
            work = self.layout.work(fact)
            for vf, vt, kf, kt, mark in work.rows:
                rows.append(
                    {"id": next(self.ids), "subject": subject, "kind": kind}
                    | {"vf": vf, "vt": vt, "kf": kf, "kt": kt, "ke": NEVER}
                    | {"meeting": fact.meeting, "state": blob(mark, 220)}
                    | {"status": STATUSES[mark % len(STATUSES)]}
                )
            ends += [(fact.on, fact.position, subject, vf, kf) for vf, kf in work.ends]
            closed += [(fact.position, subject, vf, kf) for vf, kf in work.closed]
            if fact.subject not in self.subjects:
                self.subjects.add(fact.subject)
                new.append((subject, kind))
        if self.layout.seek and new:
            yield "INSERT INTO subjects VALUES (?, ?)", new
        for statement, values in self.layout.inserts:
            yield statement, [values(row) for row in rows]
        for statement in self.layout.ends if ends else ():
            yield statement, ends
        for statement in self.layout.closes if closed else ():
            yield statement, closed

    def build(self, stream, records, cache=-2_000):
        """Seconds in SQLite for records in transactions of a thousand, and the file's bytes."""
        seconds = 0.0
        with closing(connect(self.path, cache=cache)) as raw:
            for _ in range(0, records, BATCH):
                work = list(self.statements(islice(stream, BATCH)))
                seconds += timed(write, raw, work)[0]
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return seconds, self.path.stat().st_size

    def append(self, raw, stream):
        """Seconds for one append in order; late ones before it are not counted."""
        while True:
            fact = next(stream)
            work = list(self.statements([fact]))
            if fact.changed or not fact.before:
                write(raw, work)
                continue
            asked = self.layout.current, {"s": self.name(fact.subject)}
            seconds, found = timed(write, raw, work, asked)
            assert found[0] == fact.before.vf
            return seconds

    def ask(self, asked, *, mmap=0, cache=-2_000):
        """The median seconds of each question, and a digest of the answers."""
        spent, digest = {}, {}
        with closing(connect(self.path, mmap, cache)) as raw:
            for question, sql in self.layout.questions.items():
                times, answers = [], hashlib.sha256()
                for values in asked[question]:
                    values = values | {"s": self.name(values["s"])}
                    values["kind"] = self.kind(values["kind"])
                    seconds, rows = timed(fetch, raw, sql, values)
                    times.append(seconds)
                    if self.layout.named:
                        rows = [(int(s[-8:]), *rest) for s, *rest in rows]
                    answers.update(repr(sorted(map(tuple, rows))).encode())
                spent[question] = median(times)
                digest[question] = answers.hexdigest()
        return spent, digest


def fetch(raw, sql, values):
    return raw.execute(sql, values).fetchall()


def write(raw, work, asked=None):
    raw.execute("BEGIN IMMEDIATE")
    found = raw.execute(*asked).fetchone() if asked else None
    for statement, rows in work:
        raw.executemany(statement, rows)
    raw.execute("COMMIT")
    return found


def questions(records):
    """The same questions each time; the day asked may lie before or after what was known."""
    rng = random.Random(SEED + 1)  # noqa: S311 - the same questions each time
    repeats = {"one": 400, "page now": 60, "page past": 60, "status": 20, "meeting": 40, "all": 5}
    asked = defaultdict(list)
    for question, times in repeats.items():
        for _ in range(times):
            at, known = rng.uniform(0.4, 1.0), rng.uniform(0.4, 1.0)
            k = records if question == "page now" else int(records * known)
            subject = rng.randrange(int(records * at) // 5)
            asked[question].append(
                {"s": subject, "t": START + int(YEARS * at), "k": k, "status": RARE}
                | {"kind": rng.randrange(5), "meeting": rng.randrange(max(1, records // 300))}
            )
    return asked


def expected(records, asked):
    """What the records say of one subject, found without any layout."""
    wanted = {values["s"] for values in asked["one"]}
    inputs = defaultdict(list)
    for fact in islice(facts(records), records):
        if fact.subject in wanted:
            inputs[fact.subject].append((fact.on, fact.position))
    answers = hashlib.sha256()
    for values in asked["one"]:
        mark, rows = 0, []
        for on, position in sorted(inputs[values["s"]]):
            if on <= values["t"] and position <= values["k"]:
                mark = folded(mark, position)
                rows = [(values["s"], STATUSES[mark % len(STATUSES)], blob(mark, 220))]
        answers.update(repr(rows).encode())
    return answers.hexdigest()


def table(title, head, rows):
    cells = [head, *rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    say(f"\n{title}")
    for row in cells:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join([row[0].ljust(len(first)), *rest]))


def micro(seconds):
    return f"{seconds * 1e6:,.0f}"


def appends(stores):
    """Median seconds of an append to each, by turns, durable and without waiting for the disk."""
    spent = []
    for synchronous in ("FULL", "OFF"):
        opened = [(*store, connect(store[0].path), []) for store in stores]
        for _ in range(APPENDS):
            for store, stream, raw, times in opened:
                raw.execute(f"PRAGMA synchronous = {synchronous}")
                times.append(store.append(raw, stream))
        for *_, raw, _ in opened:
            raw.close()
        spent.append([median(times) for *_, times in opened])
    return zip(*spent, strict=True)


def under_pragmas(store, records, asked, folder):
    for cache in (2, 64):
        path = folder / "again.db"
        built = Store(store.layout, path).build(facts(records), records, -1_000 * cache)[0]
        path.unlink()
        for mmap in (0, 256):
            spent = store.ask(asked, mmap=mmap << 20, cache=-1_000 * cache)[0]
            name = f"{store.layout.name}, cache {cache}, mmap {mmap}"
            yield [name, micro(built / records), *(micro(spent[each]) for each in QUESTIONS)]


def compare_spans(records, only, folder):
    asked = questions(records)
    agreed = {"one": expected(records, asked)}
    stores, rows, tuned = [], [], []
    for layout in SPANS:
        if only and not any(fnmatch(layout.name, pattern) for pattern in only):
            continue
        store, stream = Store(layout, folder / f"{len(stores)}.db"), facts(records)
        seconds, size = store.build(stream, records)
        spent, digest = store.ask(asked)
        for question in QUESTIONS:
            same = agreed.setdefault(question, digest[question]) == digest[question]
            assert same, f"{layout.name} answers {question!r} otherwise"
        if layout.pragmas:
            tuned += under_pragmas(store, records, asked, folder)
        stores.append((store, stream))
        numbers = [size / records, *(spent[question] * 1e6 for question in QUESTIONS)]
        rows.append([layout.name, micro(seconds / records), *(f"{n:,.0f}" for n in numbers)])
    for row, spent in zip(rows, appends(stores), strict=True):
        row[2:2] = map(micro, spent)
    head = ["microseconds", "build", "append", "unsynced", "bytes", *QUESTIONS]
    table(f"Spans of {records:,} records", head, rows)
    table("The same under other pragmas (MiB)", ["microseconds", "build", *QUESTIONS], tuned)


# --- the log: names in every record against numbers and dictionaries ----------------------

TYPES = [f"motion.{word}@1" for word in COMMON.split()]
TRIGGERS = {
    "change": """CREATE TRIGGER never_changed BEFORE UPDATE ON records
        BEGIN SELECT RAISE(ABORT, 'never changed'); END""",
    "delete": """CREATE TRIGGER never_deleted BEFORE DELETE ON records
        BEGIN SELECT RAISE(ABORT, 'never deleted'); END""",
    "gaps": """CREATE TRIGGER no_gaps BEFORE INSERT ON records
        WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM records)
        BEGIN SELECT RAISE(ABORT, 'no gaps'); END""",
    "replace": """CREATE TRIGGER never_replaced BEFORE INSERT ON records
        WHEN EXISTS (SELECT 1 FROM records WHERE {key} = NEW.{key} AND {version} = NEW.{version})
        BEGIN SELECT RAISE(ABORT, 'never replaced'); END""",
}
TEXT = """CREATE TABLE records (position INTEGER PRIMARY KEY, originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL,
    UNIQUE (originator_id, originator_version))"""
COMPACT = """CREATE TABLE records (position INTEGER PRIMARY KEY, subject INTEGER NOT NULL,
    version INTEGER NOT NULL, type INTEGER NOT NULL, state BLOB NOT NULL,
    UNIQUE (subject, version));
    CREATE TABLE subjects (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"""
JOINED = """SELECT r.position, s.name, r.version, t.name, r.state FROM records r
    CROSS JOIN subjects s ON s.id = r.subject CROSS JOIN types t ON t.id = r.type"""
READS = {
    False: {
        "in order": "SELECT * FROM records ORDER BY position",
        "one": "SELECT * FROM records WHERE originator_id = ? ORDER BY originator_version",
        "by subject": "SELECT * FROM records ORDER BY originator_id, originator_version",
    },
    True: {
        "in order": f"{JOINED} ORDER BY r.position",
        "one": f"{JOINED} WHERE r.subject = (SELECT id FROM subjects WHERE name = ?)"
        " ORDER BY r.version",
        "by subject": f"{JOINED} ORDER BY r.subject, r.version",
    },
}


class Log:
    """A fresh file with a log in it."""

    def __init__(self, path, triggers, *, compact):
        self.path, self.compact = path, compact
        self.known = {}
        key, version = "originator_id", "originator_version"
        if compact:
            key, version = "subject", "version"
        with closing(connect(path)) as raw:
            raw.executescript(COMPACT if compact else TEXT)
            for trigger in triggers:
                raw.execute(TRIGGERS[trigger].format(key=key, version=version))
            if compact:
                raw.executemany("INSERT INTO types (name) VALUES (?)", [(t,) for t in TYPES])

    def statements(self, batch):
        if self.compact:
            new = []
            for n, (position, name, version, kind, body) in enumerate(batch):
                if name not in self.known:
                    self.known[name] = len(self.known) + 1
                    new.append((self.known[name], name))
                kind = TYPES.index(kind) + 1
                batch[n] = position, self.known[name], version, kind, body
            if new:
                yield "INSERT INTO subjects VALUES (?, ?)", new
        yield "INSERT INTO records VALUES (?, ?, ?, ?, ?)", batch

    def reads(self, names):
        """The median seconds of each way to read, and a digest of what was read."""
        spent, digest = [], []
        with closing(connect(self.path)) as raw:
            for sql in READS[self.compact].values():
                asked = [(name,) for name in names] if "?" in sql else [()] * 3
                answers = [timed(fetch, raw, sql, values) for values in asked]
                spent.append(median(seconds for seconds, _ in answers))
                rows = sorted(row for _, rows in answers for row in rows)
                digest.append(hashlib.sha256(repr(rows).encode()).hexdigest())
        return spent, digest


def log_of(records):
    versions: dict = defaultdict(int)
    for fact in facts(records):
        name = f"vng/motion-of-2018-06/{fact.subject:08d}"
        versions[name] += 1
        mark = folded(fact.position, fact.subject)
        body = blob(mark, 300)
        yield fact.position, name, versions[name], TYPES[mark % len(TYPES)], body


def compare_logs(records, folder):
    every = tuple(TRIGGERS)
    guards = {
        "all triggers": every,
        "no triggers": (),
        "without change, delete": ("gaps", "replace"),
        "without gaps": tuple(t for t in every if t != "gaps"),
        "without replace": tuple(t for t in every if t != "replace"),
    }
    rng = random.Random(SEED)  # noqa: S311 - the same questions each time
    names = [f"vng/motion-of-2018-06/{rng.randrange(records // 5):08d}" for _ in range(400)]
    logs, rows, agreed = [], [], None
    for compact in (False, True):
        for guard, triggers in guards.items():
            log = Log(folder / f"log{len(logs)}.db", triggers, compact=compact)
            stream, seconds = log_of(records), 0.0
            with closing(connect(log.path)) as raw:
                for _ in range(0, records, BATCH):
                    work = list(log.statements(list(islice(stream, BATCH))))
                    seconds += timed(write, raw, work)[0]
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            spent, digest = log.reads(names)
            agreed = agreed or digest
            assert agreed == digest, f"{guard} reads otherwise"
            size = log.path.stat().st_size / records
            reads = [spent[0] / records, spent[1], spent[2] / records]
            rows.append([f"{'compact' if compact else 'text'}, {guard}"])
            rows[-1] += [f"{seconds / records * 1e6:.1f}", f"{size:,.0f}"]
            rows[-1] += [f"{seconds * 1e6:.2f}" for seconds in reads]
            logs.append((log, stream, connect(log.path), []))
    for synchronous in ("FULL", "OFF"):
        for _ in range(APPENDS):
            for log, stream, raw, times in logs:
                raw.execute(f"PRAGMA synchronous = {synchronous}")
                times.append(timed(write, raw, list(log.statements([next(stream)])))[0])
        for row, (*_, times) in zip(rows, logs, strict=True):
            row.append(micro(median(times[-APPENDS:])))
    for *_, raw, _ in logs:
        raw.close()
    head = ["microseconds", "build", "bytes", *READS[True], "append", "unsynced"]
    table(f"Log of {records:,} records (in order and by subject: for each record)", head, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--part", choices=("spans", "log"))
    parser.add_argument("--only", nargs="*", help="patterns of the names of the layouts wanted")
    given = parser.parse_args()
    if given.part != "log":
        with tempfile.TemporaryDirectory() as folder:
            compare_spans(given.records, given.only, Path(folder))
    if given.part != "spans":
        with tempfile.TemporaryDirectory() as folder:
            compare_logs(given.records, Path(folder))


if __name__ == "__main__":
    main()
