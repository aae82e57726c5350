"""The admin token: the operator's own, or one that is made once and kept in DATA_DIR."""

import os
import secrets
from pathlib import Path

from settings import Settings

FILE = "admin_token"


def known_token(settings: Settings) -> str | None:
    """The token of the environment, else the kept one, else None."""
    if settings.admin_token is not None:
        return settings.admin_token.get_secret_value()
    kept = settings.data_dir / FILE
    return kept.read_text(encoding="utf-8").strip() or None if kept.exists() else None


def ensure_token(settings: Settings) -> str:
    """The known token, or a new one that is kept for the next start."""
    return known_token(settings) or _make(settings.data_dir / FILE)


def _make(path: Path) -> str:
    token = secrets.token_urlsafe(24)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(token + "\n")
    return token
