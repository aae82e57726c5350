"""Running `journeys` as a real process, and finding the processes that it leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from cli.ports import free_port

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
READY_WITHIN = 60.0
_FOREIGN = ("TEMPORAL_", "ADMIN_", "API_", "DATA", "PAYLOAD_", "WHATSAPP_", "OTEL_")


def eventually(holds: Callable[[], bool], within: float) -> bool:
    """Whether a condition becomes true within so many seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@dataclass
class Journeys:
    """A `journeys` process, its environment and its output."""

    process: subprocess.Popen[bytes]
    environment: Mapping[str, str]
    output_file: Path

    @property
    def output(self) -> str:
        return self.output_file.read_text(encoding="utf-8")

    @property
    def data_dir(self) -> Path:
        return Path(self.environment["DATA_DIR"])

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.environment['API_PORT']}"

    @property
    def token(self) -> str:
        return (self.data_dir / "admin_token").read_text(encoding="utf-8").strip()

    def says(self, line: str, within: float = READY_WITHIN) -> bool:
        return eventually(lambda: line in self.output, within)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.api_url}/health/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def children(self, of: str = "") -> list[int]:
        """Processes with this DATA_DIR in their environment, other than this one."""
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if pid != self.process.pid and self._started(pid, of)]

    def _started(self, pid: int, command: str) -> bool:
        with suppress(OSError):
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
            return os.fsencode(self.data_dir) in environment and command.encode() in words
        return False


def environment(data_dir: Path, **changes: str) -> dict[str, str]:
    """An environment with ports and a DATA_DIR that are not in use on this machine."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    ports = {
        name: str(free_port(HOST)) for name in ("API_PORT", "TEMPORAL_PORT", "WORKER_METRICS_PORT")
    }
    ports["TEMPORAL_UI_PORT"] = str(free_port(HOST))
    return inherited | ports | {"DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"} | changes


@contextmanager
def journeys(*arguments: str, env: Mapping[str, str], output: Path) -> Iterator[Journeys]:
    """Run a command in the background; killed at the end if it still runs."""
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            env=dict(env),
            cwd=ROOT,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    running = Journeys(process, env, output)
    try:
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        eventually(lambda: not running.children(), 5)
        for pid in running.children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """The stand-ins for Meta and a partner as a process; Meta's ledger is in `meta.jsonl`."""
    port = str(free_port(HOST))
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--port",
        port,
        "--ledger",
        str(folder / "meta.jsonl"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait()


def run(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env=dict(env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
