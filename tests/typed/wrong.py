"""A program with mistakes, each of which a type checker must see: the lines marked "wrong"."""

from datetime import date

from govledger import Ledger, MotionAdopted, MotionSubmitted
from govledger.testing import FixedClock, given

MotionSubmitted("bins", on="2024-03-14")  # wrong: no title
MotionSubmitted("bins", title=3, on="2024-03-14")  # wrong
MotionAdopted("bins", on="2024-03-14", tallly=None)  # wrong
MotionAdopted("bins", on=14)  # wrong
MotionAdopted("bins", on="2024-03-14").on = date(2024, 3, 15)  # wrong: frozen

with Ledger.in_memory() as ledger:
    ledger.record("motion.adopted")  # wrong
    ledger.record(MotionAdopted("bins", on="2024-03-14"), breaches="warn")  # wrong
    ledger.as_of(20240314)  # wrong
    str(ledger.as_of("2024-03-14").motions["bins"].state)  # wrong
    number: int = ledger.name  # wrong

given("motion.adopted").then({"motion/bins": 3})  # wrong
FixedClock(3)  # wrong
