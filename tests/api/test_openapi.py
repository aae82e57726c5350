"""The OpenAPI document: bodies that are read raw, answers, credentials, examples, references."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.app import create_app
from api.openapi_bodies import CONFIG_EXAMPLE, EVENT_EXAMPLES, example
from domain.events.models import event_adapter
from domain.stores.config import StoreConfig
from sandbox.samples import sample
from tests.api.caller import Caller, settings_for
from tests.domain.stores.contract_example import contract_example

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
    answers = {"202", "400", "401", "408", "413", "422", "429", "500", "503"}
    assert set(post["responses"]) == answers


def test_config_body_has_steps_with_a_template_or_a_channel(document: dict[str, Any]) -> None:
    config = body_schema(document["paths"][STORE_PATH]["put"])["properties"]
    assert set(config) >= {"organization_id", "whatsapp", "plans"}
    forms = [set(form["required"]) for form in document["components"]["schemas"]["Step"]["anyOf"]]
    assert forms == [{"after", "template", "language"}, {"after", "channel"}]


def test_examples_are_the_guides_samples_and_the_contracts_configuration(
    document: dict[str, Any],
) -> None:
    assert {name: example(name) for name in EVENT_EXAMPLES} == {
        name: sample(name) for name in EVENT_EXAMPLES
    }
    assert example(CONFIG_EXAMPLE) == contract_example()
    for path, method, names in (
        (EVENTS_PATH, "post", EVENT_EXAMPLES),
        (STORE_PATH, "put", (CONFIG_EXAMPLE,)),
    ):
        media = document["paths"][path][method]["requestBody"]["content"]["application/json"]
        assert media["examples"] == {name: {"value": example(name)} for name in names}


@pytest.mark.parametrize("name", EVENT_EXAMPLES)
def test_example_of_an_event_is_valid(name: str) -> None:
    assert event_adapter.validate_python(example(name)).event_name == name.partition(".")[0]


def test_example_of_a_configuration_is_valid() -> None:
    assert StoreConfig.model_validate(example(CONFIG_EXAMPLE)).name == "Denim Co"


def test_webhook_of_meta_declares_its_refusals_and_the_text_of_its_handshake(
    document: dict[str, Any],
) -> None:
    webhook = document["paths"]["/webhooks/whatsapp"]
    assert set(webhook["get"]["responses"]) == {"200", "403", "500", "503"}
    assert list(webhook["get"]["responses"]["200"]["content"]) == ["text/plain"]
    assert set(webhook["post"]["responses"]) >= {"200", "401", "408", "413", "503"}


def test_metrics_are_declared_as_text(document: dict[str, Any]) -> None:
    answer = document["paths"]["/metrics"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["text/plain"]


def test_answers_that_say_when_to_try_again_declare_the_header(document: dict[str, Any]) -> None:
    answers = [
        operation["responses"][status]
        for path, item in document["paths"].items()
        if path.startswith("/v1/")
        for operation in item.values()
        for status in ("429", "503")
    ]
    assert answers
    assert all(answer["headers"]["Retry-After"]["required"] for answer in answers)


OPERATOR, STORE = {"operatorToken"}, {"storeKey"}
SIGNATURE = {"webhook-id", "webhook-timestamp", "webhook-signature"}


@pytest.mark.parametrize(
    ("method", "path", "alternatives"),
    [
        ("put", STORE_PATH, [OPERATOR]),
        ("get", f"{STORE_PATH}/messages", [OPERATOR, STORE]),
        ("post", EVENTS_PATH, [STORE, SIGNATURE]),
        ("post", "/webhooks/whatsapp", [{"metaSignature"}]),
        ("post", "/codec/decode", [OPERATOR, {"operatorCookie"}]),
        ("get", "/metrics", []),
    ],
)
def test_operation_declares_the_credentials_that_it_takes(
    document: dict[str, Any], method: str, path: str, alternatives: list[set[str]]
) -> None:
    declared = document["paths"][path][method].get("security", [])
    assert [set(each) for each in declared] == alternatives
    schemes = set(document["components"]["securitySchemes"])
    assert all(each <= schemes for each in alternatives)


def test_what_an_operator_asks_of_a_store_may_be_that_of_none(document: dict[str, Any]) -> None:
    lacking = [
        f"{method} {path}"
        for path, item in document["paths"].items()
        if path.startswith(STORE_PATH)
        for method, operation in item.items()
        if {"operatorToken": []} in operation.get("security", [])
        and "404" not in operation["responses"]
    ]
    assert lacking == [f"put {STORE_PATH}"]


async def test_document_is_served(caller: Caller, document: dict[str, Any]) -> None:
    assert (await caller.http.get("/openapi.json")).json() == document
    assert (await caller.http.get("/docs")).status_code == 200
