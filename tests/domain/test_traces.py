import json
from typing import Any

import pytest

from domain.identity import keyed_hash
from domain.traces import has_number_of, is_about, traces_of

BODY = {
    "customer": {"customer_id": "c-123456", "phone": "98765 43210", "email": "Asha@Example.com"}
}
TRACES = traces_of("c-123456", [BODY, {}, None, {"customer": None}], "IN")


def about(body: Any) -> bool:
    return is_about(body if isinstance(body, str) else json.dumps(body), TRACES, "IN")


def test_customer_is_known_by_id_number_and_address() -> None:
    assert {"c-123456", "+919876543210", "98765 43210", "asha@example.com"} == TRACES


@pytest.mark.parametrize(
    "customer",
    [
        {"customer_id": "c-123456"},
        {"phone": "+91 98765-43210"},
        {"phone": 9876543210},
        {"email": " ASHA@example.COM "},
    ],
)
def test_body_that_names_the_customer_in_any_writing_is_about_them(
    customer: dict[str, Any],
) -> None:
    assert about({"customer": customer})


@pytest.mark.parametrize(
    "text",
    [
        '{"customer": {"customer_id": "c-123456"',
        "call 919876543210!",
        '{"note": "asha\\u0040example.com"}',
        '["+919876543210"]',
        "customer_id=C-123456",
    ],
)
def test_body_that_mentions_the_customer_is_about_them(text: str) -> None:
    assert about(text)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", '{"id": "c-1234567"}', "1919876543210", "masha@example.com"],
)
def test_others_are_left_alone(text: str) -> None:
    assert not about(text)


def test_number_of_any_length_is_read() -> None:
    assert not about('{"customer": {"phone": ' + "1" * 5000 + "}}")


def test_short_id_counts_only_where_a_customer_is_named() -> None:
    traces = traces_of("1", [], None)
    assert is_about('{"customer": {"customer_id": 1}}', traces, None)
    assert not is_about('{"customer": {"customer_id": 2}, "quantity": 1}', traces, None)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+919876543210", '{"recipient_id": "919876543210"}'),
        ("+919876543210", "+919876543210"),
        ("+525512345678", '{"wa_id": "5215512345678"}'),
        ("+5511987654321", '{"wa_id": 551187654321}'),
    ],
)
def test_number_is_found_by_its_hash_as_meta_writes_it(number: str, text: str) -> None:
    assert has_number_of(text, "key", {keyed_hash("key", number)})


@pytest.mark.parametrize(
    "text", ["", "9198765432100", "0919876543210", "98765 43210", "91987654321"]
)
def test_other_numbers_have_other_hashes(text: str) -> None:
    assert not has_number_of(text, "key", {keyed_hash("key", "+919876543210")})
    assert not has_number_of("919876543210", "another key", {keyed_hash("key", "+919876543210")})
