"""Datasets: records, documents and expectations. The public face of its rooms; defines nothing.

YAML is read here, that of profiles, too; other formats, and the import of files in any, in
`govledger.interchange`.
"""

from govledger.dataset.content import (
    DEEPEST,
    LARGEST_FILE,
    MOST_VALUES,
    PROBLEMS,
    VERSION,
    Dataset,
    Document,
    Expectation,
    Fact,
    Head,
    Item,
    by_place,
)
from govledger.dataset.importing import (
    GOES_ON,
    MOST_PROBLEMS,
    Imported,
    LedgerOptions,
    Mode,
    Runs,
    file_key,
    import_dataset,
    import_facts,
    import_keys,
    ledger_options,
    new_ledger,
)
from govledger.dataset.judging import judge_citations, judge_dataset, unmet
from govledger.dataset.reading import digest_of, gathered, load, read
from govledger.dataset.rules import is_profile

__all__ = [
    "DEEPEST",
    "GOES_ON",
    "LARGEST_FILE",
    "MOST_PROBLEMS",
    "MOST_VALUES",
    "PROBLEMS",
    "VERSION",
    "Dataset",
    "Document",
    "Expectation",
    "Fact",
    "Head",
    "Imported",
    "Item",
    "LedgerOptions",
    "Mode",
    "Runs",
    "by_place",
    "digest_of",
    "file_key",
    "gathered",
    "import_dataset",
    "import_facts",
    "import_keys",
    "is_profile",
    "judge_citations",
    "judge_dataset",
    "ledger_options",
    "load",
    "new_ledger",
    "read",
    "unmet",
]
