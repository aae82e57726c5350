"""Calling the API as its operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import quote

import httpx

from cli.admin_token import known_token
from cli.errors import CommandError
from cli.stack import api_url as own_api_url
from settings import Settings

_TIMEOUT_SECONDS = 30


class OperatorsHttp:
    """The API, called with the admin token."""

    def __init__(self, http: httpx.Client) -> None:
        """Call through this client."""
        self._http = http

    def store(
        self, method: str, store_id: str, json: dict[str, object] | None = None
    ) -> httpx.Response:
        """Call the resource that a store is.

        Raises:
            CommandError: nobody answers, or not to this token.
        """
        try:
            answer = self._http.request(method, f"/v1/stores/{quote(store_id, safe='')}", json=json)
        except httpx.TransportError as error:
            url = self._http.base_url
            raise CommandError(f"the API does not answer at {url}: {error}") from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise CommandError("the API knows another admin token; set ADMIN_TOKEN to it")
        return answer


@contextmanager
def calling_api(api_url: str | None, settings: Settings) -> Iterator[OperatorsHttp]:
    """The API at this URL, or else where the settings have it.

    Raises:
        CommandError: there is no token to call it with.
    """
    token = known_token(settings)
    if token is None:
        raise CommandError("set ADMIN_TOKEN to the token that the API was started with")
    url = api_url or own_api_url(settings)
    with httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=_TIMEOUT_SECONDS,
        trust_env=not _is_here(url),
    ) as http:
        yield OperatorsHttp(http)


def _is_here(url: str) -> bool:
    """Whether a URL is this very machine's, where no proxy leads."""
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
