"""Settings: the environment, read once, at the start of a process."""

import re
import sys
from base64 import b64decode
from binascii import Error as Base64Error
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.exc import ArgumentError

from storage.database import async_url

KEY_BYTES = 32
_ORIGIN = re.compile(
    r"(?!http://.*:80$|https://.*:443$)https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?"
)
Port = Annotated[int, Field(ge=1, le=65535)]
Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """The configuration of a process. Temporal and OpenTelemetry read their own variables."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    api_host: str = "127.0.0.1"
    api_port: Port = 8000
    data_dir: Path = Path(".data")
    database_url: Annotated[str, Field(repr=False)] = ""
    """Empty: SQLite in `data_dir`."""
    temporal_port: Port = 7233
    temporal_ui_port: Port = 8233
    admin_token: SecretStr | None = None
    whatsapp_api_url: Annotated[str, Field(pattern=r"^https?://\S+$")] = (
        "https://graph.facebook.com/v26.0"
    )
    meta_app_secret: SecretStr | None = None
    meta_verify_token: SecretStr | None = None
    allow_private_egress: bool = False
    temporal_ui_origin: str | None = None
    """As browsers write it: no path, lower case, no default port."""
    payload_keys: Annotated[dict[str, bytes], NoDecode, Field(repr=False)] = {}
    """Key id to key, in the order given: the first encrypts, all decrypt."""
    secret_keys: Annotated[dict[str, bytes], NoDecode, Field(repr=False)] = {}
    """As `payload_keys`, of what the database keeps of stores' secrets."""
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    """Whose forwarded client address is believed."""
    api_processes: Annotated[int, Field(ge=1, le=1000)] = 1
    """API processes that share each store's rate."""
    api_metrics_port: Port | None = None
    """None: `/metrics` is served at the API's own port alone, by whichever process answers."""
    worker_metrics_host: str = "127.0.0.1"
    worker_metrics_port: Port | None = None
    """None: a worker serves no metrics."""
    worker_activities: Annotated[int, Field(ge=1, le=1000)] = 48
    """Activities that a worker process runs at once, besides one for each task queue."""
    worker_cached_journeys: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Journeys of each task queue that a worker process keeps in memory."""
    temporal_deployment_name: str = ""
    temporal_worker_build_id: Annotated[str, Field(validate_default=True)] = ""
    """With a deployment's name: Worker Versioning is on. Both have the names that Temporal's
    Worker Controller sets."""
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_traces_endpoint: str = ""

    @field_validator("database_url")
    @classmethod
    def _supported(cls, url: str) -> str:
        try:
            return url and async_url(url).render_as_string(hide_password=False)
        except ArgumentError as error:
            raise ValueError("is not a SQLAlchemy URL") from error

    @field_validator("temporal_ui_origin")
    @classmethod
    def _is_origin(cls, text: str | None) -> str | None:
        if text is not None and not _ORIGIN.fullmatch(text):
            raise ValueError("takes scheme, host and port alone, such as https://ui.example:8443")
        return text

    @field_validator("temporal_worker_build_id")
    @classmethod
    def _complete(cls, build_id: str, info: ValidationInfo) -> str:
        if bool(build_id) != bool(info.data.get("temporal_deployment_name")):
            raise ValueError("and TEMPORAL_DEPLOYMENT_NAME must be set together")
        return build_id

    @field_validator("payload_keys", "secret_keys", mode="before")
    @classmethod
    def _parse_keys(cls, text: str | dict[str, bytes]) -> dict[str, bytes]:
        if isinstance(text, dict):
            return text
        keys = [_parse_key(entry) for entry in text.split(",")]
        if len(dict(keys)) < len(keys):
            raise ValueError("names a key id twice")
        return dict(keys)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _parse_networks(cls, text: str | tuple[Network, ...]) -> tuple[Network, ...]:
        if isinstance(text, tuple):
            return text
        try:
            return tuple(ip_network(entry.strip()) for entry in text.split(","))
        except ValueError as error:
            raise ValueError("takes addresses and networks: 10.0.0.7,192.168.1.0/24") from error

    @property
    def deployment(self) -> tuple[str, str] | None:
        """The deployment's name and this build's id; None: workers are not versioned."""
        if not self.temporal_worker_build_id:
            return None
        return self.temporal_deployment_name, self.temporal_worker_build_id

    @property
    def traces(self) -> bool:
        """Whether OpenTelemetry's variables name a collector; its library reads the rest."""
        return bool(self.otel_exporter_otlp_endpoint or self.otel_exporter_otlp_traces_endpoint)

    @property
    def database(self) -> str:
        """The database's URL, or the default one in `data_dir`."""
        return self.database_url or f"sqlite:///{self.data_dir / 'comeback.db'}"


def _parse_key(entry: str) -> tuple[str, bytes]:
    key_id, _, encoded = entry.strip().partition(":")
    try:
        key = b64decode(encoded, validate=True)
    except Base64Error as error:
        raise ValueError("takes id:base64key[,id:base64key…]") from error
    if not key_id or len(key) != KEY_BYTES:
        raise ValueError(f"takes id:base64key, the key being {KEY_BYTES} bytes")
    return key_id, key


def load_settings() -> Settings:
    """Read the environment, or exit with the name of every invalid variable."""
    try:
        return Settings()
    except ValidationError as error:
        sys.exit("\n".join(_message(each["loc"], each["msg"]) for each in error.errors()))


def _message(location: tuple[int | str, ...], message: str) -> str:
    """Never the value: it may be a secret."""
    return f"environment variable {str(location[0]).upper()}: {message}"
