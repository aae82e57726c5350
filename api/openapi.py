"""OpenAPI beyond FastAPI's own reading of the routes: bodies that are read raw, error answers."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from domain.events.models import event_adapter
from domain.stores.config import StoreConfig

_REF_TEMPLATE = "#/components/schemas/{model}"
_DESCRIPTIONS = {
    401: "No key, unknown store or another store's key: one and the same answer",
    403: "Another namespace, or the cookie of a page that may not send it",
    404: "There is none",
    408: "The body did not arrive in time",
    409: "It cannot be done as things are",
    413: "The body is over 64 KiB",
    422: "Invalid: every wrong field is named",
    429: "The store is over its rate, or too many requests are in flight: see Retry-After",
    503: "Nothing was kept: see Retry-After",
}


def _schema(adapter: TypeAdapter[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a body, and those that it refers to."""
    schema = adapter.json_schema(ref_template=_REF_TEMPLATE)
    return schema, schema.pop("$defs", {})


def _request_body(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


_event, _event_components = _schema(event_adapter)
_config, _config_components = _schema(TypeAdapter(StoreConfig))
EVENT_BODY = _request_body(_event)
CONFIG_BODY = _request_body(_config)
_PAYLOAD = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "data": {"type": "string", "contentEncoding": "base64"},
    },
}
PAYLOADS_BODY = _request_body(
    {"type": "object", "properties": {"payloads": {"type": "array", "items": _PAYLOAD}}}
)
"""Temporal's remote codec form."""


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route answers besides success."""
    return {status: {"description": _DESCRIPTIONS[status]} for status in statuses}


class DescribedApi(FastAPI):
    """FastAPI, with the schemas of raw bodies among the components."""

    def openapi(self) -> dict[str, Any]:
        """The document."""
        document = super().openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_event_components | _config_components)
        return document
