"""Where a store's URL may lead."""

import pytest

from partners.egress import ForbiddenAddressError, check_url, pin


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
    ],
)
def test_a_url_that_can_never_be_public_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_url(url, allow_private=False)


def test_a_public_url_passes() -> None:
    check_url("https://partner.example/events", allow_private=False)


async def test_a_name_that_resolves_to_a_private_address_is_refused() -> None:
    with pytest.raises(ForbiddenAddressError):
        await pin("https://localhost.localdomain/events", allow_private=False)


async def test_the_request_goes_to_the_address_that_was_checked() -> None:
    pinned = await pin("http://localhost:8080/events?a=b", allow_private=True)

    assert pinned.url.host in {"127.0.0.1", "::1"}
    assert pinned.url.raw_path == b"/events?a=b"
    assert pinned.host == "localhost:8080"
    assert pinned.extensions["sni_hostname"] == "localhost"


async def test_credentials_in_a_url_are_refused_in_development_too() -> None:
    with pytest.raises(ForbiddenAddressError):
        await pin("http://user:secret@127.0.0.1/events", allow_private=True)
