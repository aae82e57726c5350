"""The demo's stand-ins for Meta, the partner's Exit API and the store's channel: one process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.ports import free_port
from cli.running import Sidecar
from cli.temporal_server import HOST
from settings import Settings


@dataclass(frozen=True)
class SandboxProcess:
    """Where the sandbox listens, and where it keeps what Meta's stand-in received."""

    port: int
    ledger: Path

    @property
    def url(self) -> str:
        """Meta's stand-in at the root, the others below `/partner` and `/channels`."""
        return f"http://{HOST}:{self.port}"

    @property
    def sidecar(self) -> Sidecar:
        """The process, for `run_stack`."""
        return (
            *("Sandbox", "sandbox"),
            *("--port", str(self.port), "--ledger", str(self.ledger)),
        )

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables with which API and worker call the sandbox instead of Meta."""
        return {"WHATSAPP_API_URL": self.url, "ALLOW_PRIVATE_EGRESS": "1"}


def sandbox_process(settings: Settings) -> SandboxProcess:
    """A sandbox on a free port, with the ledger among the demo's data."""
    return SandboxProcess(free_port(HOST), settings.data_dir.absolute() / "ledger.jsonl")
