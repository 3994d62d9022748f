"""The door to the files in which associations keep their rules.

Here: `read_profile`, and nothing else: it brings in PyYAML only once a file is read. Not here:
reading itself (`dataset.rules`), or what a profile is (`profiles`).
"""

from __future__ import annotations

from pathlib import Path

from govledger.profiles import Profile


def read_profile(path: str | Path, text: str | None = None) -> Profile:
    r"""The profile that a YAML file defines; see docs/how-to/profiles.md for what it may say.

    With `text` nothing is read from disk: it is the text of the file, and `path` its name in
    messages. Raises `InvalidInput` with every problem, each with its place (file, line, column),
    and `OSError` where there is no file.

    >>> from govledger import read_profile
    >>> rules = "govledger_profile: 1\nname: club@1\ntitle: a tennis club\n"
    >>> read_profile("club.yaml", text=rules).title
    'a tennis club'
    """
    from govledger.dataset.rules import read

    return read(path, text)
