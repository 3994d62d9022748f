"""The tables of a ledger, whatever database keeps them: what all databases say alike.

Each room speaks to a `Session`; what a database says in a way of its own is asked of that.
"""
