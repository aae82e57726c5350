"""The OpenAPI document: bodies that are read raw, and every reference."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.app import create_app
from tests.api.caller import Caller, settings_for

EVENTS_PATH, STORE_PATH = "/v1/stores/{store_id}/events", "/v1/stores/{store_id}"
SCHEMAS = "#/components/schemas/"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(settings_for("")).openapi()


def body_schema(operation: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema


def references(node: Any) -> Iterator[str]:
    """Every `$ref` and every target of a discriminator within a part of the document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        yield from node.get("discriminator", {}).get("mapping", {}).values()
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    defined = {f"{SCHEMAS}{name}" for name in document["components"]["schemas"]}
    referenced = set(references(document))
    assert len(referenced) > 20
    assert referenced - defined == set()


def test_event_body_has_every_kind_and_its_answers(document: dict[str, Any]) -> None:
    post = document["paths"][EVENTS_PATH]["post"]
    names = {each["$ref"].removeprefix(SCHEMAS) for each in body_schema(post)["oneOf"]}
    assert names >= {"CartUpdate", "OrderPlaced", "CustomEvent"}
    assert set(post["responses"]) == {"202", "401", "408", "413", "422", "429", "503"}


def test_config_body_has_steps_with_a_template_or_a_channel(document: dict[str, Any]) -> None:
    config = body_schema(document["paths"][STORE_PATH]["put"])["properties"]
    assert set(config) >= {"organization_id", "whatsapp", "plans"}
    forms = [set(form["required"]) for form in document["components"]["schemas"]["Step"]["anyOf"]]
    assert forms == [{"after", "template", "language"}, {"after", "channel"}]


async def test_document_is_served(caller: Caller, document: dict[str, Any]) -> None:
    assert (await caller.http.get("/openapi.json")).json() == document
    assert (await caller.http.get("/docs")).status_code == 200
