"""`journeys store apply`: what an operator's PUT does, from a file."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

from cli.errors import CommandError
from cli.operators_http import OperatorsHttp, calling_api
from cli.yaml_file import read_yaml
from settings import Settings

SHOWN_ONCE = ("api_key", "signing_secret")


def apply(file: Path, api_url: str | None, settings: Settings, say: Callable[[str], None]) -> bool:
    """Put every store of a file; False when the API turned one of them down.

    Raises:
        CommandError: nothing can be put at all, such as without a token.
    """
    stores = list(stores_in(file))
    with calling_api(api_url, settings) as api:
        accepted = [_put(api, store_id, store, say) for store_id, store in stores]
    return all(accepted)


def stores_in(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The id and the configuration of every store in a file.

    Raises:
        CommandError: it has none, or one without an id.
    """
    document = read_yaml(file)
    stores = document.get("stores", [document]) if isinstance(document, dict) else document
    if not isinstance(stores, list) or not stores:
        raise CommandError(f"{file}: wants a store, or a list of them under `stores`")
    for store in stores:
        if not isinstance(store, dict) or not isinstance(store.get("store_id"), str):
            raise CommandError(f"{file}: every store needs a `store_id`, in quotes if a number")
        yield store["store_id"], {key: store[key] for key in store if key != "store_id"}


def complaint(path: Iterable[int | str], message: str) -> str:
    """One wrong place on a line, as in `plans.cart_update.0.after: …`."""
    return f"  {'.'.join(map(str, path)) or 'store'}: {message}"


def _put(
    api: OperatorsHttp, store_id: str, store: dict[str, Any], say: Callable[[str], None]
) -> bool:
    answer = api.store("PUT", store_id, store)
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
    if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
        yield f"  the API answered {answer.status_code}: {answer.text}"
        return
    for wrong in answer.json()["detail"]:
        where, *path = wrong["loc"]
        yield complaint(path if where == "body" else wrong["loc"], wrong["msg"])
