"""A PostgreSQL server of one's own, which can be killed and frozen."""

import asyncio
import getpass
import os
import shutil
import signal
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.chaos import processes
from cli.ports import free_port
from sandbox.server import HOST

DEBIAN: Final = Path("/usr/lib/postgresql")
UNPRIVILEGED: Final = "postgres"
"""PostgreSQL refuses to run as root."""

RETRY_SECONDS: Final = 0.3
"""After a kill the next server starts once the last process of the old one is gone."""


class NoPostgresqlError(Exception):
    """PostgreSQL's programs are not installed here."""


def find_programs() -> Path:
    """The directory of `initdb` and `postgres`.

    Raises:
        NoPostgresqlError: there is none.
    """
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else sorted(DEBIAN.glob("*/bin"), reverse=True)
    for directory in found:
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            return directory
    raise NoPostgresqlError(f"there is no initdb on PATH or in {DEBIAN}")


class PrivatePostgresql:
    """A server in a folder; it is started again whenever it dies."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._data = folder / "postgresql"
        self._port = free_port(HOST)
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """As DATABASE_URL takes it."""
        user = self._user or getpass.getuser()
        return f"postgresql+psycopg://{user}@{HOST}:{self._port}/postgres"

    def pids(self) -> list[int]:
        """All its processes, the first one first."""
        if self._process is None:
            return []
        return [self._process.pid, *processes.children(self._process.pid)]

    def initialise(self) -> None:
        """Make an empty cluster, that trusts every connection to its port."""
        self._data.mkdir()
        if self._user is not None:
            shutil.chown(self._data, self._user)
            self._data.parent.chmod(0o711)
        subprocess.run(  # noqa: S603  # a program of this machine, and a path of ours
            [self._programs / "initdb", "--auth=trust", "--no-sync", "-D", self._data],
            user=self._user,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    async def keep_running(self) -> None:
        """Start it, and again each time it dies, until cancelled."""
        while True:
            self._process = await self._start()
            await self._process.wait()
            await asyncio.sleep(RETRY_SECONDS)

    async def _start(self) -> Process:
        with self._data.with_suffix(".log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(self._programs / "postgres", "-D", self._data, "-p", str(self._port)),
                *("-h", HOST, "-k", "", "-c", "fsync=off"),  # the machine stays up
                user=self._user,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@asynccontextmanager
async def private_postgresql(folder: Path) -> AsyncIterator[PrivatePostgresql]:
    """A running server, ended with the block.

    Raises:
        NoPostgresqlError: it is not installed.
    """
    server = PrivatePostgresql(find_programs(), folder)
    await asyncio.to_thread(server.initialise)
    keeping = asyncio.create_task(server.keep_running())
    try:
        yield server
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        processes.send(signal.SIGKILL, server.pids())
