from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.messages.liquid import MergeFieldError, render_field
from domain.values.blank import is_blank

FIELDS = {"customer": {"name": "  Asha\n\tRao "}, "event_data": {"empty": " ", "zero": 0}}


def test_field_with_a_default_is_never_empty() -> None:
    assert render_field("{{ customer.nick | default: 'there' }}", FIELDS) == "there"


@pytest.mark.parametrize(
    "source",
    [
        "{{ customer.nick }}",
        "Hello {{ customer.nick }}!",
        "Hello {{ event_data.empty }}!",
        "{{ nothing.at.all }} and {{ customer.name }}",
        "{% if customer.name %}{{ customer.nick }}{% endif %}x",
    ],
)
def test_empty_field_is_an_error_even_inside_longer_text(source: str) -> None:
    with pytest.raises(MergeFieldError):
        render_field(source, FIELDS)


BLANK = ["", "  ", "\u00a0", "\u200b", "\u200d\ufeff", "\u00ad", "\u2800", "\u3164", "\u2060 \n"]


@pytest.mark.parametrize("blank", BLANK)
def test_blank_value_is_empty_wherever_it_stands(blank: str) -> None:
    fields = {"customer": {"name": blank, "nicks": ["Ash", blank], "full": f"{blank or ' '} Rao"}}
    for field in ("customer.name", "customer.nicks[1]", "customer.nicks | last"):
        assert render_field(f"{{{{ {field} | default: 'there' }}}}", fields) == "there"
        with pytest.raises(MergeFieldError) as caught:
            render_field(f"Hi {{{{ {field} }}}}", fields)
        assert len(caught.value.fields) == 1
    first = "{{ customer.full | split: ' ' | first | default: 'there' }}"
    assert render_field(first, fields) in ("there", "Rao")


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("test", ["== blank", "== empty", "== ''"])
def test_blank_value_is_blank_and_empty_in_conditions(blank: str, test: str) -> None:
    source = f"{{% if customer.name {test} %}}there{{% else %}}{{{{ customer.name }}}}{{% endif %}}"
    assert render_field(source, {"customer": {"name": blank}}) == "there"
    assert render_field(source, {"customer": {"name": "Asha"}}) == "Asha"


@pytest.mark.parametrize("name", ["\u200bAsha", "👩\u200d💻", "\u0646\u0645\u200c\u0647\u0627"])
def test_invisible_characters_in_a_visible_text_stay(name: str) -> None:
    source = "{{ customer.name | default: 'there' }}"
    assert render_field(source, {"customer": {"name": name}}) == name


def test_default_is_for_nil_false_and_empty_lists_too() -> None:
    fields: dict[str, Any] = {"customer": {"no": False, "null_name": None, "list": [], "zero": 0}}
    for field in ("no", "null_name", "list", "none"):
        assert render_field(f"{{{{ customer.{field} | default: 'x' }}}}", fields) == "x"
    assert render_field("{{ customer.zero | default: 'x' }}", fields) == "0"
    assert render_field("{{ customer.no | default: 'x', allow_false: true }}", fields) == "false"
    with pytest.raises(MergeFieldError):
        render_field("{{ customer.null_name | default }}", fields)


def test_text_of_invisible_characters_alone_is_an_error() -> None:
    with pytest.raises(MergeFieldError) as caught:
        render_field("\u200b\u2800", {})
    assert caught.value.because == "is empty"


def test_empty_text_is_an_error() -> None:
    with pytest.raises(MergeFieldError):
        render_field("{% if customer.nick %}Hi{% endif %} ", FIELDS)


def test_error_names_the_field_and_no_value() -> None:
    with pytest.raises(MergeFieldError) as caught:
        render_field("{{ customer.name }} {{ customer.nick }}", FIELDS)
    assert caught.value.field == "customer.nick"
    assert "Asha" not in str(caught.value)


def test_error_names_every_empty_field_once() -> None:
    with pytest.raises(MergeFieldError) as caught:
        render_field("{{ a }} {{ customer.nick }} {{ a }} {{ customer.name }}", FIELDS)
    assert caught.value.fields == ("a", "customer.nick")


def test_zero_is_not_empty() -> None:
    assert render_field("{{ event_data.zero }}", FIELDS) == "0"


def test_whitespace_is_collapsed_because_meta_refuses_wide_gaps() -> None:
    assert render_field("Hi\n\n  {{ customer.name }}    !", FIELDS) == "Hi Asha Rao !"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_customer_name_is_rendered_verbatim_on_one_line(
    name: str,
) -> None:
    source, fields = "Hi {{ customer.name }}", {"customer": {"name": name}}
    if is_blank(name):
        with pytest.raises(MergeFieldError):
            render_field(source, fields)
        return
    assert render_field(source, fields) == " ".join(f"Hi {name}".split())


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://store.com/cart/3284672934", "cart/3284672934"),
        ("https://store.com/cart/1?a=b&c=d", "cart/1?a=b&c=d"),
        ("https://store.com/cart/1#top", "cart/1"),
        ("cart/1", "cart/1"),
        ("/cart/1", "cart/1"),
    ],
)
def test_url_path_is_the_path_and_query_of_a_url(url: str, path: str) -> None:
    assert render_field("{{ event.url | url_path }}", {"event": {"url": url}}) == path


@pytest.mark.parametrize("url", ["https://store.com", "https://store.com/", "https://[bad", None])
def test_url_without_a_path_is_an_error(url: str | None) -> None:
    with pytest.raises(MergeFieldError):
        render_field("{{ event.url | url_path }}", {"event": {"url": url}})


_DOUBLING = "{% assign a = a | append: a %}"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'aaaaaaaa' %}{% for i in (1..900) %}" + _DOUBLING + "{% endfor %}{{ a }}",
        "{% assign a = 'aaaaaaaa' %}" + _DOUBLING * 40 + "{{ a }}",
        "{% for i in (1..900) %}{{ event.long }}{% endfor %}",
        "{% include 'itself' %}",
        "{{ 1 | divided_by: 0 }}",
        "{{ event" + "[event" * 570 + "]" * 570 + " }}",
    ],
)
def test_runaway_template_is_an_error(source: str) -> None:
    with pytest.raises(MergeFieldError):
        render_field(source, {"event": {"long": "x" * 1000}})
