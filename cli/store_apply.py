"""`journeys store apply`: what an operator's PUT does, from a file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from cli.api_client import ApiClient, open_api_client
from cli.problem_lines import problem_line
from cli.store_file import read_stores
from settings import Settings

SHOWN_ONCE = ("api_key", "signing_secret")

_HEADINGS = {
    200: "replaced",
    201: "created; the key and the secret are shown this once",
    422: "not accepted",
}


def apply_stores(
    file: Path, api_url: str | None, settings: Settings, echo: Callable[[str], None]
) -> bool:
    """Put every store of a file; False when the API refused one of them.

    Raises:
        CommandError: no store can be put, such as without a token.
    """
    stores = list(read_stores(file))
    with open_api_client(api_url, settings) as api:
        accepted = [_put(api, store_id, store, echo) for store_id, store in stores]
    return all(accepted)


def _put(api: ApiClient, store_id: str, store: dict[str, Any], echo: Callable[[str], None]) -> bool:
    response = api.call_store("PUT", store_id, store)
    lines = _stored(response) if response.is_success else _problems(response)
    echo("\n".join((f"{store_id}: {_HEADINGS.get(response.status_code, 'refused')}", *lines)))
    return response.is_success


def _stored(response: httpx.Response) -> Iterator[str]:
    body = response.json()
    for name in ("events_url", *SHOWN_ONCE):
        if body.get(name):
            yield f"  {name}: {body[name]}"
    for warning in body.get("warnings", []):
        where = ".".join(map(str, warning["path"]))
        yield f"  warning: {where}: {warning['message']}"


def _problems(response: httpx.Response) -> Iterator[str]:
    if response.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
        yield f"  the API answered {response.status_code}: {response.text}"
        return
    for problem in response.json()["detail"]:
        where, *path = problem["loc"]
        yield problem_line(path if where == "body" else problem["loc"], problem["msg"])
