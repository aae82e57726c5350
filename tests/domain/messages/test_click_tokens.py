"""Click tokens: put into every link, and found again in what shops report."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.approved_templates import (
    ApprovedTemplate,
    TemplateButton,
    TemplateParts,
    before_placeholder,
)
from domain.messages.click_tokens import (
    MAX_DEPTH,
    MAX_LINK,
    MAX_TOKENS,
    MAX_VALUES,
    click_token,
    token_in,
    tokens_in,
    with_click_token,
    with_click_tokens,
)
from domain.messages.rendering import Card, RenderedMessage
from domain.messages.template_checks import MAX_URL_CHARACTERS
from domain.messages.templates import TemplateMessage

TOKEN = click_token("key", "denim", "c1", "e1", "1", "0")
QUERY = TemplateButton(kind="URL", variable=True, url="https://shop.example/cart?id=")
PATH = TemplateButton(kind="URL", variable=True, url="https://shop.example/")


def test_a_token_is_the_same_each_time_and_another_for_each_message() -> None:
    assert click_token("key", "denim", "c1", "e1", "1", "0") == TOKEN
    others = [("other", "denim"), ("key", "linen"), ("key", "denim", "c1"), ("key", "denimc1")]
    assert len({TOKEN, *(click_token(*each) for each in others)}) == 5
    assert len(TOKEN) == 16
    assert set(TOKEN) <= set("abcdefghijklmnopqrstuvwxyz234567")


@pytest.mark.parametrize(
    ("end", "template_url", "link"),
    [
        ("cart/1", "", "cart/1?cb={}"),
        ("cart?id=1", "", "cart?id=1&cb={}"),
        ("cart?", "", "cart?cb={}"),
        ("cart?a=1&", "", "cart?a=1&cb={}"),
        ("cart/1#items", "", "cart/1?cb={}#items"),
        ("cart/1#a?b", "", "cart/1?cb={}#a?b"),
        ("1", None, "1"),
        ("a-code#x/y", None, "a-code#x/y"),
        ("cart/1", None, "cart/1?cb={}"),
        ("1?a=1", None, "1?a=1&cb={}"),
        ("1", "https://shop.example/cart?id=", "1&cb={}"),
        ("1", "https://shop.example/cart/", "1?cb={}"),
        ("1", "https://shop.example/?a=1#/cart/", "1?cb={}"),
        ("https://shop.example/cart?a=1", "", "https://shop.example/cart?a=1&cb={}"),
    ],
)
def test_a_token_stands_in_the_query_before_the_fragment(
    end: str, template_url: str | None, link: str
) -> None:
    assert with_click_token(end, "cb", TOKEN, template_url) == link.format(TOKEN)


def test_a_link_that_would_become_too_long_stays_as_it_is() -> None:
    room = MAX_URL_CHARACTERS - len(f"?cb={TOKEN}")
    assert with_click_token("a" * room, "cb", TOKEN, "").endswith(TOKEN)
    assert with_click_token("a" * (room + 1), "cb", TOKEN, "") == "a" * (room + 1)
    assert with_click_token("a" * room, "cb", TOKEN, "https://shop.example/") == "a" * room


def a_template(button: TemplateButton, cards: int = 0) -> ApprovedTemplate:
    parts = TemplateParts(buttons=(TemplateButton(kind="QUICK_REPLY"), button))
    return ApprovedTemplate(
        name="t", language="en", status="APPROVED", parts=parts, cards=(parts,) * cards
    )


def a_message(**parts: Any) -> RenderedMessage:
    return RenderedMessage(template="t", language="en", **parts)


def test_the_button_and_every_card_get_the_token() -> None:
    cards = [
        Card(header_image="https://x.example/1.jpg", button_url=each) for each in ("p/1", "p/2")
    ]
    message = with_click_tokens(a_message(button_url="p/3", cards=cards), "cb", TOKEN)
    assert message.button_url == f"p/3?cb={TOKEN}"
    assert [card.button_url for card in message.cards] == [f"p/1?cb={TOKEN}", f"p/2?cb={TOKEN}"]


def test_the_url_of_the_template_counts_where_it_is_known() -> None:
    cards = [Card(header_image="https://x.example/1.jpg", button_url="1")] * 2
    message = a_message(button_url="3", cards=cards)
    of_query = with_click_tokens(message, "cb", TOKEN, a_template(QUERY, cards=1))
    assert of_query.button_url == f"3&cb={TOKEN}"
    assert [card.button_url for card in of_query.cards] == [f"1&cb={TOKEN}", "1"]
    of_path = with_click_tokens(message, "cb", TOKEN, a_template(PATH))
    assert of_path.button_url == f"3?cb={TOKEN}"


def test_a_template_that_is_known_by_a_notification_alone_says_nothing() -> None:
    told = ApprovedTemplate(name="t", language="en", status="APPROVED")
    message = a_message(button_url="3")
    assert with_click_tokens(message, "cb", TOKEN, told).button_url == "3"


def test_a_message_without_links_stays_as_it_is() -> None:
    message = a_message(cards=[Card(header_image="https://x.example/1.jpg")])
    assert with_click_tokens(message, "cb", TOKEN) == message


CARDS = {"header_image": "https://x.example/1.jpg"}


@pytest.mark.parametrize(
    ("parts", "has_link"),
    [
        ({}, False),
        ({"button_url": "1"}, True),
        ({"carousel": CARDS}, False),
        ({"carousel": {**CARDS, "button_url": "1"}}, True),
    ],
)
def test_a_template_says_whether_its_message_has_a_link(
    parts: dict[str, Any], *, has_link: bool
) -> None:
    message = TemplateMessage.model_validate({"template": "t", "language": "en", **parts})
    assert message.has_link is has_link


def test_what_stands_before_a_placeholder_is_kept_of_a_url() -> None:
    assert before_placeholder("https://shop.example/cart?id={{1}}") == QUERY.url
    assert before_placeholder("https://shop.example/") == "https://shop.example/"


LINK = f"https://shop.example/?cb={TOKEN}&utm_source=x#top"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"landing_url": LINK}, True),
        ({"a": [{"b": {"c": LINK}}]}, True),
        (LINK, True),
        ([f"/cart?x=1&cb={TOKEN}"], True),
        ({"hash": f"https://shop.example/#/cart?cb={TOKEN}"}, True),
        ({LINK: "as a name"}, False),
        ({"text": f"cb={TOKEN}"}, False),
        ({"longer": f"https://shop.example/?cb={TOKEN}a"}, False),
        ({"shorter": f"https://shop.example/?cb={TOKEN[:-1]}"}, False),
        ({"capitals": f"https://shop.example/?cb={TOKEN.upper()}"}, False),
        ({"other": f"https://shop.example/?abcb={TOKEN}"}, False),
        ({"long": LINK + "x" * MAX_LINK}, False),
        (None, False),
        (7, False),
    ],
)
def test_tokens_are_found_in_urls_of_the_data(data: Any, *, found: bool) -> None:
    assert tokens_in({"event_data": data}, "cb") == (frozenset({TOKEN}) if found else frozenset())


def test_only_the_data_is_looked_through() -> None:
    assert tokens_in({"landing_url": LINK}, "cb") == frozenset()
    assert tokens_in({"event_data": {"landing_url": LINK}}, "other") == frozenset()


def test_several_tokens_are_found() -> None:
    other = click_token("key", "another")
    data = {"a": LINK, "b": f"https://shop.example/?cb={other}&cb={TOKEN}"}
    assert tokens_in({"event_data": data}, "cb") == {TOKEN, other}
    assert token_in(data["b"], "cb") == other
    assert token_in(None, "cb") is None


def test_deep_and_wide_data_is_looked_through_to_a_limit() -> None:
    deep: Any = LINK
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert tokens_in({"event_data": deep}, "cb") == {TOKEN}
    assert tokens_in({"event_data": [deep]}, "cb") == frozenset()
    assert tokens_in({"event_data": [LINK, *([""] * MAX_VALUES)]}, "cb") == frozenset()


@given(
    st.from_regex(r"[a-z0-9/]{0,20}(\?[a-z]{1,3}=[a-z0-9]{0,5})?(#[a-z?=&]{0,8})?", fullmatch=True)
)
def test_a_token_is_found_where_it_was_put_and_the_rest_of_the_link_stays(end: str) -> None:
    link = "https://shop.example/" + with_click_token(end, "cb", TOKEN, "")
    before, after = urlsplit("https://shop.example/" + end), urlsplit(link)
    assert token_in(link, "cb") == TOKEN
    assert (after.path, after.fragment) == (before.path, before.fragment)
    query = parse_qs(after.query, keep_blank_values=True)
    assert query.pop("cb") == [TOKEN]
    assert query == parse_qs(before.query, keep_blank_values=True)


def test_of_an_event_with_very_many_tokens_some_are_read() -> None:
    links = [f"https://shop.example/?cb={click_token('key', str(each))}" for each in range(100)]
    assert len(tokens_in({"event_data": {"links": links}}, "cb")) == MAX_TOKENS
