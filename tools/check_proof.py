#!/usr/bin/env python3
"""Check what a ledger published, with nothing of the ledger's own software.

    check_proof.py bundle x.tlog-proof (--key KEY ... | --policy FILE) [--entry FILE]
    check_proof.py tiles DIRECTORY [--key KEY ... | --policy FILE] [--checkpoint FILE]

It needs Python alone; for signatures also the package `cryptography`, without which it says
what it could not check. A KEY is name+id+base64, of the log or of a witness: one of the log's
must have signed, every witness's have cosigned. A policy says itself how many have to.
`--checkpoint` is one that you kept: the directory has to extend it.

Verdicts, weakest first: altered, self-consistent, extends your checkpoint, witnessed.
Exit codes: 0 all that was asked was checked and holds; 1 it could not be finished, as a file
cannot be read or `cryptography` is missing; 2 wrong usage; 4 something does not hold.

The rules are those of RFC 9162, section 2.1 (the tree), and of c2sp.org: signed-note,
tlog-checkpoint, tlog-cosignature, tlog-policy, tlog-proof, tlog-tiles. All that is read is
hostile until checked: whatever is read has a limit, and foreign text is printed as ASCII.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import sys
import time
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import NamedTuple

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

LARGEST_NOTE = 2**20  # bytes of a checkpoint with its signatures; a bundle may have twice that
LARGEST_ENTRY = 2**16 - 1  # bytes: tlog-tiles writes the length of an entry in 16 bits
WIDTH = 256  # the hashes of a full tile, the entries of a full bundle


class Bad(Exception):  # noqa: N818 - not an error of this program
    """Something that was published does not hold: where, and what to do."""


class Stop(Exception):  # noqa: N818 - as above
    """The check cannot be finished: why, and what to do."""


class Report:
    """Prints a line a check, and remembers what the verdict depends on."""

    failed = unfinished = extends = witnessed = False

    def line(self, outcome: str, name: str, detail: str) -> None:
        self.failed |= outcome == "FAIL"
        print(f"{outcome:<4}  {name:<12}  {detail}", flush=True)

    def verdict(self) -> int:
        # The log's own signature makes a verdict no stronger, for whoever alters a ledger may
        # hold its key. Only what somebody else kept or cosigned does.
        word = "extends your checkpoint" if self.extends else "self-consistent"
        word = "witnessed" if self.witnessed else word
        print("verdict:", "altered" if self.failed else word)
        return 4 if self.failed else int(self.unfinished)


def shown(text: object) -> str:
    return ascii(str(text)[:80])


def read(path: Path, limit: int) -> bytes:
    """A file of at most `limit` bytes; never a device or a pipe, which may have no end."""
    try:
        if not path.is_file():
            raise Stop(f"{shown(path)} is missing or not a regular file; name another")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Stop(f"{shown(path)} cannot be read ({type(error).__name__})") from None
    if len(data) > limit:
        raise Bad(f"{shown(path)} is larger than {limit} bytes; take it as it was published")
    return data


def unbase64(text: str) -> bytes:
    """Base64 (RFC 4648, section 4), and only the one way to write those bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b"?"
    if base64.b64encode(data).decode() != text:
        raise Bad(f"{shown(text)} is not base64 as it is written; take the file as it was sent")
    return data


# --- the tree (RFC 9162, section 2.1) ---------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root to which an inclusion path leads (2.1.3.2); None where it cannot be one."""
    here, last = index, size - 1
    if here > last:
        return None
    for sibling in path:
        if last == 0:
            return None  # the root is reached, and hashes are left
        if here & 1 or here == last:
            leaf = node_hash(sibling, leaf)
            while here and not here & 1:  # at the right edge, levels without a sibling
                here, last = here >> 1, last >> 1
        else:
            leaf = node_hash(leaf, sibling)
        here, last = here >> 1, last >> 1
    return leaf if last == 0 else None


def root_of(edge: list[bytes]) -> bytes:
    """The root over the complete subtrees at the right edge; of none, the hash of nothing."""
    root = edge[-1] if edge else sha256(b"").digest()
    for left in reversed(edge[:-1]):
        root = node_hash(left, root)
    return root


# --- keys, checkpoints, signatures ------------------------------------------------------------

LOG, WITNESS = 1, 4  # types of keys: Ed25519 (signed-note), and for cosignature/v1
NAME = r"[^\s+\x00-\x1f]{1,255}"  # of a key (signed-note, format)


class Key(NamedTuple):
    name: str
    type: int
    public: bytes
    id: bytes


def parse_key(text: str) -> Key:
    """A verifier key (signed-note, verifier keys). Its id is a hash of all the rest."""
    match = re.fullmatch(rf"({NAME})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/]{{44}})", text)
    name, said, material = match.groups() if match else ("", "", "")
    data = unbase64(material)
    identity = sha256(name.encode("utf-8", "replace") + b"\n" + data).digest()[:4]
    if said != identity.hex() or data[0] not in (LOG, WITNESS):
        raise Bad(f"{shown(text)} is not name+id+base64 of a key of type 1 or 4; copy it again")
    return Key(name, data[0], data[1:], identity)


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes
    text: str
    signatures: list[tuple[str, bytes]]  # the name of a key; its id, and what it made


# A signed note whose text is three lines: origin, size, root (tlog-checkpoint, signed-note).
# Extension lines are refused: what a log adds there nobody can audit.
CHECKPOINT = re.compile(
    rf"(({NAME})\n(0|[1-9][0-9]{{0,18}})\n([A-Za-z0-9+/]{{43}}=)\n)\n"
    rf"((?:\u2014 {NAME} [A-Za-z0-9+/=]+\n){{1,100}})"
)


def parse_checkpoint(data: bytes) -> Checkpoint:
    try:
        match = CHECKPOINT.fullmatch(data.decode())
    except UnicodeDecodeError:
        match = None
    if not match or len(data) > LARGEST_NOTE:
        raise Bad("the checkpoint is not origin, size, root, an empty line, and 1 to 100 "
                  "signatures; take it as it was sent")  # fmt: skip
    text, origin, size, root, lines = match.groups()
    words = [line.split(" ") for line in lines.splitlines()]
    found = [(name, unbase64(material)) for _, name, material in words]
    if int(size) >= 2**63 or (size == "0" and unbase64(root) != root_of([])):
        raise Bad("no tree has the size and root of the checkpoint; take it as it was sent")
    return Checkpoint(origin, int(size), unbase64(root), text, found)


def parse_kept(data: bytes) -> Checkpoint:
    """A checkpoint that you kept: a signed one, or its three lines alone, as minutes have it."""
    try:
        if "\n\N{EM DASH} ".encode() in data:
            return parse_checkpoint(data)
        typed = [line.strip(" \t\r") for line in data.decode("utf-8-sig").split("\n")]
        text = "".join(f"{line}\n" for line in typed if line)
        unsigned = f"{text}\n\N{EM DASH} nobody AAAAAAA=\n".encode()
        return parse_checkpoint(unsigned)._replace(signatures=[])
    except (Bad, UnicodeDecodeError):
        raise Stop("--checkpoint is no checkpoint: origin, size and root, signed or not") from None


def holds(key: Key, text: str, made: bytes) -> bool | None:
    """Whether a signature holds; None where `cryptography` is missing."""
    message = text.encode()
    if key.type == WITNESS:  # tlog-cosignature: 8 bytes of time, signed with the text
        stamp, made = int.from_bytes(made[:8], "big"), made[8:]
        message = f"cosignature/v1\ntime {stamp}\n".encode() + message
        if stamp >= 2**63:
            return False
    if len(made) != 64:
        return False
    if Ed25519PublicKey is None:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(made, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- whose word counts (tlog-policy) ----------------------------------------------------------


class Policy:
    """The logs that may have signed, and which witnesses have to have cosigned."""

    def __init__(self, data: bytes) -> None:
        self.logs: list[Key] = []
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {}  # each after those that it names
        self.members: set[str] = set()  # of any group
        self.quorum = ""
        for at, line in enumerate(data.split(b"\n"), start=1):
            # Octets beyond ASCII are opaque, and only spaces and tabs divide words.
            words = line.decode("utf-8", "surrogateescape").replace("\t", " ").split(" ")
            words = [word for word in words if word]
            try:
                if words and not words[0].startswith("#") and not self.takes(*words):
                    raise Bad("this is not as c2sp.org/tlog-policy writes it, or said twice")
            except Bad as error:
                raise Stop(f"line {at} of the policy: {error}") from None
        if not self.quorum:
            raise Stop('the policy has no quorum; write "quorum none" to ask for no witness')

    def takes(self, keyword: str, *rest: str) -> bool:
        """Whether a line is right; then it counts."""
        defined = {*self.witnesses, *self.groups}
        if keyword == "log" and len(rest) in (1, 2):
            self.logs.append(self.new_key(rest[0], LOG))
            return True
        if keyword == "quorum" and len(rest) == 1 and not self.quorum:
            self.quorum = rest[0]
            return rest[0] in {"none", *defined}
        if len(rest) < 2 or rest[0] in {"none", *defined}:
            return False
        if keyword == "witness" and len(rest) in (2, 3):
            self.witnesses[rest[0]] = self.new_key(rest[1], WITNESS)
            return True
        name, needed, *members = rest
        # Nobody is a member twice: so each witness counts once.
        right = defined.issuperset(members) and self.members.isdisjoint(members)
        if keyword != "group" or not right or len(set(members)) != len(members):
            return False
        if needed in ("any", "all"):
            needed = "1" if needed == "any" else str(len(members))
        if not re.fullmatch("[1-9][0-9]{0,4}", needed) or int(needed) > len(members):
            return False
        self.members.update(members)
        self.groups[name] = (int(needed), members)
        return True

    def new_key(self, text: str, wanted: int) -> Key:
        key = parse_key(text)
        others = (*self.logs, *self.witnesses.values())
        if key.type != wanted or key.public in [other.public for other in others]:
            raise Bad(f"the key of {shown(key.name)} is not of type {wanted}, or named already")
        return key

    def met(self, cosigned: set[str]) -> bool:
        done = set(cosigned)
        for name, (needed, members) in self.groups.items():
            if len(done.intersection(members)) >= needed:
                done.add(name)
        return self.quorum == "none" or self.quorum in done


def policy_of(keys: list[str]) -> Policy:
    """The policy that keys on the command line stand for: every witness of them is needed."""
    keys = list(dict.fromkeys(keys))
    types = [parse_key(text).type for text in keys]
    names = [f"w{at}" for at, type_ in enumerate(types) if type_ == WITNESS]
    lines = [f"log {text}" if type_ == LOG else f"witness w{at} {text}"
             for at, (text, type_) in enumerate(zip(keys, types, strict=True))]  # fmt: skip
    lines += [f"group all all {' '.join(names)}", "quorum all"] if names else ["quorum none"]
    return Policy("\n".join(lines).encode("utf-8", "surrogateescape"))


def check_signatures(
    report: Report, policy: Policy | None, head: Checkpoint, check: str = "signature"
) -> None:
    """Who signed and cosigned. What you kept has to be the log's, whether witnessed or not."""
    if policy is None:
        report.line("SKIP", check, "no key given: who signed was not asked")
        return
    # Only a key that bears the origin as its name is the log's. Other lines mean nothing.
    named = {(key.name, key.id): ("", key) for key in policy.logs if key.name == head.origin}
    named |= {(key.name, key.id): (name, key) for name, key in policy.witnesses.items()}
    found: dict[str, str] = {}  # what is said of those whose lines are there
    outcome, how = "OK", ""
    for name, made in head.signatures:
        witness, key = named.get((name, made[:4]), ("", None))
        held = key and holds(key, head.text, made[4:])
        if held is False:
            report.line("FAIL", check, f"that of {shown(name)} does not hold; ask for it again")
        elif key:
            # Years beyond 9999 are not written: the time of 2^37 is in 6325.
            stamp = min(int.from_bytes(made[4:12], "big"), 2**37) if witness else 0
            date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp))
            found[witness] = f"{shown(name)} at {date}" if witness else shown(name)
        if key and held is None:
            outcome, how = "SKIP", "NOT VERIFIED, install cryptography: "
            report.unfinished = True
    log = found.pop("", "")
    if log:
        report.line(outcome, check, f"{how}{log}")
    else:
        report.line("FAIL", check, f"no key given signed for {shown(head.origin)}; ask for its key")
    if policy.quorum == "none" or check != "signature":
        return
    told = ", ".join(found.values()) or "nobody"
    if policy.met(set(found)):
        report.line(outcome, "witnesses", f"{how}{told}")
        report.witnessed = outcome == "OK"
    else:
        report.line("FAIL", "witnesses", f"too few cosigned: {told}; ask for a later checkpoint")


# --- a bundle (tlog-proof) --------------------------------------------------------------------

BUNDLE = re.compile(
    r"c2sp\.org/tlog-proof@v1\n(?:extra ([A-Za-z0-9+/=]*)\n)?index (0|[1-9][0-9]{0,18})"
    r"((?:\n[A-Za-z0-9+/]{43}=){0,63})"  # no path is longer in a tree of less than 2^63
)


def check_bundle(report: Report, file: Path, policy: Policy, given: bytes | None) -> None:
    """Entry, leaf hash, inclusion path, root of the checkpoint, signatures: in this order."""
    top, _, rest = read(file, 2 * LARGEST_NOTE).partition(b"\n\n")
    match = BUNDLE.fullmatch(top.decode("ascii", "replace"))
    if not match:
        raise Bad("what comes before the first empty line is not the header, the entry, its "
                  "index and at most 63 hashes of c2sp.org/tlog-proof")  # fmt: skip
    path = [unbase64(line) for line in match[3].split()]
    # The extra data has no authority: it is the entry only if it hashes to the leaf.
    extra = None if match[1] is None else unbase64(match[1])
    entry = extra if given is None else given
    if entry is None or len(entry) > LARGEST_ENTRY:
        raise Bad(f"there is no entry of at most {LARGEST_ENTRY} bytes; give it with --entry")
    if extra not in (None, entry):
        raise Bad("the bundle is about another entry than that of --entry")
    head = parse_checkpoint(rest)
    index = int(match[2])
    report.line("OK", "bundle", f"entry {index} of {head.size}, counted from 0, {len(path)} hashes")
    what = entry[:120].partition(b"\n{")[0].decode("utf-8", "replace")
    report.line("OK", "entry", f"{len(entry)} bytes, {shown(what)}")
    if root_by_path(leaf_hash(entry), index, head.size, path) == head.root:
        report.line("OK", "inclusion", f"the hashes lead to the root: {head.root.hex()}")
    else:
        report.line("FAIL", "inclusion", "the hashes do not lead from the entry to the root")
    check_signatures(report, policy, head)


# --- a directory of tiles (tlog-tiles) --------------------------------------------------------


def tile_path(level: str, index: int, width: int) -> str:
    """Where a tile is: its index in groups of three digits, all but the last after an x."""
    first, *rest = f"{index:,}".split(",")
    *above, last = first.zfill(3), *rest
    place = "/".join(["tile", level, *(f"x{group}" for group in above), last])
    return place if width == WIDTH else f"{place}.p/{width}"


def read_tile(top: Path, place: str, limit: int) -> bytes:
    """A tile; not over links, which could make tiles without end of a few files."""
    file = top / place
    if os.path.realpath(file) != str(file):
        raise Bad(f"{shown(place)} is reached over a link; copy the files themselves")
    if not file.is_file():
        raise Bad(f"{place} is missing; take the directory whole, with its checkpoint")
    return read(file, limit)


def entries_of(data: bytes, width: int, place: str) -> list[bytes]:
    """The entries of a bundle (tlog-tiles, log entries): each after its length in 16 bits."""
    entries, at = [], 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data):
        raise Bad(f"{place} is not {width} whole entries and nothing else; copy it again")
    return entries


class Tree:
    """Builds the tree leaf by leaf, and compares every hash tile as soon as it is complete.

    It keeps the complete subtrees at the right edge, and a row of hashes for a level of tiles.
    """

    def __init__(self, top: Path) -> None:
        self.top, self.size, self.tiles = top, 0, 0
        self.edge: list[bytes] = []
        self.rows: list[list[bytes]] = [[] for _ in range(8)]

    def append(self, leaf: bytes) -> None:
        """Take a leaf hash, and join it with the subtrees that it completes."""
        index, self.size = self.size, self.size + 1
        for height in count():
            if height % 8 == 0:  # level n of tiles is level 8n of the tree
                self.rows[height // 8].append(leaf)
                if len(self.rows[height // 8]) == WIDTH:
                    self.compare(height // 8)
            if not index & 1:
                break
            leaf, index = node_hash(self.edge.pop(), leaf), index >> 1
        self.edge.append(leaf)

    def compare(self, level: int) -> None:
        """Compare the last tile of a level with the row, and begin a new row."""
        row, self.rows[level] = self.rows[level], []
        place = tile_path(str(level), ((self.size >> 8 * level) - 1) // WIDTH, len(row))
        if read_tile(self.top, place, WIDTH * 32) != b"".join(row):
            raise Bad(f"{place} is not what the entries hash to; copy it again, or ask why")
        self.tiles += 1


def check_tiles(report: Report, top: Path, head: Checkpoint, kept: Checkpoint | None) -> None:
    """Recompute tiles and roots from the entries, in one pass; then look for what is beyond."""
    if kept and (kept.origin != head.origin or kept.size > head.size):
        raise Bad(f"yours is of {shown(kept.origin)} at {kept.size}, and this is {head.size} of "
                  f"{shown(head.origin)}: its end is cut off, or the copy is old")  # fmt: skip
    tree, roots = Tree(top), {0: root_of([])}
    for start in range(0, head.size, WIDTH):
        width = min(WIDTH, head.size - start)
        place = tile_path("entries", start // WIDTH, width)
        data = read_tile(top, place, width * (2 + LARGEST_ENTRY))
        for entry in entries_of(data, width, place):
            tree.append(leaf_hash(entry))
            if kept and tree.size == kept.size:
                roots[tree.size] = root_of(tree.edge)
    for level, row in enumerate(tree.rows):
        if row:  # the partial tiles at the right edge
            tree.compare(level)
    report.line("OK", "tiles", f"{tree.tiles} hash tiles recomputed from {tree.size} entries")
    root = root_of(tree.edge)
    if root == head.root:
        report.line("OK", "root", f"recomputed from the entries: {root.hex()}")
    else:
        report.line("FAIL", "root", "that of the entries is not the checkpoint's; take both anew")
    if kept is None:
        report.line("SKIP", "kept", "no --checkpoint: this shows the files agree with themselves")
    elif roots[kept.size] == kept.root:
        report.line("OK", "kept", f"the first {kept.size} entries are those of your checkpoint")
        report.extends = True
    else:
        report.line("FAIL", "kept", f"the first {kept.size} entries are not those of yours")
    check_files(top, head.size)
    report.line("OK", "files", "nothing below tile/ is beyond the checkpoint")


def check_files(top: Path, size: int) -> None:
    """Below tile/ are the tiles of this tree, and partial ones from when it was smaller."""
    form = re.compile(r"tile/([0-7]|entries)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")

    def stop(error: OSError) -> None:  # os.walk would pass over a folder that it cannot read
        raise error

    for folder, folders, files in os.walk(top / "tile", onerror=stop if size else None):
        # What is no folder to walk into is a file to account for, links too.
        for name in files + [name for name in folders if (Path(folder) / name).is_symlink()]:
            place = (Path(folder) / name).relative_to(top).as_posix()
            match = form.fullmatch(place)
            level, digits, part = match.groups() if match else ("0", "0", "0")
            index, width = int(re.sub("[x/]", "", digits)), int(part or WIDTH)
            entries = level == "entries"
            # How wide that tile is in this tree; below 1 where the tree has not got as far.
            grown = min(WIDTH, (size >> (0 if entries else 8 * int(level))) - index * WIDTH)
            if not 1 <= width <= grown or tile_path(level, index, width) != place:
                raise Bad(f"{shown(place)} is no tile of this checkpoint: nothing vouches for it; "
                          "remove it, or take the checkpoint that was made later")  # fmt: skip
            if width == grown:
                continue  # compared already
            old = read_tile(top, place, width * (2 + LARGEST_ENTRY if entries else 32))
            if entries:
                entries_of(old, width, place)
            with (top / tile_path(level, index, grown)).open("rb") as file:
                same = file.read(len(old)) == old
            if not same or not (entries or len(old) == width * 32):
                raise Bad(f"{place} is not the beginning of the tile that it grew into; ask why")


# --- the command ------------------------------------------------------------------------------


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Check what a ledger published, with nothing of its own software.",
        epilog="Exit codes: 0 all holds, 1 could not finish, 2 usage, 4 something does not hold.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    bundle = commands.add_parser("bundle", help="a .tlog-proof file: this entry is in that log")
    tiles = commands.add_parser("tiles", help="a directory as in c2sp.org/tlog-tiles: all of a log")
    for command in (bundle, tiles):
        command.add_argument("where", type=Path)
        trust = command.add_mutually_exclusive_group(required=command is bundle)
        trust.add_argument("--key", action="append", help="of the log or a witness; repeatable")
        trust.add_argument("--policy", type=Path, metavar="FILE", help="as in c2sp.org/tlog-policy")
    bundle.add_argument("--entry", type=Path, metavar="FILE", help="the entry that you hold")
    tiles.add_argument("--checkpoint", type=Path, metavar="FILE", help="one that you kept")
    found = parser.parse_args(given)
    try:
        found.trust = policy_of(found.key) if found.key else None
    except (Bad, Stop) as error:
        parser.error(f"--key: {error}")
    return found


def check(report: Report, asked: argparse.Namespace) -> None:
    """Read what the command names, and check it."""
    if asked.policy:
        asked.trust = Policy(read(asked.policy, 2**16))
    if asked.command == "bundle":
        entry = read(asked.entry, LARGEST_ENTRY) if asked.entry else None
        check_bundle(report, asked.where, asked.trust, entry)
        return
    top = Path(os.path.realpath(asked.where))
    own, kept = top / "checkpoint", None
    if asked.checkpoint:
        kept = parse_kept(read(asked.checkpoint, LARGEST_NOTE))
    # A directory without a checkpoint of its own is held against yours alone.
    head = kept if kept and not own.exists() else parse_checkpoint(read(own, LARGEST_NOTE))
    report.line("OK", "checkpoint", f"{shown(head.origin)}, {head.size} entries")
    check_signatures(report, asked.trust, head)
    if kept and kept is not head and kept.signatures:
        check_signatures(report, asked.trust, kept, "kept signed")
    elif kept and not kept.signatures:
        report.line("SKIP", "kept signed", "by nobody: it is as good as the way it was kept")
    # The directory's own file shows nothing that somebody else kept.
    same = kept and own.exists() and own.samefile(asked.checkpoint)
    check_tiles(report, top, head, None if same else kept)


def main(given: list[str] | None = None) -> int:
    """Run one command; what it returns is the exit code."""
    asked, report = arguments(given), Report()
    try:
        check(report, asked)
    except Bad as error:
        report.line("FAIL", asked.command, str(error))
    except (Stop, OSError, RecursionError) as error:
        why = error if isinstance(error, Stop) else type(error).__name__
        print(f"error: {why}; no verdict, for the check was not finished", file=sys.stderr)
        return 1
    return report.verdict()


if __name__ == "__main__":
    sys.exit(main())
