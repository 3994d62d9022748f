"""The page an auditor opens."""
