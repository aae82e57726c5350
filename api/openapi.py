"""What `/docs` says beyond FastAPI's own reading of the routes: bodies that are read raw."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from domain.events import event_adapter
from domain.stores import StoreConfig

_COMPONENTS = "#/components/schemas/{model}"
_MEANINGS = {
    401: "No key, unknown store or another store's key: one and the same answer",
    404: "There is none",
    409: "It cannot be done as things are",
    413: "The body is over 64 KiB",
    422: "Invalid: every wrong field is named",
    429: "Too many requests at once: see Retry-After",
    503: "Nothing was kept: see Retry-After",
}


def _schema(adapter: TypeAdapter[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a body, and those that it refers to."""
    schema = adapter.json_schema(ref_template=_COMPONENTS)
    return schema, schema.pop("$defs", {})


def _request(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


_event, _event_parts = _schema(event_adapter)
_config, _config_parts = _schema(TypeAdapter(StoreConfig))
EVENT_BODY = _request(_event)
CONFIG_BODY = _request(_config)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a route other than the one that it is there for."""
    return {status: {"description": _MEANINGS[status]} for status in statuses}


class DescribedApi(FastAPI):
    """FastAPI, with the parts of raw bodies among the components."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        described = super().openapi()
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_event_parts | _config_parts)
        return described
