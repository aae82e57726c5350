from hypothesis import given, settings
from hypothesis import strategies as st

from domain.identity import customer_key, journey_id, keyed_hash

PHONE, EMAIL = "+919876543210", "email@gmail.co"


def test_journey_is_named_after_store_and_customer() -> None:
    assert journey_id("denim", "c1") == "journey:denim:c1"


def test_known_customer_keeps_the_partners_id() -> None:
    assert customer_key("key", "c1", PHONE, EMAIL) == "c1"


def test_customer_without_id_is_known_by_neither_phone_nor_email() -> None:
    by_phone = customer_key("key", None, PHONE, EMAIL)
    by_email = customer_key("key", None, None, EMAIL)
    assert by_phone == customer_key("key", "", PHONE, None)
    assert by_phone != by_email
    for key in (by_phone, by_email):
        assert key.startswith("anon-")
        assert not any(part in key for part in (PHONE, PHONE[3:], EMAIL, "gmail"))


def test_same_email_is_the_same_customer_however_it_is_typed() -> None:
    typed = customer_key("key", None, None, " Email@Gmail.co ")
    assert typed == customer_key("key", None, None, EMAIL)


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_hash_depends_on_the_stores_key_and_on_the_value(value: str, other: str) -> None:
    assert keyed_hash("key", value) == keyed_hash("key", value)
    assert keyed_hash("key", value) != keyed_hash("another key", value)
    assert (keyed_hash("key", value) == keyed_hash("key", other)) == (value == other)
