"""`journeys store apply`: what an operator's PUT does, from a file."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from cli.admin_token import known_token
from cli.errors import CommandError
from cli.stack import api_url as own_api_url
from cli.yaml_file import read_yaml
from settings import Settings

SHOWN_ONCE = ("api_key", "signing_secret")
_TIMEOUT_SECONDS = 30
_WITHOUT_HEADING = {"body"}


def apply(file: Path, api_url: str | None, settings: Settings, say: Callable[[str], None]) -> bool:
    """Put every store of a file; False when the API turned one of them down.

    Raises:
        CommandError: nothing can be put at all, such as without a token.
    """
    stores = list(_stores(file))
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
        accepted = [_put(http, store_id, store, say) for store_id, store in stores]
    return all(accepted)


def _stores(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    document = read_yaml(file)
    stores = document.get("stores", [document]) if isinstance(document, dict) else document
    if not isinstance(stores, list) or not stores:
        raise CommandError(f"{file}: wants a store, or a list of them under `stores`")
    for store in stores:
        if not isinstance(store, dict) or not isinstance(store.get("store_id"), str):
            raise CommandError(f"{file}: every store needs a `store_id`, in quotes if a number")
        yield store["store_id"], {key: store[key] for key in store if key != "store_id"}


def _is_here(url: str) -> bool:
    """Whether a URL is this very machine's, where no proxy leads."""
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _put(
    http: httpx.Client, store_id: str, store: dict[str, Any], say: Callable[[str], None]
) -> bool:
    try:
        answer = http.put(f"/v1/stores/{quote(store_id, safe='')}", json=store)
    except httpx.TransportError as error:
        raise CommandError(f"the API does not answer at {http.base_url}: {error}") from error
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise CommandError("the API knows another admin token; set ADMIN_TOKEN to it")
    lines = _written(answer) if answer.is_success else _complaints(answer)
    say("\n".join((f"{store_id}: {_HEADINGS.get(answer.status_code, 'refused')}", *lines)))
    return answer.is_success


_HEADINGS = {
    200: "replaced",
    201: "created; the key and the secret are shown this once",
    422: "not accepted",
}


def _written(answer: httpx.Response) -> Iterator[str]:
    body = answer.json()
    for name in ("events_url", *SHOWN_ONCE):
        if body.get(name):
            yield f"  {name}: {body[name]}"


def _complaints(answer: httpx.Response) -> Iterator[str]:
    """Each wrong place by its path, as in `plans.cart_update.0.after`."""
    if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
        yield f"  the API answered {answer.status_code}: {answer.text}"
        return
    for complaint in answer.json()["detail"]:
        place = [str(part) for part in complaint["loc"] if part not in _WITHOUT_HEADING]
        yield f"  {'.'.join(place) or 'store'}: {complaint['msg']}"
