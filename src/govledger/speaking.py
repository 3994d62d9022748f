"""`Speaker`: described values as people read them, in a language and the terms of a ledger.

Here: the choice of words, and the form of values. Not here: the tables of words (`terms`,
`headings`, and those of whatever prints).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from govledger.headings import HEADINGS
from govledger.terms import LANGUAGES, TERMS, label
from govledger.values import Sealed

TERMED = frozenset(
    {"status", "decision", "follow_up", "deadline", "condition_state", "type", "assertion"}
)
"""Fields whose values are terms."""


class Speaker:
    """The words of a language, with the terms of a ledger's profile and extensions."""

    def __init__(
        self,
        language: str,
        *labels: Mapping[str, Mapping[str, str]],
        words: Mapping[str, tuple[str, str]] = HEADINGS,
    ) -> None:
        """Terms of its own, language -> term -> word; the last that has a word is heard.

        They may call kinds and fields otherwise (`names`), but not reword a sentence of `words`.
        """
        self.language = language
        self.own = {k: v for terms in labels for k, v in terms.get(language, {}).items()}
        self._words = words
        self.names = {k: v for k, v in self.own.items() if k in HEADINGS or k not in words}

    def word(self, name: str, /, **values: object) -> str:
        """A heading or sentence; `name` itself where there is none."""
        if name in self.names:
            return self.names[name]
        found = self._words.get(name)
        text = found[LANGUAGES.index(self.language)] if found else name
        return text.format(**values) if values else text

    def term(self, name: str) -> str:
        """A term of the field."""
        return self.own.get(name) or label(name, self.language)

    def value(self, value: Any, field: str = "") -> str:
        """A described value as people read it."""
        match value:
            case None:
                return "–"
            case bool():
                return self.word(str(value).lower())
            case {"until": until, "kind": kind}:
                since = f"{value['from']} – " if "from" in value else ""
                return f"{since}{self.term(kind)} {until}"
            case {"in_favour": _}:
                return self._count(value)
            case dict():
                return "; ".join(f"{self.word(k)}: {self.value(v, k)}" for k, v in value.items())
            case list():
                return "; ".join(self.value(item) for item in value) or "–"
            case Sealed():
                return self.word("withheld" if value.withheld else "erased")
            case str() if field in TERMED and (value in self.own or value in TERMS):
                return self.term(value)
            case str() if field == "due" and re.match(r"before \d", value):
                return value.replace("before", self.term("before"), 1)
            case _:
                return str(value)

    def _count(self, tally: Mapping[str, Any]) -> str:
        """A count of votes; of those who did neither vote for nor against, if any."""
        said = ["in_favour", "against"]
        said += [name for name in ("abstained", "absent", "electorate") if tally.get(name)]
        parts = (self.word(f"n_{name}", count=tally[name]) for name in said)
        return f"{', '.join(parts)} ({self.term(tally['unit'])})"
