import stat
from pathlib import Path

from pydantic import SecretStr

from cli.admin_token import ensure_token, known_token
from settings import Settings


def settings(data_dir: Path, token: str | None = None) -> Settings:
    return Settings(data_dir=data_dir, admin_token=SecretStr(token) if token else None)


def test_a_token_is_made_once(tmp_path: Path) -> None:
    made = ensure_token(settings(tmp_path))

    assert ensure_token(settings(tmp_path)) == known_token(settings(tmp_path)) == made
    assert stat.S_IMODE((tmp_path / "admin_token").stat().st_mode) == 0o600


def test_the_operators_own_token_is_not_kept(tmp_path: Path) -> None:
    assert ensure_token(settings(tmp_path, "own")) == "own"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_token(tmp_path: Path) -> None:
    (tmp_path / "admin_token").touch()

    assert known_token(settings(tmp_path)) is None
    assert ensure_token(settings(tmp_path))
