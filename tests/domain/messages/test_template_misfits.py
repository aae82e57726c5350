from typing import Any

import pytest

from domain.messages.approved_templates import (
    ApprovedTemplate,
    TemplateButton,
    TemplateParts,
    as_language,
    placeholders,
)
from domain.messages.template_misfits import misfits
from domain.messages.templates import TemplateMessage

URL = TemplateButton(kind="URL", variable=True)
STATIC_URL = TemplateButton(kind="URL")
REPLY = TemplateButton(kind="QUICK_REPLY")
CODE = TemplateButton(kind="COPY_CODE", variable=True)
CARD = TemplateParts(header="IMAGE", body=("1",), buttons=(URL,))
CAROUSEL: dict[str, Any] = {
    "cards": 2,
    "header_image": "https://x.example/{{ item.image }}",
    "body": ["{{ item.title }}"],
    "button_url": "{{ item.url | url_path }}",
}


def found(message: dict[str, Any], cards: int = 0, **parts: Any) -> list[tuple[str, str]]:
    template = ApprovedTemplate(
        name="t",
        language="en",
        status="APPROVED",
        parts=TemplateParts(**parts),
        cards=(CARD,) * cards,
    )
    written = TemplateMessage.model_validate({"template": "t", "language": "en", **message})
    return [(".".join(map(str, each.path)), each.message) for each in misfits(written, template)]


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({}, {}),
        ({"body": {}}, {}),
        ({"body": ["a", "b"]}, {"body": ("1", "2")}),
        ({"body": {"name": "a"}}, {"body": ("name",)}),
        ({"header_image": "https://x.example/a.png"}, {"header": "IMAGE"}),
        ({}, {"header": "TEXT", "buttons": (STATIC_URL, REPLY)}),
        ({"button_url": "a"}, {"buttons": (URL, REPLY)}),
        ({"coupon_code": "A"}, {"buttons": (CODE, STATIC_URL)}),
        ({"button_url": "a", "coupon_code": "A"}, {"buttons": (URL, CODE)}),
        ({"carousel": CAROUSEL}, {"cards": 2}),
    ],
)
def test_a_message_that_gives_what_its_template_has_fits(
    message: dict[str, Any], parts: dict[str, Any]
) -> None:
    assert found(message, **parts) == []


@pytest.mark.parametrize(
    ("message", "parts", "path", "says"),
    [
        ({"body": ["a"]}, {"body": ("1", "2")}, "body", "has 2 parameter(s), not 1"),
        ({"body": ["a"]}, {}, "body", "has 0 parameter(s), not 1"),
        ({"body": ["a"]}, {"body": ("name",)}, "body", "names its parameters: name"),
        ({"body": {"name": "a"}}, {"body": ("1",)}, "body", "give a list of 1"),
        ({"body": {"x": "a"}}, {"body": ("y",)}, "body", "missing: y; not in the template: x"),
        ({}, {"header": "IMAGE"}, "header_image", "is an image: give one"),
        ({"header_image": "https://x.example/a"}, {}, "header_image", "missing, not IMAGE"),
        (
            {"header_image": "https://x.example/a"},
            {"header": "VIDEO"},
            "header_image",
            "VIDEO, not IMAGE",
        ),
        ({}, {"header": "LOCATION"}, "header_image", "LOCATION with a parameter"),
        ({}, {"header": "TEXT", "header_fields": ("1",)}, "header_image", "cannot be given"),
        ({"button_url": "a"}, {"buttons": (STATIC_URL,)}, "button_url", "no URL button"),
        ({}, {"buttons": (URL,)}, "button_url", "has a URL button that needs it"),
        ({"button_url": "a"}, {"buttons": (REPLY, URL)}, "button_url", "button is number 2"),
        ({"button_url": "a"}, {"buttons": (URL, URL)}, "button_url", "number 1, 2"),
        ({"coupon_code": "A"}, {"buttons": (STATIC_URL, CODE)}, "coupon_code", "number 2"),
        ({}, {"buttons": (CODE,)}, "coupon_code", "has a COPY_CODE button"),
        ({}, {"cards": 3}, "carousel", "has 3 cards"),
        ({"carousel": CAROUSEL}, {}, "carousel", "has no cards"),
        ({"carousel": CAROUSEL}, {"cards": 3}, "carousel.cards", "exactly 3 cards"),
        ({"carousel": {**CAROUSEL, "body": []}}, {"cards": 2}, "carousel.body", "not 0"),
    ],
)
def test_every_place_that_does_not_fit_is_named(
    message: dict[str, Any], parts: dict[str, Any], path: str, says: str
) -> None:
    ((where, problem),) = found(message, **parts)

    assert where == path
    assert says in problem


def test_a_limited_time_offer_cannot_be_sent() -> None:
    offer = ApprovedTemplate(
        name="t", language="en", status="APPROVED", parts=TemplateParts(), expires=True
    )
    message = TemplateMessage(template="t", language="en")

    assert [each.type for each in misfits(message, offer)] == ["template_limited_time_offer"]


def test_nothing_is_said_of_parts_that_are_not_known() -> None:
    template = ApprovedTemplate(name="t", language="en", status="APPROVED")

    assert misfits(TemplateMessage(template="t", language="en", body=["a"]), template) == []


def test_placeholders_are_read_once_each_in_their_order() -> None:
    assert placeholders("{{2}} {{1}} {{ 2 }} {{first_name}} {1} {{}}") == ("2", "1", "first_name")


def test_a_language_is_written_as_in_lists() -> None:
    assert (as_language("en-US"), as_language("pt_BR")) == ("en_US", "pt_BR")
