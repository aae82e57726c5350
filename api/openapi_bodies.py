"""Request bodies in the OpenAPI document: routes read them raw, so FastAPI does not know them."""

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, Final

from fastapi.openapi.constants import REF_TEMPLATE
from pydantic import TypeAdapter

from domain.events.models import event_adapter
from domain.stores.config import StoreConfig

EVENT_EXAMPLES: Final = (
    "cart_update.add_to_cart",
    "cart_update.remove_from_cart",
    "product_view",
    "collection_view",
)
"""The samples of the integration guide."""
CONFIG_EXAMPLE: Final = "store_config"


def example(name: str) -> Any:
    """A body as it is sent."""
    return json.loads(files("api").joinpath("examples", f"{name}.json").read_text("utf-8"))


def _schema(adapter: TypeAdapter[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a body, and those that it refers to."""
    schema = adapter.json_schema(ref_template=REF_TEMPLATE)
    return schema, schema.pop("$defs", {})


def _request_body(schema: dict[str, Any], examples: Iterable[str] = ()) -> dict[str, Any]:
    media = {"schema": schema, "examples": {name: {"value": example(name)} for name in examples}}
    return {"requestBody": {"required": True, "content": {"application/json": media}}}


_event, _event_components = _schema(event_adapter)
_config, _config_components = _schema(TypeAdapter(StoreConfig))
COMPONENTS: Final = _event_components | _config_components
EVENT_BODY: Final = _request_body(_event, EVENT_EXAMPLES)
CONFIG_BODY: Final = _request_body(_config, [CONFIG_EXAMPLE])

_BASE64: Final = {"type": "string", "contentEncoding": "base64"}
_PAYLOAD: Final = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object", "additionalProperties": _BASE64},
        "data": _BASE64,
    },
}
PAYLOADS: Final = {
    "type": "object",
    "properties": {"payloads": {"type": "array", "items": _PAYLOAD}},
}
PAYLOADS_BODY: Final = _request_body(PAYLOADS)
"""Temporal's remote codec form."""

META_BODY: Final = _request_body({"type": "object", "description": "A notification of Meta's"})
