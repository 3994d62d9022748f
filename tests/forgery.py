"""What somebody can do who owns the file of a ledger: forgeries, careless and thorough.

Each function alters a closed ledger. `thorough=False` alters the rows that it is about and no
more. `thorough=True` is the strongest rewriting that there is: every record in its canonical
form, dense and numbered as if it had always been so, and the tree and everything derived made
again by the library itself. The triggers are back in their place afterwards, either way.

The Merkle tree is here once more, as RFC 9162 defines it and nothing else: what tests expect
must not come from the code that they test.
"""

import sqlite3
from collections import Counter
from contextlib import closing, contextmanager
from hashlib import sha256

from attrs import evolve

from govledger import Ledger, RecordRetracted
from govledger.codec import Entry, decode, encode
from govledger.integrity.personal import digests_in, disclose
from govledger.values import Sealed

# --- the tree of RFC 9162, section 2.1, by its definitions --------------------------------


def leaves_of(path):
    """The leaf hashes of a ledger's rows, read without the library (MTH of one entry)."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM records ORDER BY position").fetchall()
    return [
        sha256(b"\0" + f"govledger/1\n{subject}\n{version}\n{type_}\n".encode() + body).digest()
        for _, subject, version, type_, body in rows
    ]


def _split(size):
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def root(leaves, known=None, start=0, end=None):
    """MTH(D[start:end]); `known` remembers subtrees, where many roots are asked for."""
    known, end = {} if known is None else known, len(leaves) if end is None else end
    if end - start <= 1:
        return leaves[start] if end > start else sha256(b"").digest()
    if (start, end) not in known:
        middle = start + _split(end - start)
        left, right = root(leaves, known, start, middle), root(leaves, known, middle, end)
        known[start, end] = sha256(b"\1" + left + right).digest()
    return known[start, end]


def consistency(old, leaves):
    """PROOF(old, D_n): what shows that the tree over the leaves extends that of the first."""

    def subproof(m, part, whole):
        if m == len(part):
            return [] if whole else [root(part)]
        k = _split(len(part))
        if m <= k:
            return [*subproof(m, part[:k], whole), root(part[k:])]
        return [*subproof(m - k, part[k:], False), root(part[:k])]

    return tuple(subproof(old, leaves, True)) if 0 < old <= len(leaves) else ()


# --- the file -----------------------------------------------------------------------------


@contextmanager
def tampering(path):
    """A plain connection that may change all; the triggers are back in place afterwards."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        with untriggered(connection):
            yield connection
        connection.execute("COMMIT")


@contextmanager
def untriggered(connection):
    """Take the triggers away, and put them back to the letter."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = found.fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        connection.execute(sql)


def held(path):
    """The records of a ledger as they are stored, personal texts sealed."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM records ORDER BY position")
        return [decode(Entry(*row)) for row in rows]


def _overwrite(connection, entry):
    connection.execute(
        "UPDATE records SET originator_id = ?, originator_version = ?, topic = ?, state = ?"
        " WHERE position = ?",
        [entry.subject, entry.version, entry.type, entry.body, entry.position],
    )


def _insert(connection, entry):
    connection.execute(
        "INSERT INTO records VALUES (?,?,?,?,?)",
        [entry.position, entry.subject, entry.version, entry.type, entry.body],
    )


def rewrite(path, records, disclosures=()):
    """Make these the records of a ledger, as if there had never been others.

    They are numbered anew, and so are references to positions. Disclosures of which no record
    is left go, others come.
    """
    there = {record.position: at for at, record in enumerate(records, start=1)}
    seen, entries = Counter(), []
    for position, record in enumerate(records, start=1):
        event = record.event
        if event.corrects is not None:
            event = evolve(event, corrects=there[event.corrects])
        if isinstance(event, RecordRetracted):
            event = evolve(event, position=there[event.position])
        seen[event.subject] += 1
        version = seen[event.subject]
        entries.append(encode(evolve(record, event=event, position=position, version=version)))
    wanted = digests_in(entry.body for entry in entries)
    with tampering(path) as connection:
        connection.execute("DELETE FROM records")
        for entry in entries:
            _insert(connection, entry)
        kept = connection.execute("SELECT digest FROM disclosures").fetchall()
        for (digest,) in kept:
            if digest not in wanted:
                connection.execute("DELETE FROM disclosures WHERE digest = ?", [digest])
        for new in disclosures:
            connection.execute("INSERT INTO disclosures VALUES (?,?)", [new.digest, new.array])
        connection.execute("DELETE FROM tree")
    with Ledger.open(path, create=False) as ledger:
        ledger.rebuild()


# --- forgeries ----------------------------------------------------------------------------


def edit(path, position, title, *, thorough):
    """Let a record say another title, in good form."""
    records = held(path)
    old = records[position - 1]
    new = evolve(old, event=evolve(old.event, title=title))
    if thorough:
        rewrite(path, [*records[: position - 1], new, *records[position:]])
    else:
        with tampering(path) as connection:
            _overwrite(connection, encode(new))


def truncate(path, size, *, thorough):
    """Cut off the tail: only the first `size` records are left."""
    if thorough:
        rewrite(path, held(path)[:size])
    else:
        with tampering(path) as connection:
            connection.execute("DELETE FROM records WHERE position > ?", [size])


def forge(path, size, events, *, thorough):
    """Cut off the tail and let other events follow, at the times of those that were there."""
    records = held(path)
    seen = Counter(record.subject for record in records[:size])
    times = [record.recorded_at for record in records[size:]]
    forged = []
    for at, event in enumerate(events):
        seen[event.subject] += 1
        forged.append(
            evolve(
                records[0],
                position=size + at + 1,
                version=seen[event.subject],
                recorded_at=times[min(at, len(times) - 1)],
                event=event,
            )
        )
    if thorough:
        rewrite(path, [*records[:size], *forged])
    else:
        with tampering(path) as connection:
            connection.execute("DELETE FROM records WHERE position > ?", [size])
            for record in forged:
                _insert(connection, encode(record))


def swap(path, one, other, *, thorough):
    """Let two records change places; the times stay where they are, the clock runs on."""
    records = held(path)
    if thorough:
        times = [record.recorded_at for record in records]
        records[one - 1], records[other - 1] = records[other - 1], records[one - 1]
        timed = zip(records, times, strict=True)
        rewrite(path, [evolve(record, recorded_at=time) for record, time in timed])
    else:
        with tampering(path) as connection:
            for old, new in ((one, 0), (other, one), (0, other)):
                connection.execute("UPDATE records SET position = ? WHERE position = ?", [new, old])


def insert(path, position, event, *, thorough):
    """Put a record into the middle, made at the time of the one before it; all others move."""
    records = held(path)
    before = records[: position - 1]
    new = evolve(
        before[-1],
        position=position,
        version=1 + sum(record.subject == event.subject for record in before),
        event=event,
        key=None,
    )
    if thorough:
        # Nothing refers to the new record, so its old number may be any that is free.
        moved = evolve(new, position=0)
        rewrite(path, [*before, moved, *records[position - 1 :]])
    else:
        with tampering(path) as connection:
            for last in range(len(records), position - 1, -1):
                connection.execute(
                    "UPDATE records SET position = ? WHERE position = ?", [last + 1, last]
                )
            _insert(connection, encode(new))


def backdate_clock(path, position, *, thorough):
    """Let all records from a position on be recorded when the one before them was."""
    records = held(path)
    time = records[position - 2].recorded_at
    changed = [evolve(record, recorded_at=time) for record in records[position - 1 :]]
    if thorough:
        rewrite(path, [*records[: position - 1], *changed])
    else:
        with tampering(path) as connection:
            for record in changed:
                _overwrite(connection, encode(record))


def backdate_event(path, event, clock, *, thorough):
    """Append an event today whose date lies in the past; thorough is what anybody may do."""
    if thorough:
        with Ledger.open(path, clock=clock, create=False) as ledger:
            ledger.record(event)
    else:
        last = held(path)[-1]
        new = evolve(
            last, position=last.position + 1, version=1, recorded_at=clock(), event=event, key=None
        )
        with tampering(path) as connection:
            _insert(connection, encode(new))


def conceal(path, name, clock, *, thorough):
    """Delete what discloses a name; thorough puts on record that it was erased, as it must."""
    if thorough:
        with Ledger.open(path, clock=clock, create=False) as ledger:
            ledger.erase(name=name, basis="a pretext")
    else:
        with tampering(path) as connection:
            connection.execute("DELETE FROM disclosures WHERE array LIKE ?", [f'%"{name}"]'])


def rename(path, position, name, *, thorough):
    """Let a sealed mover be somebody else: careless, by what discloses the commitment alone."""
    records = held(path)
    record = records[position - 1]
    new = disclose("movers", name, b"another salt....")
    if thorough:
        event = evolve(record.event, movers=[Sealed(new.digest), *record.event.movers[1:]])
        records[position - 1] = evolve(record, event=event)
        rewrite(path, records, [new])
    else:
        with tampering(path) as connection:
            connection.execute(
                "UPDATE disclosures SET array = ? WHERE digest = ?",
                [new.array, record.event.movers[0].digest],
            )
