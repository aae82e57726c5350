"""Where the secrets of a model stand in its JSON, by the types of its fields."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

Place = tuple[str, ...]
"""Where a value stands in JSON: the keys and positions that lead to it."""

Schema = Mapping[str, Any]


class SecretPlaces:
    """The places of a model's secrets, derived from its JSON schema.

    pydantic gives every `SecretStr` the format `password` there, so a secret of a new type is found
    without being named. JSON that the model refuses is read as far as it fits.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        """Take the schema of a model."""
        self._root = model.model_json_schema()

    def of(self, value: Any) -> frozenset[Place]:
        """The places in JSON of the model at which a secret stands."""
        return frozenset(self._found(self._root, value, ()))

    def _found(self, schema: Schema, value: Any, place: Place) -> Iterator[Place]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            yield from self._found(self._root["$defs"][name], value, place)
        for combined in ("anyOf", "oneOf", "allOf"):
            for branch in schema.get(combined, ()):
                yield from self._found(branch, value, place)
        if isinstance(value, str) and schema.get("format") == "password":
            yield place
        for name, part in _parts(value):
            for of_part in _schemas_of(schema, name):
                yield from self._found(of_part, part, (*place, name))


def map_texts(value: Any, change: Callable[[Place, str], str], place: Place = ()) -> Any:
    """JSON with every text changed, by where it stands; keys stay."""
    if isinstance(value, str):
        return change(place, value)
    if isinstance(value, dict):
        return {name: map_texts(part, change, (*place, name)) for name, part in value.items()}
    if isinstance(value, list):
        return [map_texts(part, change, (*place, name)) for name, part in _parts(value)]
    return value


def _parts(value: Any) -> list[tuple[str, Any]]:
    """What an object or a list consists of, by key or position."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return [(str(position), part) for position, part in enumerate(value)]
    return []


def _schemas_of(schema: Schema, name: str) -> Iterator[Schema]:
    """The schemas that a part of an object or a list may have."""
    candidates = [
        schema.get("properties", {}).get(name),
        *_by_pattern(schema, name),
        schema.get("additionalProperties"),
        schema.get("items"),
        dict(enumerate(schema.get("prefixItems", ()))).get(int(name) if name.isdecimal() else -1),
    ]
    yield from (each for each in candidates if isinstance(each, Mapping))


def _by_pattern(schema: Schema, name: str) -> Iterator[Schema]:
    patterns: Mapping[str, Schema] = schema.get("patternProperties", {})
    yield from (of_part for pattern, of_part in patterns.items() if re.search(pattern, name))
