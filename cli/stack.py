"""What the processes of the embedded stack share."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from cli import temporal_server
from cli.child import Program
from settings import Settings

_LOOPBACK_OF_WILDCARD = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not bound
_LOCALHOST = "localhost"


@dataclass(frozen=True)
class Stack:
    """The addresses, token and environment of one embedded stack."""

    settings: Settings
    """With an absolute `data_dir`."""
    token: str
    namespace: str
    further_environment: Mapping[str, str]

    @property
    def shown_token(self) -> str:
        """The token as it may be printed: the operator's own stays out of logs."""
        return "$ADMIN_TOKEN" if self.settings.admin_token else self.token

    @property
    def api_url(self) -> str:
        """Where the API is reached from this machine."""
        return api_url(self.settings)

    @property
    def ui_url(self) -> str:
        """Temporal's Web UI, showing our journeys."""
        return f"{self.ui_origin}/namespaces/{self.namespace}/workflows"

    @property
    def ui_origin(self) -> str:
        """The Web UI's origin. Its host name is the API's, for the sake of the cookie."""
        is_named = self.settings.api_host == _LOCALHOST
        host = _LOCALHOST if is_named else temporal_server.HOST
        return f"http://{host}:{self.settings.temporal_ui_port}"

    @property
    def codec_endpoint(self) -> str | None:
        """With which the Web UI decrypts; None if nothing is encrypted."""
        return f"{self.api_url}/codec" if self.settings.payload_keys else None

    @property
    def sign_in_url(self) -> str:
        """Where an operator signs in."""
        return f"{self.pages_url}/sign-in"

    @property
    def pages_url(self) -> str:
        """The pages for operators and stores."""
        return f"{self.api_url}/ui"

    @property
    def worker_metrics_url(self) -> str:
        """The worker's metrics, of a stack that has a port for them."""
        settings = self.settings
        return f"{_url(settings.worker_metrics_host, settings.worker_metrics_port)}/metrics"

    @property
    def temporal_address(self) -> str:
        """Where API and worker find the embedded server."""
        return f"{temporal_server.HOST}:{self.settings.temporal_port}"

    def program(self, name: str, *command: str) -> Program:
        """A program of this stack, with the environment that all of them share."""
        log = self.settings.data_dir / "logs" / f"{name.lower()}.log"
        return Program(name, command, self._environment(), log)

    def python(self, name: str, module: str, *arguments: str) -> Program:
        """One of our own programs, in this Python."""
        return self.program(name, sys.executable, "-m", module, *arguments)

    def _environment(self) -> dict[str, str]:
        """This process's, without what would lead to another Temporal than the embedded one."""
        foreign = {name for name in os.environ if name.startswith("TEMPORAL_")}
        inherited = {name: value for name, value in os.environ.items() if name not in foreign}
        settings = self.settings
        return inherited | {
            "TEMPORAL_ADDRESS": self.temporal_address,
            "TEMPORAL_NAMESPACE": self.namespace,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "TEMPORAL_UI_ORIGIN": self.ui_origin,
            "ADMIN_TOKEN": self.token,
            "DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database,
            "PYTHONUNBUFFERED": "1",
            **self._worker_metrics(),
            **self.further_environment,
        }

    def _worker_metrics(self) -> dict[str, str]:
        port = self.settings.worker_metrics_port
        return {} if port is None else {"WORKER_METRICS_PORT": str(port)}


def api_url(settings: Settings) -> str:
    """Where an API with these settings is reached from its own machine."""
    return _url(settings.api_host, settings.api_port)


def _url(bound_host: str, port: int | None) -> str:
    host = _LOOPBACK_OF_WILDCARD.get(bound_host, bound_host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
