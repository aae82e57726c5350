"""The demo's outside world: one process that stands in for everybody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.ports import free_port, is_free
from cli.running import Companion
from cli.temporal_server import HOST
from settings import Settings


@dataclass(frozen=True)
class StandIns:
    """Where they are, and where Meta's keeps what it received."""

    port: int
    ledger: Path

    @property
    def url(self) -> str:
        """Meta's at the root, the others' below `/partner` and `/channels`."""
        return f"http://{HOST}:{self.port}"

    @property
    def companion(self) -> Companion:
        """The process."""
        return (
            *("Sandbox", "sandbox"),
            *("--port", str(self.port), "--ledger", str(self.ledger)),
        )

    @property
    def environment(self) -> Mapping[str, str]:
        """What sends API and worker there instead of into the world."""
        return {"WHATSAPP_API_URL": self.url, "ALLOW_PRIVATE_EGRESS": "1"}


def stand_ins(settings: Settings) -> StandIns:
    """Stand-ins on a free port, with the ledger among the demo's data."""
    return StandIns(free_port(HOST), settings.data_dir.absolute() / "ledger.jsonl")


def apart(settings: Settings) -> Settings:
    """Settings that touch neither the data nor the ports of anything that runs."""
    ports = {
        name: port if is_free(host, port) else free_port(host)
        for name, host, port in (
            ("api_port", settings.api_host, settings.api_port),
            ("temporal_port", HOST, settings.temporal_port),
            ("temporal_ui_port", HOST, settings.temporal_ui_port),
        )
    }
    place = {"data_dir": settings.data_dir / "demo", "database_url": ""}
    return settings.model_copy(update=ports | place)
