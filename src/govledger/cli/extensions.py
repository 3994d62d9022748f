"""How the command line comes to extensions: by the entry-point group `govledger.extensions`.

Here: finding and loading what is installed. Not here: what an extension is (`govledger.extension`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from govledger.cli.output import message
from govledger.errors import InvalidInput
from govledger.extension import Extension
from govledger.vocabulary import STANDARD, Vocabulary

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "govledger.extensions"
"""The entry-point group; each entry point names an `Extension`, or a tuple of them."""


@cache
def vocabulary() -> Vocabulary:
    """What the commands know: govledger's own vocabulary, and that of what is installed.

    An extension that cannot be loaded is left out, and said so on stderr: no package may keep
    anybody from reading a ledger.
    """
    known = STANDARD
    for point in _installed():
        try:
            known = Vocabulary((*known.extensions, *_loaded(point)))
        except InvalidInput as error:
            _leave_out(point, "; ".join(problem.message for problem in error.problems))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package of somebody else
            _leave_out(point, f"{type(error).__name__}: {error}")
    return known


def _installed() -> list[EntryPoint]:
    """The entry points of the group, by name.

    importlib.metadata takes longer to import than many a command runs: so the files are looked at
    first.
    """
    folders = [Path(folder) for folder in sys.path]
    files = (file for folder in folders for file in folder.glob("*.*-info/entry_points.txt"))
    is_zipped = any(folder.is_file() for folder in folders)
    if not is_zipped and not any(GROUP in file.read_text("utf-8", "replace") for file in files):
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _loaded(point: EntryPoint) -> Iterator[Extension]:
    with redirect_stdout(sys.stderr):  # where data goes, a package has nothing to say
        found = point.load()
    for extension in found if isinstance(found, tuple) else (found,):
        if not isinstance(extension, Extension):
            raise TypeError(f"{point.value} is {type(extension).__name__}, not an Extension")
        yield extension


def _leave_out(point: EntryPoint, reason: str) -> None:
    message(f"note: the extension {point.name} ({point.value}) is left out: {reason}")
