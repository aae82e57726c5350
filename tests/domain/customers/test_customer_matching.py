import json
from typing import Any

import pytest

from domain.customers.customer_matching import (
    identifiers_of,
    mentions_any,
    mentions_email,
    mentions_number,
    mentions_user_id,
)
from domain.customers.identity import keyed_hash, user_id_hash

BODY = {
    "customer": {"customer_id": "c-123456", "phone": "98765 43210", "email": "Asha@Example.com"}
}
IDENTIFIERS = identifiers_of("c-123456", [BODY, {}, None, {"customer": None}], "IN")


def matches(body: Any) -> bool:
    return mentions_any(body if isinstance(body, str) else json.dumps(body), IDENTIFIERS, "IN")


def test_identifiers_are_the_id_the_phone_and_the_email() -> None:
    assert {"c-123456", "+919876543210", "98765 43210", "asha@example.com"} == IDENTIFIERS


@pytest.mark.parametrize(
    "customer",
    [
        {"customer_id": "c-123456"},
        {"phone": "+91 98765-43210"},
        {"phone": 9876543210},
        {"email": " ASHA@example.COM "},
    ],
)
def test_body_with_the_customer_in_any_spelling_matches(
    customer: dict[str, Any],
) -> None:
    assert matches({"customer": customer})


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
def test_text_that_mentions_an_identifier_matches(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", '{"id": "c-1234567"}', "1919876543210", "masha@example.com"],
)
def test_other_bodies_do_not_match(text: str) -> None:
    assert not matches(text)


def test_number_of_any_length_is_parsed() -> None:
    assert not matches('{"customer": {"phone": ' + "1" * 5000 + "}}")


@pytest.mark.parametrize("customer_id", ["c-1234", "kundin-ö1"])
def test_id_that_is_long_enough_matches_anywhere_in_a_body(customer_id: str) -> None:
    identifiers = identifiers_of(customer_id, [], None)
    assert mentions_any(json.dumps({"note": f"of {customer_id}"}), identifiers, None)


def test_short_id_matches_only_in_the_customer_object() -> None:
    identifiers = identifiers_of("1", [], None)
    assert mentions_any('{"customer": {"customer_id": 1}}', identifiers, None)
    assert not mentions_any('{"customer": {"customer_id": 2}, "quantity": 1}', identifiers, None)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+919876543210", '{"recipient_id": "919876543210"}'),
        ("+919876543210", "+919876543210"),
        ("+525512345678", '{"wa_id": "5215512345678"}'),
        ("+5511987654321", '{"wa_id": 551187654321}'),
    ],
)
def test_number_in_metas_spelling_matches_its_hash(number: str, text: str) -> None:
    assert mentions_number(text, "key", {keyed_hash("key", number)})


@pytest.mark.parametrize(
    "text", ["", "9198765432100", "0919876543210", "98765 43210", "91987654321"]
)
def test_other_numbers_do_not_match_the_hash(text: str) -> None:
    assert not mentions_number(text, "key", {keyed_hash("key", "+919876543210")})
    assert not mentions_number("919876543210", "another key", {keyed_hash("key", "+919876543210")})


@pytest.mark.parametrize(
    "text",
    [
        '{"customer": {"email": " Asha@Example.COM "}}',
        '{"note": "write to asha\\u0040example.com."}',
        "mailto:asha@example.com",
        "<asha@example.com>, or else",
    ],
)
def test_email_matches_its_hash_anywhere_in_a_text(text: str) -> None:
    assert mentions_email(text, "key", {keyed_hash("key", "asha@example.com")})


@pytest.mark.parametrize(
    "text", ["", "masha@example.com", "asha@example.com.au", "asha@example", "asha @example.com"]
)
def test_other_emails_do_not_match_the_hash(text: str) -> None:
    assert not mentions_email(text, "key", {keyed_hash("key", "asha@example.com")})
    assert not mentions_email("asha@example.com", "other", {keyed_hash("key", "asha@example.com")})


@pytest.mark.parametrize("user_id", ["IN.40000000000000000001", "US.ENT.1a2B"])
def test_user_id_of_metas_matches_its_hash(user_id: str) -> None:
    hashes = {user_id_hash("key", user_id)}
    assert mentions_user_id(f'{{"from_user_id": "{user_id}"}}', "key", hashes)
    assert not mentions_user_id(f'{{"from_user_id": "{user_id}0"}}', "key", hashes)
    assert not mentions_user_id(user_id, "another key", hashes)


def test_blank_fields_identify_nobody() -> None:
    blank = {"customer": {"customer_id": " ", "phone": "", "email": "\n"}}
    assert identifiers_of("c-123456", [blank], None) == {"c-123456"}
