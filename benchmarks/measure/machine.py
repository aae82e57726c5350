"""The machine that a benchmark ran on."""

import os
import platform
from pathlib import Path

from pydantic import BaseModel


class Machine(BaseModel):
    """What figures depend on."""

    system: str
    python: str
    processor: str
    processors: int
    memory_gib: float
    load: float
    """Average of the minute before: figures want a machine at rest."""


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        processor=_processor(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        processors=len(os.sched_getaffinity(0)),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        load=os.getloadavg()[0],
    )


def _processor(cpuinfo: str) -> str:
    names = (line.partition(":")[2] for line in cpuinfo.splitlines() if "model name" in line)
    return next(names, "unknown").strip()
