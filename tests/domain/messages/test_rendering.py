from typing import Any

import pytest

from domain.messages.liquid import MergeFieldError
from domain.messages.reader import Reader
from domain.messages.rendering import (
    Card,
    draft,
    draft_fields,
    merge_fields,
    render,
    render_fields,
)
from domain.messages.templates import TemplateMessage
from domain.values.exact_json import read_json
from sandbox.samples import sample

FIELDS = merge_fields(sample("cart_update.add_to_cart"), "Denim Co")
CARDS = {
    "header_image": "{{ item.image_url }}",
    "body": ["{{ item.title }}", "{{ store.name }}"],
    "button_url": "{{ item.product_url | url_path }}",
}


def template(**changes: Any) -> TemplateMessage:
    return TemplateMessage.model_validate({"template": "reminder", "language": "en", **changes})


def with_items(count: int) -> dict[str, Any]:
    items = [
        {"title": f"Shirt {number}", "image_url": "https://x.co/i", "product_url": "https://x.co/p"}
        for number in range(count)
    ]
    return {**FIELDS, "event_data": {"line_items": items}}


def test_every_field_is_rendered_in_its_place() -> None:
    message = render(
        template(
            header_image="{{ event_data.recent_product_image }}",
            body=["{{ customer.name }}", "{{ event.event_name }} at {{ store.name }}"],
            button_url="{{ event_data.cart_link | url_path }}",
            coupon_code="SAVE10",
        ),
        FIELDS,
    )
    assert (message.template, message.language) == ("reminder", "en")
    assert message.header_image == "https://sample.com/aa8ab4876d3d.jpg"
    assert message.body == ["Test User", "cart_update at Denim Co"]
    assert message.button_url == "cart/3284672934"
    assert message.coupon_code == "SAVE10"
    assert message.cards == []


def test_named_parameters_keep_their_names() -> None:
    message = render(template(body={"who": "{{ customer.name }}"}), FIELDS)
    assert message.body == {"who": "Test User"}


def test_template_without_parameters_needs_no_fields() -> None:
    message = render(template(), {})
    assert (message.body, message.header_image, message.button_url) == ([], None, None)


@pytest.mark.parametrize("field", ["header_image", "button_url", "coupon_code"])
def test_empty_field_is_an_error(field: str) -> None:
    with pytest.raises(MergeFieldError):
        render(template(**{field: "{{ event_data.nothing }}"}), FIELDS)


@pytest.mark.parametrize(
    "link",
    ["sample.com/a.jpg", "javascript:alert(1)", "//sample.com", "https://", "https://x.co/a b.jpg"],
)
def test_header_image_that_is_no_link_is_an_error(link: str) -> None:
    with pytest.raises(MergeFieldError):
        render(template(header_image=link), FIELDS)


@pytest.mark.parametrize("code", ["A" * 21, "SAVE-10", "SAVE 10", "ÜBER10"])
def test_coupon_code_that_meta_refuses_is_an_error(code: str) -> None:
    with pytest.raises(MergeFieldError):
        render(template(coupon_code="{{ event.code }}"), {"event": {"code": code}})


def test_coupon_code_may_have_twenty_characters() -> None:
    assert render(template(coupon_code="A" * 20), {}).coupon_code == "A" * 20


def test_carousel_has_a_card_for_each_line_item() -> None:
    message = render(template(carousel=CARDS), with_items(2))
    assert message.cards[1] == Card(
        header_image="https://x.co/i", body=["Shirt 1", "Denim Co"], button_url="p"
    )
    assert len(message.cards) == 2


@pytest.mark.parametrize(("items", "cards"), [(1, 1), (10, 10), (11, 10)])
def test_carousel_has_ten_cards_at_most(items: int, cards: int) -> None:
    assert len(render(template(carousel=CARDS), with_items(items)).cards) == cards


def test_carousel_of_a_fixed_size_has_exactly_that_many_cards() -> None:
    carousel = {**CARDS, "cards": 3}
    assert len(render(template(carousel=carousel), with_items(5)).cards) == 3
    with pytest.raises(MergeFieldError):
        render(template(carousel=carousel), with_items(2))


@pytest.mark.parametrize("event_data", [{}, {"line_items": []}, {"line_items": "two"}])
def test_carousel_without_items_is_an_error(event_data: dict[str, Any]) -> None:
    with pytest.raises(MergeFieldError):
        render(template(carousel=CARDS), {**FIELDS, "event_data": event_data})


def test_carousel_may_use_another_list_of_the_event() -> None:
    message = render(template(carousel=CARDS | {"items": "event_data.items_added"}), FIELDS)
    assert [card.body[0] for card in message.cards] == ["Denim Shirt - Black"]


def test_card_with_an_empty_field_is_an_error() -> None:
    fields = with_items(2)
    fields["event_data"]["line_items"][1]["title"] = None
    with pytest.raises(MergeFieldError):
        render(template(carousel=CARDS), fields)


def test_event_without_data_still_has_its_namespaces() -> None:
    fields = merge_fields({"event_name": "x", "event_data": None}, "Denim Co")
    assert fields["customer"] == fields["event_data"] == {}
    assert fields["store"] == {"name": "Denim Co"}


def test_draft_names_every_hole_by_its_place() -> None:
    carousel = CARDS | {"body": ["{{ item.title }}", "{{ item.colour }}"]}
    written = draft(
        template(
            body=["{{ customer.name }}", "{{ customer.nick }} of {{ customer.town }}"],
            header_image="no link",
            button_url="{{ event_data.nothing | url_path }}",
            coupon_code="SAVE-10",
            carousel=carousel,
        ),
        FIELDS,
    )
    assert [(each.place, each.field) for each in written.missing] == [
        ("body[1]", "customer.nick"),
        ("body[1]", "customer.town"),
        ("header_image", "no link"),
        ("button_url", "event_data.nothing | url_path"),
        ("coupon_code", "SAVE-10"),
        ("carousel[0].body[1]", "item.colour"),
    ]
    assert written.message.body == ["Test User", "⟨customer.nick⟩ ⟨customer.town⟩"]


def test_draft_of_a_named_template_names_the_parameter() -> None:
    written = draft(template(body={"who": "{{ customer.nick }}"}), FIELDS)
    assert [(each.place, each.because) for each in written.missing] == [("body[who]", "is empty")]


@pytest.mark.parametrize(("items", "because"), [(0, "is empty"), (2, "has fewer than 3 items")])
def test_draft_says_when_there_are_too_few_cards(items: int, because: str) -> None:
    written = draft(template(carousel=CARDS | {"cards": 3}), with_items(items))
    assert [(each.place, each.because) for each in written.missing] == [("carousel.items", because)]
    assert len(written.message.cards) == items


def test_draft_without_holes_is_the_message() -> None:
    with_cards = template(body=["{{ customer.name }}"], carousel=CARDS)
    written = draft(with_cards, FIELDS)
    assert written.missing == []
    assert written.message == render(with_cards, FIELDS)


def test_fields_of_a_channel_are_rendered_by_name() -> None:
    written = render_fields({"text": "Hi {{ customer.name }}", "from": "{{ store.name }}"}, FIELDS)
    assert written == {"text": "Hi Test User", "from": "Denim Co"}
    assert render_fields({}, FIELDS) == {}


def test_empty_field_of_a_channel_is_an_error() -> None:
    with pytest.raises(MergeFieldError) as caught:
        render_fields({"text": "{{ customer.nick }}", "town": "{{ customer.town }}"}, FIELDS)
    assert caught.value.fields == ("customer.nick", "customer.town")


def test_draft_of_a_channels_fields_names_every_hole() -> None:
    wanted = {"text": "Hi {{ customer.nick }}", "from": "{{ store.name }}"}
    written, missing = draft_fields(wanted, FIELDS)
    assert written == {"text": "⟨customer.nick⟩", "from": "Denim Co"}
    assert [(each.place, each.field, each.because) for each in missing] == [
        ("fields[text]", "customer.nick", "is empty")
    ]


def posted(event_data: str, **more: Any) -> dict[str, Any]:
    return merge_fields({**more, "event_data": read_json(event_data)}, "Denim Co")


def test_numbers_are_rendered_as_posted_in_every_part() -> None:
    item = '{"title": 7.50, "image_url": "https://x.co/i", "product_url": "https://x.co/1.0"}'
    fields = posted(f'{{"price": 600.00, "big": 45471627190248123456789, "line_items": [{item}]}}')
    message = render(
        template(body=["{{ event_data.price }}", "{{ event_data.big }}"], carousel=CARDS), fields
    )
    assert message.body == ["600.00", "45471627190248123456789"]
    assert message.cards[0].body[0] == "7.50"


def test_blank_field_of_a_card_is_an_error_or_has_its_default() -> None:
    fields = with_items(2)
    fields["event_data"]["line_items"][1]["title"] = "\u200b\u2800"
    written = draft(template(carousel=CARDS), fields)
    assert [(each.place, each.field) for each in written.missing] == [
        ("carousel[1].body[0]", "item.title")
    ]
    body = ["{{ item.title | default: 'Yours' }}"]
    assert render(template(carousel=CARDS | {"body": body}), fields).cards[1].body == ["Yours"]


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", ["₹600.00", "Oct 9, 2024"]), ("pt_BR", ["₹ 600,00", "9 de out. de 2024"])],
)
def test_money_and_dates_are_in_the_language_of_the_template(
    language: str, written: list[str]
) -> None:
    fields = posted(
        '{"price": {"amount": 600.00, "currency": "INR"}}', timestamp="2024-10-08T20:30:00Z"
    )
    body = ["{{ event_data.price | money }}", "{{ event.timestamp | date }}"]
    message = render(template(body=body, language=language), fields, "Asia/Kolkata")
    assert message.body == written


def test_fields_of_a_channel_are_in_the_language_of_its_reader() -> None:
    fields = posted('{"price": 1234.50}', timestamp="2024-10-08T20:30:00Z")
    wanted = {"text": "{{ event_data.price | money: 'EUR' }}, {{ event.timestamp | date }}"}
    reader = Reader("de", "Asia/Kolkata")
    assert render_fields(wanted, fields, reader) == {"text": "1.234,50 €, 09.10.2024"}
    assert render_fields(wanted, fields) == {"text": "€1,234.50, Oct 8, 2024"}


def test_draft_says_what_is_no_amount() -> None:
    body = ["{{ event_data.price | money }}", "{{ event_data.none | money }}"]
    written = draft(template(body=body), posted('{"price": "lots"}'))
    assert [(each.place, each.because) for each in written.missing] == [
        ("body[0]", "is not an amount"),
        ("body[1]", "is empty"),
    ]
    with pytest.raises(MergeFieldError) as caught:
        render(template(body=body), posted('{"price": "lots"}'))
    assert caught.value.field == "event_data.price | money"
    assert caught.value.because == "is not an amount"
