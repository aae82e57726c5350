from typing import Any

import pytest

from sandbox.graph_errors import GraphError
from sandbox.template_message import read_message
from tests.sandbox.messaging import (
    HEADER,
    LANGUAGE,
    body,
    carousel,
    coupon_button,
    request,
    text,
    url_button,
)


def template(**changes: Any) -> dict[str, Any]:
    return request(template={"name": "hello", "language": LANGUAGE, **changes})


def image(link: str) -> dict[str, Any]:
    return {"type": "header", "parameters": [{"type": "image", "image": {"link": link}}]}


@pytest.mark.parametrize(
    "message",
    [
        request(),
        template(),
        request(biz_opaque_callback_data="x" * 512),
        request(HEADER, body(text("Asha")), url_button(), coupon_button("SAVE10")),
        request(body(text("Asha", parameter_name="name"), text("6", parameter_name="price"))),
        request(body(text("a")), carousel(*range(10))),
    ],
)
def test_a_valid_message_is_accepted(message: dict[str, Any]) -> None:
    read_message(message)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("garbage", 100),
        ([], 100),
        ({}, 131008),
        (request(to=None), 131008),
        (request(to="+919876543210"), 131009),
        (request(to=919876543210), 131009),
        (request(messaging_product="sms"), 100),
        (request(messaging_product=None), 131008),
        (request(type="text"), 100),
        (request(recipient_type="group"), 100),
        (request(recipient_type=None), 131008),
        (request(priority="high"), 100),
        (request(biz_opaque_callback_data="x" * 513), 131009),
        (template(language={**LANGUAGE, "code": "english"}), 131009),
        (template(language={"code": "en"}), 131008),
        (template(language={**LANGUAGE, "policy": "fallback"}), 100),
        (template(language="en"), 100),
        (template(name="Hello!"), 131009),
        (template(namespace="x"), 100),
    ],
)
def test_an_invalid_envelope_is_refused(message: Any, code: int) -> None:
    assert refusal(message).code == code


@pytest.mark.parametrize(
    ("component", "code"),
    [
        (body(), 131009),
        (body(text("")), 132018),
        (body(text("  ")), 132018),
        (body(text("a\nb")), 132018),
        (body(text("a\tb")), 132018),
        (body(text("a    b")), 132018),
        (body(text("a"), text("b", parameter_name="b")), 132012),
        (body(text("a", parameter_name="a"), text("b", parameter_name="a")), 132012),
        (body({"type": "text"}), 131008),
        (image("ftp://sample.com/a.jpg"), 131009),
        (image("https://"), 131009),
        (image("https://sample.com/a b.jpg"), 131009),
        ({"type": "header", "parameters": []}, 131009),
        (url_button(index=0), 131009),
        (url_button(index="10"), 131009),
        (url_button(suffix=""), 132018),
        (coupon_button("x" * 21), 131009),
        (coupon_button("SAVE-10"), 131009),
        (coupon_button(""), 131009),
        (carousel(), 131009),
        (carousel(*range(11)), 131009),
        (carousel(1, 2), 131009),
        (carousel(0, 2), 131009),
        (
            {"type": "carousel", "cards": [{"card_index": 0, "components": [body(text("a"))]}]},
            131008,
        ),
        ({"type": "footer"}, 100),
        ({}, 131008),
        ("body", 100),
        (body(text("x" * 32769)), 131009),
        ({"type": "header", "parameters": [{"type": "image", "image": {}}]}, 100),
        ({**url_button(), "sub_type": "flow"}, 100),
        ({**url_button(), "parameters": [{"type": "payload", "payload": "x"}]}, 100),
    ],
)
def test_an_invalid_component_is_refused(component: dict[str, Any], code: int) -> None:
    assert refusal(request(component)).code == code


@pytest.mark.parametrize("component", [HEADER, body(text("a")), url_button(), carousel(0)])
def test_a_repeated_component_is_refused(component: dict[str, Any]) -> None:
    assert refusal(request(component, component)).code == 131009


def test_the_details_name_the_place_and_not_the_value() -> None:
    details = refusal(request(to="+919876543210")).details

    assert details.startswith("to: ")
    assert "919876543210" not in details


def refusal(message: Any) -> GraphError:
    with pytest.raises(GraphError) as refused:
        read_message(message)
    return refused.value
