from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.liquid import MergeFieldError, parse, render_field
from domain.messages.reader import Reader
from domain.values.exact_json import read_json


def priced(price: str, **fields: Any) -> dict[str, Any]:
    return {"event_data": {"price": read_json(price)} | fields}


def money(language: str, price: str, currency: str | None = None) -> str:
    posted = price if currency is None else f'{{"amount": {price}, "currency": "{currency}"}}'
    return render_field("{{ event_data.price | money }}", priced(posted), Reader(language))


@pytest.mark.parametrize(
    ("language", "price", "currency", "written"),
    [
        ("en", "600.00", "INR", "₹600.00"),
        ("en", "600", "INR", "₹600.00"),
        ("en", '"600.00"', "INR", "₹600.00"),
        ("en_US", "1234567.5", "USD", "$1,234,567.50"),
        ("en_IN", "1234567.5", "INR", "₹12,34,567.50"),
        ("hi", "1234567.5", "INR", "₹12,34,567.50"),
        ("pt_BR", "1234.5", "BRL", "R$ 1.234,50"),
        ("de", "1234.5", "EUR", "1.234,50 €"),
        ("fr", "1234.5", "EUR", "1 234,50 €"),
        ("zh_HK", "600", "HKD", "HK$600.00"),
        ("en", "600", "JPY", "¥600"),
        ("en", "600", "KWD", "KWD 600.000"),
        ("bn", "600", "KWD", "600.000 KWD"),
        ("en", "-5", "USD", "-$5.00"),
        ("en", "600", "inr", "₹600.00"),
        ("en", "600", " INR ", "₹600.00"),
        ("en", "600", "XYZ", "XYZ 600.00"),
    ],
)
def test_price_is_written_as_its_language_and_currency_have_it(
    language: str, price: str, currency: str, written: str
) -> None:
    assert money(language, price, currency) == written


@pytest.mark.parametrize("language", ["prs_AF", "xx", "en_USA", "EN", "zz_ZZZZ"])
def test_language_without_known_forms_reads_as_english(language: str) -> None:
    assert money(language, "1234.5", "INR") == "₹1,234.50"


def test_region_without_known_forms_reads_as_its_language() -> None:
    assert money("pt_XX", "1234.5", "BRL") == "R$ 1.234,50"


@pytest.mark.parametrize(
    ("language", "price", "written"),
    [
        ("en", "600.00", "600.00"),
        ("en", "600", "600"),
        ("en", "1234.5", "1,234.50"),
        ("en", "1234.567", "1,234.567"),
        ("hi", "1234567", "12,34,567"),
        ("pt_BR", '"1234.50"', "1.234,50"),
        ("en", '{"amount": 600, "currency": "\u200b"}', "600"),
        ("en", '{"amount": 600, "currency": null}', "600"),
        ("en", '{"amount": 600, "currency": 356}', "600"),
    ],
)
def test_amount_without_a_currency_is_a_number_with_its_own_places(
    language: str, price: str, written: str
) -> None:
    assert money(language, price) == written


@pytest.mark.parametrize(
    "fields",
    [
        {"event_data": {"currency": "INR"}},
        {"event_data": {"currency": "", "price": {"currency": "INR"}}},
        {"item": {"currency": "INR"}, "event_data": {"currency": "USD"}},
    ],
)
def test_amount_alone_has_the_currency_of_its_item_or_event(fields: dict[str, Any]) -> None:
    with_amount = fields | {"item": {"line_price": "50.00"} | fields.get("item", {})}
    assert render_field("{{ item.line_price | money }}", with_amount) == "₹50.00"


def test_currency_that_is_named_goes_first() -> None:
    fields = priced('{"amount": 5, "currency": "INR"}', other="USD")
    assert render_field("{{ event_data.price | money: event_data.other }}", fields) == "$5.00"
    assert render_field("{{ event_data.price | money: 'EUR' }}", fields) == "€5.00"
    assert render_field("{{ event_data.price | money: event_data.none }}", fields) == "₹5.00"
    assert render_field("{{ event_data.price.amount | times: 2 | money }}", fields) == "₹10.00"


@pytest.mark.parametrize("price", ["null", '""', '"\u2800"', "{}", '{"currency": "INR"}'])
def test_price_that_is_not_there_is_empty(price: str) -> None:
    with pytest.raises(MergeFieldError) as caught:
        money("en", price)
    assert caught.value.problems == {"event_data.price | money": "is empty"}
    source = "{{ event_data.price | money | default: 'soon' }}"
    assert render_field(source, priced(price)) == "soon"


@pytest.mark.parametrize(
    "price", ['"lots"', '"1,299.00"', "true", "[600]", '"1e5"', '{"amount": "x"}']
)
def test_price_that_is_no_number_is_named_with_its_reason_and_no_value(price: str) -> None:
    with pytest.raises(MergeFieldError) as caught:
        render_field("From {{ event_data.price | money }}, {{ a }}", priced(price))
    expected = {"event_data.price | money": "is not an amount", "a": "is empty"}
    assert caught.value.problems == expected
    assert caught.value.because == "is not an amount"
    assert str(caught.value) == "event_data.price | money is not an amount, a is empty"


def test_price_that_is_no_number_is_named_also_in_a_tag() -> None:
    source = "{% assign m = event_data.price | money %}{{ m }}"
    with pytest.raises(MergeFieldError) as caught:
        render_field(source, priced('"lots"'))
    assert caught.value.problems == {source: "is not an amount"}


@given(st.from_regex(r"\A[A-Za-z]{2,3}(_[A-Za-z]{2,4})?\Z"))
def test_any_language_that_a_step_may_have_writes_money(language: str) -> None:
    assert "6" in money(language, "6", "INR") or Reader(language).locale.language != "en"


@given(st.text(max_size=5))
def test_any_text_may_stand_as_a_currency(currency: str) -> None:
    fields = {"event_data": {"price": {"amount": 6, "currency": currency}}}
    assert "6" in render_field("{{ event_data.price | money }}", fields)


def test_filter_is_known_when_a_template_is_put() -> None:
    assert parse("{{ event_data.price | money: event_data.currency }}")
