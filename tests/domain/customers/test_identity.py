import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.customers.identity import (
    customer_key,
    email_hash,
    hashed_customer_id,
    is_anonymous,
    keyed_hash,
    keys_of,
    normalize_email,
    partner_id,
)

PHONE, EMAIL = "+919876543210", "email@gmail.co"


def test_customer_with_an_id_keeps_it() -> None:
    assert customer_key("key", "c1", PHONE, EMAIL) == "c1"


def test_key_of_a_customer_without_id_contains_neither_phone_nor_email() -> None:
    by_phone = customer_key("key", None, PHONE, EMAIL)
    by_email = customer_key("key", None, None, EMAIL)
    assert by_phone == customer_key("key", "", PHONE, None)
    assert by_phone != by_email
    for key in (by_phone, by_email):
        assert key.startswith("anon-")
        assert not any(part in key for part in (PHONE, PHONE[3:], EMAIL, "gmail"))


def test_customers_without_id_are_told_apart_by_their_emails() -> None:
    one, other = (customer_key("key", None, None, email) for email in (EMAIL, "b@gmail.co"))
    assert one != other


def test_key_ignores_case_and_blanks_of_the_email() -> None:
    typed = customer_key("key", None, None, " Email@Gmail.co ")
    assert typed == customer_key("key", None, None, EMAIL)


@pytest.mark.parametrize(
    "written", [EMAIL, " Email@Gmail.co\n", "\xa0EMAIL@GMAIL.CO", "\ufeffemail\u200b@gmail.co"]
)
def test_email_is_the_same_in_every_spelling(written: str) -> None:
    assert normalize_email(written) == EMAIL
    assert email_hash("key", written) == keyed_hash("key", EMAIL)


def test_dots_and_tags_of_an_email_tell_people_apart() -> None:
    assert email_hash("key", "a.b@c.de") != email_hash("key", "ab@c.de")
    assert email_hash("key", "a+b@c.de") != email_hash("key", "a@c.de")


@pytest.mark.parametrize("placeholder", [None, "", "  ", "-", "n/a", "none"])
def test_what_is_no_email_address_has_no_hash(placeholder: str | None) -> None:
    assert email_hash("key", placeholder) is None


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_hash_depends_on_the_stores_key_and_on_the_value(value: str, other: str) -> None:
    assert keyed_hash("key", value) == keyed_hash("key", value)
    assert keyed_hash("key", value) != keyed_hash("another key", value)
    assert (keyed_hash("key", value) == keyed_hash("key", other)) == (value == other)


def test_only_a_hashed_key_is_anonymous() -> None:
    assert is_anonymous(customer_key("key", None, PHONE, None))
    assert is_anonymous(customer_key("key", None, None, EMAIL))
    for customer_id in ("c1", "anon-", "anon-7", "anon-" + "g" * 32, "anon-" + "0" * 33):
        assert not is_anonymous(customer_key("key", customer_id, PHONE, EMAIL))


def test_a_hashed_id_is_told_apart_from_every_other_key() -> None:
    hashed = customer_key("key", EMAIL, PHONE, EMAIL, hashed=True)

    assert re.fullmatch("cust-[0-9a-f]{32}", hashed)
    assert hashed == hashed_customer_id("key", EMAIL)
    assert hashed != hashed_customer_id("another key", EMAIL)
    assert not is_anonymous(hashed)
    assert hashed.removeprefix("cust-") != email_hash("key", EMAIL)


def test_a_customer_without_an_id_has_the_same_key_in_either_mode() -> None:
    assert customer_key("key", None, PHONE, None, hashed=True) == customer_key(
        "key", None, PHONE, None
    )


def test_a_customer_is_looked_for_under_the_present_kind_of_key_first() -> None:
    hashed = hashed_customer_id("key", "c1")

    assert keys_of("key", "c1", hashed=False) == ("c1", hashed)
    assert keys_of("key", "c1", hashed=True) == (hashed, "c1")
    assert keys_of("key", hashed, hashed=True)[0] == hashed
    assert keys_of("key", ANONYMOUS, hashed=True)[0] == ANONYMOUS


ANONYMOUS = customer_key("key", None, PHONE, None)
HASHED = hashed_customer_id("key", "c1")


@pytest.mark.parametrize(
    ("key", "posted", "asked"),
    [
        ("c1", "c1", "c1"),
        ("c1", None, "c1"),
        (HASHED, "c1", "c1"),
        (HASHED, None, None),
        (HASHED, "c2", None),
        (HASHED, HASHED, HASHED),
        (ANONYMOUS, None, None),
    ],
)
def test_the_partner_is_asked_by_its_own_id(
    key: str, posted: str | None, asked: str | None
) -> None:
    assert partner_id("key", key, posted) == asked
