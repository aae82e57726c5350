"""Settings: what a variable may be, and how a wrong one is named."""

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


@pytest.mark.parametrize("name", ["PAYLOAD_KEYS", "SECRET_KEYS"])
def test_a_key_id_that_is_given_twice_stops_the_start(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (b64encode(key).decode() for key in (KEY, b"l" * 32))
    monkeypatch.setenv(name, f"a:{first},b:{first},a:{second}")
    with pytest.raises(SystemExit, match=rf"^environment variable {name}: .*names a key id twice$"):
        load_settings()


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


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:8233",
        "http://localhost:8080",
        "http://[::1]:8233",
        "https://temporal.example",
        "https://temporal.example:8443",
    ],
)
def test_an_origin_is_taken_as_a_browser_writes_it(origin: str) -> None:
    assert Settings(temporal_ui_origin=origin).temporal_ui_origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "null",
        "temporal.example",
        "ftp://temporal.example",
        "https://temporal.example/",
        "https://temporal.example/namespaces",
        "https://temporal.example?x=1",
        "https://me@temporal.example",
        "https://Temporal.example",
        "https://temporal.example:443",
        "http://temporal.example:80",
        "https://temporal.example:",
        "https://a.example,https://b.example",
        "https://temporal.example\n",
        "https://",
    ],
)
def test_what_is_no_origin_stops_the_start_with_the_variable(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("TEMPORAL_UI_ORIGIN", text)

    with pytest.raises(SystemExit, match=r"^environment variable TEMPORAL_UI_ORIGIN: .*host"):
        load_settings()
