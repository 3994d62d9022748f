"""Proofs that a log was only ever appended to, and who says so: pure functions, no keys kept.

`merkle` hashes, `note` signs, `checkpoint` states a size and a root and weighs who signed it,
`proof` bundles all that a stranger needs, `tiles` publishes, `personal` commits to names
without telling them. Nothing here reads a file, a clock, a database or a random number.
"""
