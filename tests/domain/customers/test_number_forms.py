import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customers.identity import is_user_id_hash, keyed_hash, number_hashes, user_id_hash
from domain.customers.number_forms import forms_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+541123456789", "+5491123456789"),
        ("+542201234567", "+5492201234567"),
        ("+525512345678", "+5215512345678"),
        ("+551187654321", "+5511987654321"),
        ("+553160001000", "+5531960001000"),
    ],
)
def test_number_has_two_forms(one: str, other: str) -> None:
    assert forms_of(one) == forms_of(other) == {one, other}


@pytest.mark.parametrize(
    "number",
    [
        "+919876543210",
        "+551133334444",
        "+5511933334444",
        "+5511012345678",
        "+12125550123",
        "+54911234567",
        "+52155123456",
        "541123456789",
        "",
    ],
)
def test_other_number_has_one_form(number: str) -> None:
    assert forms_of(number) == {number}


countries = st.sampled_from(["+54", "+549", "+52", "+521", "+55", "+5511", "+55119", "+91", "+1"])
numbers = st.builds(str.__add__, countries, st.text("0123456789", min_size=6, max_size=12))


@given(numbers)
def test_every_form_of_a_number_has_the_same_forms(number: str) -> None:
    forms = forms_of(number)
    assert number in forms
    assert 1 <= len(forms) <= 2
    assert all(forms_of(each) == forms for each in forms)


@given(numbers, st.text("0123456789ABC.", min_size=1, max_size=30))
def test_hash_of_a_user_id_is_never_that_of_a_number(number: str, user_id: str) -> None:
    assert keyed_hash("key", number) in number_hashes("key", number)
    assert not any(is_user_id_hash(each) for each in number_hashes("key", number))
    assert is_user_id_hash(user_id_hash("key", user_id))
    assert user_id_hash("key", number) not in number_hashes("key", number)
    assert keyed_hash("key", user_id) not in user_id_hash("key", user_id)
