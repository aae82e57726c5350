"""Processor time that processes have used, as Linux counts it in /proc."""

import os
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
PROC: Final = Path("/proc")

_PARENT, _TIMES = 1, slice(11, 15)
"""Where `proc_pid_stat(5)` has them, counted from the field after the name: ppid; utime, stime,
cutime and cstime."""


class ProcessStat(NamedTuple):
    """One process at an instant."""

    pid: int
    parent: int
    seconds: float
    """User and system time, its own and that of children which it has waited for."""


def parse_stat(text: str) -> ProcessStat:
    """Read `/proc/PID/stat`. The process's name, in parentheses, may have any characters."""
    pid, _, rest = text.partition(" ")
    fields = rest.rpartition(")")[2].split()
    ticks = sum(map(int, fields[_TIMES]))
    return ProcessStat(int(pid), int(fields[_PARENT]), ticks / CLOCK_TICKS)


def tree_seconds(stats: Mapping[int, ProcessStat], root: int) -> float:
    """The processor time of a process and all its descendants."""
    return sum(stats[pid].seconds for pid in tree(stats, root))


def tree(stats: Mapping[int, ProcessStat], root: int) -> list[int]:
    """A process and its descendants; empty when it has ended."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in stats.values():
        children[stat.parent].append(stat.pid)
    found = [root] if root in stats else []
    for pid in found:
        found.extend(children[pid])
    return found


def all_stats(proc: Path = PROC) -> dict[int, ProcessStat]:
    """Every process that runs now."""
    stats = (parse_stat(text) for text in _contents(proc, "stat").values() if text)
    return {stat.pid: stat for stat in stats}


def postgresql_backends(database: str, proc: Path = PROC) -> list[int]:
    """The server processes of PostgreSQL that work on a database; their titles name it."""
    titles = _contents(proc, "cmdline")
    return [
        pid
        for pid, title in titles.items()
        if title.startswith("postgres: ") and database in title.split()
    ]


def _contents(proc: Path, name: str) -> dict[int, str]:
    return dict(_read(folder, name) for folder in proc.glob("[0-9]*"))


def _read(folder: Path, name: str) -> tuple[int, str]:
    text = ""
    with suppress(OSError):  # it has just ended
        text = (folder / name).read_text(errors="replace").replace("\0", " ")
    return int(folder.name), text


class ProcessorTime(Protocol):
    """Something that uses processor time."""

    def seconds(self) -> float:
        """So far."""
        ...
