"""Files with stores, as operators write them: YAML, one store or several."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from cli.yaml_file import read_yaml


def read_stores(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The id and the configuration of every store in a file.

    Raises:
        CommandError: it has none, or one without an id.
    """
    for store in _entries(file):
        if not isinstance(store, dict) or not isinstance(store.get("store_id"), str):
            raise CommandError(f"{file}: every store needs a `store_id`, in quotes if a number")
        yield store["store_id"], {key: store[key] for key in store if key != "store_id"}


def _entries(file: Path) -> list[Any]:
    document = read_yaml(file)
    stores = document.get("stores", [document]) if isinstance(document, dict) else document
    if not isinstance(stores, list) or not stores:
        raise CommandError(f"{file}: expected a store, or a list of them under `stores`")
    return stores
