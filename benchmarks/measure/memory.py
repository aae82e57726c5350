"""Memory of processes, and the size of files."""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.measure.processor_time import PROC, all_stats, tree

KIB, MIB = 2**10, 2**20
_RESIDENT: Final = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


def resident_bytes(status: str) -> int:
    """What `/proc/PID/status` says is in memory; 0 of a process that has ended."""
    found = _RESIDENT.search(status)
    return 0 if found is None else int(found[1]) * KIB


def memory_of(pids: Iterable[int], proc: Path = PROC) -> int:
    """Bytes in memory of processes and all their descendants."""
    stats = all_stats(proc)
    return sum(_memory(proc / str(pid)) for root in pids for pid in tree(stats, root))


def _memory(folder: Path) -> int:
    with suppress(OSError):  # it has just ended
        return resident_bytes((folder / "status").read_text(encoding="utf-8"))
    return 0


def sqlite_bytes(file: Path) -> int:
    """The size of a SQLite database with its write-ahead log."""
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*"))
