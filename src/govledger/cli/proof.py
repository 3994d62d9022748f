"""The commands of proof: verify, checkpoint, prove.

Here: which files are read and written, when a witness's copy counts, and exit code 4. Not here:
whether a ledger is sound (`govledger.audit`), or keys (`govledger.signers`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import time

import attrs
import click

from govledger import signers
from govledger.audit import Verification, damaged, unreadable, verify_bundle
from govledger.cli.access import opened
from govledger.cli.files import (
    beside_ledger,
    check_folder,
    contents,
    signed_checkpoint,
    signed_data,
    target,
)
from govledger.cli.options import Settings, formats, settings, shared
from govledger.cli.output import Speaker, counted, emit, message, progress
from govledger.errors import InvalidInput, StorageError, UnreadableRecord, invalid, visible
from govledger.integrity.checkpoint import (
    LARGEST_POLICY,
    NONE,
    Checkpoint,
    Policy,
    open_checkpoint,
    parse_checkpoint,
    parse_policy,
    read_checkpoint,
)
from govledger.integrity.note import LARGEST_NOTE, KeyType, Note, with_signature
from govledger.integrity.proof import LARGEST_PROOF, parse_proof
from govledger.integrity.witness import (
    LARGEST_REQUEST,
    Consistency,
    Request,
    consistency_of,
    parse_request,
)
from govledger.ledger import Ledger
from govledger.storage.places import place

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

policy_option = click.option(
    "--policy", type=_FILE, metavar="FILE", help="Whose word counts (C2SP tlog-policy)."
)
checkpoints_option = click.option(
    "--checkpoint",
    "checkpoints",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="A checkpoint that somebody kept; may be given several times.",
)


@click.command(name="verify")
@shared
@formats
@checkpoints_option
@policy_option
@click.option("--proof", type=_FILE, metavar="FILE", help="Check this bundle, without a ledger.")
@click.option("--bytes-only", is_flag=True, help="Hash the records, and read nothing they say.")
@click.option("--rebuild", is_flag=True, help="First make everything derived from the log again.")
def verify_command(
    checkpoints: Sequence[Path],
    policy: Path | None,
    proof: Path | None,
    bytes_only: bool,  # noqa: FBT001 - an option
    rebuild: bool,  # noqa: FBT001 - an option
) -> None:
    """Show whether the ledger is as it was, and how strongly.

    Reads every record, the tree over them, and all that is derived. By itself a ledger can show
    no more than that it agrees with itself ("self-consistent"): whoever owns the file can
    rewrite all of it. With a --checkpoint that somebody else kept, no record up to it can have
    been altered, put elsewhere or left out ("extends your checkpoint"); with a --policy, its
    signatures and witnesses count too ("witnessed"). Every check is printed, those that were
    skipped among them. Exit code 4 where anything fails.

    The three lines of a checkpoint, as minutes have them, will do for a checkpoint.

    \b
    Examples:
      govledger verify
      govledger verify --checkpoint kept-in-2019.checkpoint
      govledger verify --checkpoint vng.checkpoint --policy witnesses.policy
      govledger verify --proof rob-i.tlog-proof --policy witnesses.policy
      govledger verify --rebuild
    """
    if proof is not None:
        if checkpoints or bytes_only or rebuild:
            raise click.UsageError("--proof checks a bundle by itself; it goes with --policy only")
        by = None if policy is None else parse_policy(contents(policy, LARGEST_POLICY))
        report = verify_bundle(parse_proof(contents(proof, LARGEST_PROOF)), by)
    else:
        kept, by = outside(checkpoints, policy)
        report = _verified(kept, by, bytes_only=bytes_only, rebuild=rebuild)
    _report(report)


def _report(report: Verification) -> None:
    speaker = Speaker()
    if settings().format == "table":
        *lines, _ = str(report).splitlines()
        click.echo("\n".join(map(visible, lines)))
        verdict = ", ".join(filter(None, (speaker.term(report.verdict), report.remark)))
        click.echo(f"{speaker.word('verdict')}: {verdict}")
    else:
        rows = [attrs.asdict(check) for check in report.checks]
        rows.append({"outcome": str(report.verdict), "name": "verdict", "detail": report.remark})
        emit(rows, ("outcome", "name", "detail"), speaker)
    if not report:
        raise SystemExit(4)


def outside(
    checkpoints: Sequence[Path], policy: Path | None
) -> tuple[Sequence[Note], Policy | None]:
    """The checkpoints that somebody kept, and whose word counts for them."""
    if policy is not None and not checkpoints:
        raise click.UsageError(
            "--policy says whose word counts for a checkpoint: give a --checkpoint, too"
        )
    by = None if policy is None else parse_policy(contents(policy, LARGEST_POLICY))
    return [read_checkpoint(contents(path, LARGEST_NOTE)) for path in checkpoints], by


def _verified(
    kept: Sequence[Note], policy: Policy | None, *, bytes_only: bool, rebuild: bool
) -> Verification:
    def verify() -> Verification:
        with opened() as ledger:
            if rebuild:
                with progress("rebuilding", ledger.head()) as advance:
                    message(f"made anew from {counted(ledger.rebuild(advance), 'record')}")
            return verification(ledger, kept, policy, contents=not bytes_only)

    return judged(verify)


def verification(
    ledger: Ledger, kept: Sequence[Note], policy: Policy | None, *, contents: bool = True
) -> Verification:
    """Verify a ledger, with a bar on a terminal."""
    with progress("verifying", ledger.head()) as advance:
        return ledger.verify(advance, checkpoints=kept, policy=policy, contents=contents)


def judged(verify: Callable[[], Verification]) -> Verification:
    """What a verification comes to, where the ledger cannot be read to its end, too."""
    try:
        return verify()
    except UnreadableRecord as error:
        (problem,) = error.problems
        unknown = problem.code in ("unknown-record-type", "unknown-profile")
        return unreadable(problem.message) if unknown else damaged(problem.message)
    except StorageError as error:
        (problem,) = error.problems
        if problem.code == "altered":
            return damaged(problem.message, "tree")
        if problem.code not in ("damaged", "storage"):
            raise
        return damaged(problem.message)


# --- checkpoints --------------------------------------------------------------------------


@click.command(name="checkpoint")
@shared
@click.option("--new-key", type=click.Path(path_type=Path), metavar="FILE", help="Make a key.")
@click.option("--witness", metavar="NAME", help="With --new-key: a witness's, of that name.")
@click.option("--sign", is_flag=True, help="Sign the ledger as it is, with --key.")
@click.option("--cosign", type=_FILE, metavar="FILE", help="Witness a checkpoint, with --key.")
@click.option("--since", type=int, metavar="SIZE", help="Ask a witness who remembers that size.")
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="The private key.")
@policy_option
@click.option(
    "--checkpoint",
    type=_FILE,
    metavar="FILE",
    help="With --since: the signed checkpoint [default: LEDGER.checkpoint].",
)
@click.option(
    "--last",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="The last checkpoint that the key signed, where its memory is lost.",
)
@click.option("--output", "-o", metavar="FILE", help="Where to [default: LEDGER.checkpoint].")
def checkpoint_command(
    new_key: Path | None,
    witness: str | None,
    sign: bool,  # noqa: FBT001 - an option
    cosign: Path | None,
    since: int | None,
    key: Path | None,
    policy: Path | None,
    checkpoint: Path | None,
    last: Sequence[Path],
    output: str | None,
) -> None:
    """Say how many records there are, and their root: to be kept elsewhere.

    Prints three lines for the minutes: the ledger's origin, the number of its records, the root
    of the tree over them. Whoever keeps them can later show that no record up to then was
    altered. Better still, sign them with the ledger's key (--sign), and let others, who remember
    what they saw, witness it (--cosign).

    A key signs only what extends the tree it signed before, which it remembers in a file beside
    it. A witness looks into the ledger (-l) to see that; one who has none is sent a request
    (--since, with the size that the witness remembers).

    \b
    Examples:
      govledger checkpoint
      govledger checkpoint --new-key vng.key
      govledger checkpoint --sign --key vng.key -o vng.checkpoint
      govledger checkpoint --new-key ann.key --witness example.org/ann
      govledger checkpoint --cosign vng.checkpoint --key ann.key --policy logs.policy
      govledger checkpoint --since 56 --checkpoint vng.checkpoint -o for-ann.request
    """
    chosen = [new_key is not None, sign, cosign is not None, since is not None]
    if sum(chosen) > 1:
        raise click.UsageError("--new-key, --sign, --cosign and --since are one at a time")
    for given, name, where in (
        (witness, "--witness", new_key is not None),
        (key, "--key", sign or cosign is not None),
        (policy, "--policy", cosign is not None),
        (checkpoint, "--checkpoint", since is not None),
        (last, "--last", sign or cosign is not None),
        (output, "--output", new_key is None),
    ):
        if given and not where:
            raise click.UsageError(f"{name} does nothing here: see `govledger checkpoint --help`")
    if (sign or cosign is not None) and key is None:
        raise click.UsageError(
            "--key names the private key to sign with; `govledger checkpoint --new-key FILE` makes"
            " one"
        )
    if key is not None and output is not None and signers.is_of_key(Path(output), key):
        raise click.UsageError(f"{output} belongs to the key; name another file")
    before = [signed_checkpoint(path) for path in last]
    if new_key is not None:
        _new_key(new_key, witness)
    elif sign and key is not None:
        _sign(key, before, output or str(beside_ledger()))
    elif cosign is not None and key is not None:
        _cosign(cosign, key, policy, before, output)
    elif since is not None:
        _request(since, signed_checkpoint(checkpoint), output)
    else:
        with opened() as ledger:
            text = str(_sound(ledger))
        with target(output or "-") as stream:
            stream.write(text.encode())


def _new_key(path: Path, witness: str | None) -> None:
    if witness is None:
        with opened() as ledger:
            public = signers.new_key(path, ledger.origin, KeyType.ED25519)
        line = f"log {public}"
    else:
        public = signers.new_key(path, witness, KeyType.COSIGNATURE)
        label = witness.rpartition("/")[2]
        line = f"witness {label if label not in ('', NONE) else 'w'} {public}"
    message(f"{path} is the private key: keep it to yourself, and keep its memory beside it.")
    message(f"{path}.pub is the public key. In a policy it stands as:")
    click.echo(line)


def _sign(key: Path, last: Sequence[Note], output: str) -> None:
    signers.read_key(key)  # before a long look at the ledger
    check_folder(Path(output))
    with opened() as ledger:
        own = _sound(ledger)
        note = signers.sign(key, own, ledger.consistency, last)
    _hand_out(_with_witnesses(note, Path(output)), output)
    message(f"signed {counted(own.size, 'record')}: {output}")


def _sound(ledger: Ledger) -> Checkpoint:
    """The checkpoint of a ledger whose records are those that its tree was made of; or exit 4."""
    own = ledger.checkpoint()
    with progress("verifying", own.size) as advance:
        report = ledger.verify(advance, contents=False)
    if not report:
        message("There is no checkpoint: the ledger is not as it was.")
        _report(report)
    return own


def _with_witnesses(note: Note, path: Path) -> Note:
    """The note with what others signed of the same checkpoint in the file that it replaces."""
    if not path.is_file():
        return note
    try:
        _, before = open_checkpoint(contents(path, LARGEST_NOTE))
    except InvalidInput:
        return note
    return with_signature(before, *note.signatures) if before.text == note.text else note


def _cosign(
    path: Path, key: Path, policy: Path | None, last: Sequence[Note], output: str | None
) -> None:
    if policy is None:
        raise click.UsageError("--policy names the keys of the logs that are witnessed")
    by = parse_policy(contents(policy, LARGEST_POLICY))
    data = contents(path, LARGEST_REQUEST)
    note, consistency = _asked(data)
    compared = _is_that_of_copy(note)
    if consistency is None:
        consistency = _in_the_copy if compared else _unshown
    if output is None:  # a request is not the file to be cosigned
        output = "-" if data.startswith(_REQUEST) else str(path)
    cosigned = signers.cosign(key, note, by, consistency, lambda: int(time()), last)
    _hand_out(cosigned, output)
    message(f"witnessed {counted(parse_checkpoint(note.text).size, 'record')}: {output}")
    if not compared:
        message("No copy of the ledger was looked into (-l names one).")


def _asked(data: bytes) -> tuple[Note, Consistency | None]:
    """What a witness is asked to sign; and, of a request, how that extends what it remembers."""
    if data.startswith(_REQUEST):
        request = parse_request(data)
        return request.note, consistency_of(request)
    _, note = open_checkpoint(signed_data(data))
    return note, None


_REQUEST = b"old "
"""How a request to a witness begins."""


def _is_that_of_copy(note: Note) -> bool:
    """Whether a checkpoint was found to be that of the witness's own copy of the ledger.

    A copy that is named must be there, and fit; another may be of another ledger, or older.
    """
    named, kept = settings().ledger != Settings().ledger, parse_checkpoint(note.text)
    if named or not place(settings().ledger).is_free():
        with opened() as ledger:
            if named or (ledger.origin == kept.origin and ledger.head() >= kept.size):
                _sound(ledger)
                ledger.check_checkpoint(note)
                return True
    return False


def _in_the_copy(old: int, new: int) -> Sequence[bytes]:
    with opened() as ledger:
        return ledger.consistency(old, new)


def _unshown(old: int, new: int) -> Sequence[bytes]:
    """Of a log that was never seen before nothing has to be shown."""
    if old == 0:
        return ()
    raise invalid(
        "no-consistency",
        f"this key remembers {old} records, and nothing shows that these {new} extend them",
        "name a copy of the ledger with -l, or ask its owner for a request: "
        f"`govledger checkpoint --since {old} -o FILE`",
    )


def _request(since: int, note: Note, output: str | None) -> None:
    size = parse_checkpoint(note.text).size
    if not 0 <= since <= size:
        raise invalid(
            "unknown-size",
            f"nobody can remember {since} records of a log of {size}",
            "give the size that the witness remembers",
        )
    with opened() as ledger:
        _sound(ledger)
        ledger.check_checkpoint(note)
        request = Request(since, ledger.consistency(since, size), note)
    _hand_out(bytes(request), output or "-")


def _hand_out(what: Note | bytes, output: str) -> None:
    with target(output) as stream:
        stream.write(bytes(what))
    if isinstance(what, Note) and output != "-":
        click.echo("\n".join(map(visible, what.text.splitlines())))


# --- proofs -------------------------------------------------------------------------------


@click.command(name="prove")
@shared
@click.argument("position", type=int)
@click.option(
    "--checkpoint",
    type=_FILE,
    metavar="FILE",
    help="The signed checkpoint to prove it by [default: LEDGER.checkpoint].",
)
@click.option("--disclose", is_flag=True, help="Even if personal texts were never sealed in it.")
@click.option("--output", "-o", default="-", metavar="FILE", help="Where to [default: stdout].")
def prove_command(
    position: int,
    checkpoint: Path | None,
    disclose: bool,  # noqa: FBT001 - an option
    output: str,
) -> None:
    """Show a stranger that a record is in the ledger.

    Writes a file with the record, the path to the root of the tree, and a signed checkpoint. It
    is checked without the ledger: by `govledger verify --proof`, by a small script that needs
    nothing of govledger, and by whatever else reads C2SP's tlog-proof. Personal texts are sealed
    in it; a record of an older format, where they are not, takes --disclose.

    \b
    Examples:
      govledger prove 53 -o rob-i.tlog-proof
      govledger prove 53 --checkpoint vng.checkpoint -o rob-i.tlog-proof
    """
    note = signed_checkpoint(checkpoint)
    with opened() as ledger:
        proof = ledger.prove(position, note, disclose=disclose)
    with target(output) as stream:
        stream.write(bytes(proof))
    message(f"proved record {position} of {parse_checkpoint(note.text).size}")
