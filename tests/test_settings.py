"""Settings, as the environment gives them."""

from base64 import b64encode

import pytest

from settings import Settings, load_settings

KEY = b"k" * 32


@pytest.mark.parametrize("name", ["PAYLOAD_KEYS", "SECRET_KEYS"])
def test_keys_are_read_in_the_order_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = b64encode(KEY).decode()
    monkeypatch.setenv(name, f"new:{encoded}, old:{encoded}")
    keys = getattr(load_settings(), name.lower())
    assert list(keys.items()) == [("new", KEY), ("old", KEY)]


@pytest.mark.parametrize("wrong", ["key", "a:", ":a2V5", "a:a2V5", "a:%%%"])
def test_wrong_key_stops_the_start_without_being_shown(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEYS", wrong)
    with pytest.raises(SystemExit) as stopped:
        load_settings()
    assert str(stopped.value).startswith("environment variable SECRET_KEYS: ")
    assert "a2V5" not in str(stopped.value)


def test_secrets_are_not_in_the_repr() -> None:
    settings = Settings.model_validate(
        {
            "database_url": "postgresql+psycopg://user:a-secret@db.example/comeback",
            "admin_token": "a-secret",
            "meta_app_secret": "a-secret",
            "payload_keys": {"a": KEY},
            "secret_keys": {"a": KEY},
        }
    )
    assert "a-secret" not in repr(settings)
    assert "kkkk" not in repr(settings)
