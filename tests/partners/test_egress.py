"""Where a store's URL may lead."""

import socket
from datetime import timedelta

import pytest

from partners.egress import ForbiddenAddressError, check_url, pin

WITHIN = timedelta(seconds=5)


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/events",
        "https://localhost/events",
        "https://127.0.0.1/events",
        "https://10.0.0.8/events",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/events",
        "https://[::ffff:10.0.0.1]/events",
        "https://[64:ff9b::a9fe:a9fe]/events",
        "https://[2002:7f00:1::]/events",
        "https://[fec0::1]/events",
        "https://[::7f00:1]/events",
        "https://224.0.0.1/events",
        "https://user:secret@partner.example/events",
        "https://localhost./events",
    ],
)
def test_a_url_that_can_never_be_public_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_url(url, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example/events",
        "https://partner.example./events",
        "https://partner.example:8443/events?shop=denim#top",
        "https://shop_1.partner.example/",
        f"https://{'a' * 63}.example/",
        f"https://{'.'.join(['a' * 63] * 3)}.{'a' * 61}/",
        "https://faß.de/",
        "https://xn--fa-hia.de/",
        "https://PARTNER.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
    ],
)
def test_a_public_url_passes(url: str) -> None:
    check_url(url, allow_private=False)


@pytest.mark.parametrize("allow_private", [True, False])
@pytest.mark.parametrize(
    "url",
    [
        "https://a..b/",
        "https://.a/",
        "https://a../",
        "https://./",
        "https:///events",
        f"https://{'a' * 64}.example/",
        f"https://{'.'.join(['a' * 63] * 4)}/",
        "https://*.example/",
        "https://a,b/",
        "https://a'b/",
        "https://a%20b/",
        "https://[fe80::1%25eth0]/",
        "https://-a.example/",
        "https://a-.example/",
        "https://0x7f.1/",
        "https://partner.example:65536/",
        "https://partner.example:0/",
        "ftp://partner.example/",
        "partner.example/events",
    ],
)
async def test_a_url_that_cannot_be_called_is_refused_in_development_too(
    url: str, allow_private: bool
) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_url(url, allow_private=allow_private)
    with pytest.raises(ForbiddenAddressError):
        await pin(url, within=timedelta(milliseconds=1), allow_private=allow_private)


async def test_a_name_is_resolved_in_the_form_that_its_certificate_has() -> None:
    resolved: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        resolved.append(f"{host} {port}")
        return ["fe80::1%eth0", "203.0.113.7"]

    pinned = await pin(
        "https://Faß.de.:8443/events", within=WITHIN, allow_private=True, resolve=resolve
    )

    assert resolved == ["xn--fa-hia.de. 8443"]
    assert pinned.url == "https://203.0.113.7:8443/events"
    assert pinned.host == "xn--fa-hia.de.:8443"
    assert pinned.extensions["sni_hostname"] == "xn--fa-hia.de"


@pytest.mark.parametrize(
    "answer",
    [
        socket.gaierror(socket.EAI_NONAME, "unknown"),
        UnicodeError("label too long"),
        [],
        ["fe80::1%eth0"],
    ],
)
async def test_a_name_without_a_usable_address_is_refused(answer: Exception | list[str]) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        del host, port
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ForbiddenAddressError):
        await pin("https://a.example/", within=WITHIN, allow_private=True, resolve=resolve)


async def test_the_request_goes_to_the_address_that_was_checked() -> None:
    url = "http://localhost:8080/events?a=b"
    pinned = await pin(url, within=WITHIN, allow_private=True)

    assert pinned.url.host in {"127.0.0.1", "::1"}
    assert pinned.url.raw_path == b"/events?a=b"
    assert pinned.host == "localhost:8080"
    assert pinned.extensions["sni_hostname"] == "localhost"


async def test_credentials_in_a_url_are_refused_in_development_too() -> None:
    with pytest.raises(ForbiddenAddressError):
        await pin("http://user:secret@127.0.0.1/events", within=WITHIN, allow_private=True)
