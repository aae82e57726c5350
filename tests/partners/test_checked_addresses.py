"""How long a checked address stands."""

from datetime import timedelta

import pytest

from partners import checked_addresses
from partners.checked_addresses import LIFETIME, CheckedAddresses
from partners.egress import ForbiddenAddressError, pin

URL = "https://partner.example/events"


class Time:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Resolver:
    """Gives one answer after another."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        del host, port
        return self.answers.pop(0)


async def address(resolve: Resolver, checked: CheckedAddresses, url: str = URL) -> str:
    within = timedelta(milliseconds=1)
    pinned = await pin(url, within=within, allow_private=False, resolve=resolve, checked=checked)
    return pinned.url.host


async def test_a_checked_address_stands_for_a_while_and_then_the_host_is_resolved_anew() -> None:
    now, resolve = Time(), Resolver(["8.8.8.8"], ["9.9.9.9"])
    checked = CheckedAddresses(now)

    assert await address(resolve, checked) == "8.8.8.8"
    now.seconds = LIFETIME.total_seconds() - 1
    assert await address(resolve, checked) == "8.8.8.8"
    now.seconds = LIFETIME.total_seconds()
    assert await address(resolve, checked) == "9.9.9.9"


async def test_what_is_used_does_not_stand_for_longer() -> None:
    now, resolve = Time(), Resolver(["8.8.8.8"], ["127.0.0.1"])
    checked = CheckedAddresses(now)
    for second in range(int(LIFETIME.total_seconds())):
        now.seconds = second
        assert await address(resolve, checked) == "8.8.8.8"

    now.seconds = LIFETIME.total_seconds()
    with pytest.raises(ForbiddenAddressError):
        await address(resolve, checked)


async def test_a_refusal_does_not_stand() -> None:
    resolve, checked = Resolver(["8.8.8.8", "10.0.0.8"], [], ["8.8.8.8"]), CheckedAddresses()

    for _ in range(2):
        with pytest.raises(ForbiddenAddressError):
            await address(resolve, checked)
    assert await address(resolve, checked) == "8.8.8.8"


async def test_each_host_and_port_is_checked_by_itself() -> None:
    resolve, checked = Resolver(["8.8.8.8"], ["9.9.9.9"], ["1.1.1.1"]), CheckedAddresses()
    urls = (URL, "https://other.example/", "https://partner.example:8443/")

    assert [await address(resolve, checked, url) for url in urls] == [
        "8.8.8.8",
        "9.9.9.9",
        "1.1.1.1",
    ]
    assert await address(resolve, checked) == "8.8.8.8"


async def test_the_path_and_the_standard_port_make_no_difference() -> None:
    resolve, checked = Resolver(["8.8.8.8"]), CheckedAddresses()

    for url in (URL, "https://PARTNER.example:443/other?x=1"):
        assert await address(resolve, checked, url) == "8.8.8.8"


async def test_the_number_of_hosts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_addresses, "MAX_HOSTS", 2)
    checked = CheckedAddresses()
    for host in ("a", "b", "a", "c"):
        checked.keep(host, 443, "8.8.8.8")

    assert [checked.find(host, 443) for host in ("a", "b", "c")] == ["8.8.8.8", None, "8.8.8.8"]
