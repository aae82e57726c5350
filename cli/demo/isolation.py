"""Keeping the demo away from a stack that runs on the same machine."""

from cli.ports import free_port, is_free
from cli.temporal_server import HOST
from settings import Settings


def isolated(settings: Settings) -> Settings:
    """Settings with a data directory and a database of the demo's own, and with free ports."""
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
