"""The page an auditor opens, and the timelines on it.

Here: the public face of the package; it needs the extra `govledger[report]`. Not here: commands
(`govledger.cli`), or any answer that the library does not give.
"""

from govledger.report.page import page

__all__ = ("page",)
