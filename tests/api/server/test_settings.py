"""The settings of the server, and its limits."""

import pytest

from api.server.limits import ConnectionLimits, limits_of_this_process
from settings import load_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "anyone"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "*"),
        ("API_PROCESSES", "0"),
    ],
)
def test_an_invalid_value_stops_the_start_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=name):
        load_settings()


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().trusted_proxies == ()
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.7, 192.168.0.0/16,fd00::/8")
    named = [str(each) for each in load_settings().trusted_proxies]
    assert named == ["10.0.0.7/32", "192.168.0.0/16", "fd00::/8"]


def test_connections_stay_below_the_limit_of_open_files() -> None:
    limits = limits_of_this_process()
    assert 0 < limits.of_a_peer <= limits.total <= ConnectionLimits().total
