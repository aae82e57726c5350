"""Calling the API as its operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import quote

import httpx

from cli.admin_token import known_token
from cli.errors import CommandError
from cli.stack import api_url as default_api_url
from settings import Settings

_TIMEOUT_SECONDS = 30


class ApiClient:
    """The API, called with the admin token."""

    def __init__(self, http: httpx.Client) -> None:
        """Call through this client, which sends the token."""
        self._http = http

    def call_store(
        self, method: str, store_id: str, json: dict[str, object] | None = None
    ) -> httpx.Response:
        """Call `/v1/stores/{store_id}`.

        Raises:
            CommandError: the API does not answer, or refuses the token.
        """
        path = f"/v1/stores/{quote(store_id, safe='')}"
        try:
            response = self._http.request(method, path, json=json)
        except httpx.TransportError as error:
            url = self._http.base_url
            raise CommandError(f"the API does not answer at {url}: {error}") from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise CommandError("the API has another admin token; set ADMIN_TOKEN to it")
        return response


@contextmanager
def open_api_client(api_url: str | None, settings: Settings) -> Iterator[ApiClient]:
    """A client of the API at this URL, or at API_HOST and API_PORT.

    Raises:
        CommandError: there is no admin token.
    """
    token = known_token(settings)
    if token is None:
        raise CommandError("set ADMIN_TOKEN to the token that the API was started with")
    url = api_url or default_api_url(settings)
    with httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=_TIMEOUT_SECONDS,
        trust_env=not _is_loopback(url),
    ) as http:
        yield ApiClient(http)


def _is_loopback(url: str) -> bool:
    """Whether a URL is on this machine, which no proxy reaches."""
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
