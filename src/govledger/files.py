"""Files that take their names once all of them is written.

Here: writing a file whole or not at all, and folders that remember it. Not here: any format, or
errors in words: `OSError` is for whoever knows what the file is.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write two bytes for a line end


@contextmanager
def replacing(
    path: Path, *, private: bool = False, draft: Path | None = None, durable: bool = True
) -> Iterator[IO[bytes]]:
    """A stream to a draft, which replaces the file at `path` once the block ends well.

    A `private` file is for its owner alone; others get the rights that the umask leaves. The
    draft stands beside the file unless one is named, on the same disk. Where it is `durable`,
    file and name are on the disk then.
    """
    draft = draft or path.with_name(f".govledger-{uuid4().hex}")
    mode = 0o600 if private else 0o666
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            if private and hasattr(os, "fchmod"):
                os.fchmod(handle, mode)  # the umask may have taken the owner's rights
            yield stream
            stream.flush()
            if durable:
                os.fsync(handle)
        draft.replace(path)
        if durable:
            sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Let a folder keep the names in it through a loss of power."""
    if os.name != "posix":
        return  # folders cannot be opened
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some file systems do it unasked
            raise
    finally:
        os.close(handle)
