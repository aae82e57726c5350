from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.rendering import Card, RenderedMessage
from sandbox.graph_schema import Shape
from sandbox.template_message import read_message
from whatsapp.payload import template_payload

PICTURE = "https://sample.com/a.jpg"
HEADER = {"type": "header", "parameters": [{"type": "image", "image": {"link": PICTURE}}]}


def components(**parts: Any) -> list[dict[str, Any]]:
    message = RenderedMessage(template="cart_reminder", language="en", **parts)
    payload = template_payload(message, "919876543210", "x")
    read_message(payload)
    found: list[dict[str, Any]] = payload["template"]["components"]
    return found


def test_a_full_message_is_written_as_on_metas_page() -> None:
    message = RenderedMessage(
        template="cart_reminder",
        language="en_US",
        body=["Asha"],
        header_image=PICTURE,
        button_url="cart/1",
        coupon_code="SAVE10",
    )

    assert template_payload(message, "+91 98765-43210", "journey-1") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "919876543210",
        "type": "template",
        "biz_opaque_callback_data": "journey-1",
        "template": {
            "name": "cart_reminder",
            "language": {"policy": "deterministic", "code": "en_US"},
            "components": [
                HEADER,
                {"type": "body", "parameters": [{"type": "text", "text": "Asha"}]},
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "0",
                    "parameters": [{"type": "text", "text": "cart/1"}],
                },
                {
                    "type": "button",
                    "sub_type": "copy_code",
                    "index": "1",
                    "parameters": [{"type": "coupon_code", "coupon_code": "SAVE10"}],
                },
            ],
        },
    }


def test_a_message_without_parameters_has_no_components() -> None:
    payload = template_payload(RenderedMessage(template="hello", language="en"), "919876543210", "")

    language = {"policy": "deterministic", "code": "en"}
    assert payload["template"] == {"name": "hello", "language": language}
    read_message(payload)


def test_a_named_template_names_each_parameter() -> None:
    assert components(body={"name": "Asha", "price": "600"}) == [
        {
            "type": "body",
            "parameters": [
                {"type": "text", "text": "Asha", "parameter_name": "name"},
                {"type": "text", "text": "600", "parameter_name": "price"},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("parts", "types"),
    [
        ({"header_image": PICTURE}, ["header"]),
        ({"body": ["a"]}, ["body"]),
        ({"button_url": "a"}, ["button"]),
    ],
)
def test_what_a_message_does_not_have_is_left_out(parts: dict[str, Any], types: list[str]) -> None:
    assert [component["type"] for component in components(**parts)] == types


def test_a_coupon_is_the_first_button_when_there_is_no_link() -> None:
    [button] = components(coupon_code="SAVE10")

    assert (button["sub_type"], button["index"]) == ("copy_code", "0")


def test_a_carousel_counts_its_cards_and_each_card_its_own_buttons() -> None:
    cards = [
        Card(header_image=PICTURE, body=["Shirt"], button_url="1"),
        Card(header_image=PICTURE),
    ]

    body, carousel = components(body=["Asha"], cards=cards)

    assert body["type"] == "body"
    assert carousel == {
        "type": "carousel",
        "cards": [
            {
                "card_index": 0,
                "components": [
                    HEADER,
                    {"type": "body", "parameters": [{"type": "text", "text": "Shirt"}]},
                    {
                        "type": "button",
                        "sub_type": "url",
                        "index": "0",
                        "parameters": [{"type": "text", "text": "1"}],
                    },
                ],
            },
            {"card_index": 1, "components": [HEADER]},
        ],
    }


LINE = st.text().map(lambda text: " ".join(text.split())).filter(bool)
LINK = st.just(PICTURE)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1)
CODE = st.text("ABCabc019", min_size=1, max_size=20)
CARD = st.builds(Card, header_image=LINK, body=st.lists(LINE), button_url=st.none() | LINE)
RENDERED = st.builds(
    RenderedMessage,
    template=NAMES,
    language=st.sampled_from(["en", "en_US", "fil", "zh_CN"]),
    body=st.lists(LINE) | st.dictionaries(NAMES, LINE),
    header_image=st.none() | LINK,
    button_url=st.none() | LINE,
    coupon_code=st.none() | CODE,
    cards=st.lists(CARD, max_size=10),
)


@given(RENDERED, st.sampled_from([Shape.MESSAGES, Shape.MARKETING_MESSAGES]))
def test_any_rendered_message_is_written_as_meta_published_it(
    message: RenderedMessage, endpoint: Shape
) -> None:
    read_message(template_payload(message, "+919876543210", "0" * 32), endpoint)
