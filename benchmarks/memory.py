"""One operation in a process of its own, which then tells the most memory it held.

python -m benchmarks.memory import LEDGER FILE
"""

from __future__ import annotations

import resource
import sys
from collections import deque
from pathlib import Path

from benchmarks import ours


def run(operation: str, ledger: Path, file: Path) -> None:
    """Do one of the operations that must not hold the log in memory."""
    with ours.connect(ledger) as opened:
        match operation:
            case "import":
                ours.load(opened, file)
            case "replay":
                deque(opened.replay(), maxlen=0)
            case "verify":
                assert opened.verify()
            case "export":
                ours.export(opened, file)


def peak() -> int:
    """The most memory that this process held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says there includes what the parent held before exec.
        held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(held.split()[1]) * 1024
    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return told if sys.platform == "darwin" else told * 1024


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.write(f"{peak()}\n")
