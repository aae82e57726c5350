"""Metering the processor time of API, workers, Temporal and database over a stretch of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.measure.processor_time import (
    PROC,
    ProcessorTime,
    all_stats,
    postgresql_backends,
    tree_seconds,
)


@dataclass(frozen=True)
class ProcessTrees:
    """Processes with all their descendants."""

    pids: Sequence[int]

    def seconds(self) -> float:
        """The processor time so far of those that run."""
        stats = all_stats()
        return sum(tree_seconds(stats, pid) for pid in self.pids)


@dataclass(frozen=True)
class PostgresqlDatabase:
    """The backends of one database. Those that ended count as they were last seen."""

    name: str
    proc: Path = PROC
    _seen: dict[int, float] = field(default_factory=dict)

    def seconds(self) -> float:
        """The processor time so far."""
        stats = all_stats(self.proc)
        backends = [pid for pid in postgresql_backends(self.name, self.proc) if pid in stats]
        self._seen.update({pid: stats[pid].seconds for pid in backends})
        return sum(self._seen.values())


def database_parts(url: str) -> dict[str, ProcessorTime]:
    """The database of a URL, if it has processes of its own."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return {}
    return {"database": PostgresqlDatabase(str(parsed.database))}


class Meter:
    """What each part has used since `start`."""

    def __init__(self, parts: Mapping[str, ProcessorTime]) -> None:
        """Meter these parts, from now on."""
        self._parts = parts
        self._began: dict[str, float] = {}
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self._began = self._read()

    def seconds(self) -> dict[str, float]:
        """What each part has used so far."""
        return {name: now - self._began[name] for name, now in self._read().items()}

    def _read(self) -> dict[str, float]:
        return {name: part.seconds() for name, part in self._parts.items()}
