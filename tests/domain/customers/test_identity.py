from hypothesis import given, settings
from hypothesis import strategies as st

from domain.customers.identity import customer_key, is_anonymous, keyed_hash

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


def test_key_ignores_case_and_blanks_of_the_email() -> None:
    typed = customer_key("key", None, None, " Email@Gmail.co ")
    assert typed == customer_key("key", None, None, EMAIL)


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
