import pytest

from domain.customers.personal_ids import is_personal

OWN = "+91 98765 43210"


@pytest.mark.parametrize(
    "customer_id",
    [
        "asha@example.com",
        " Asha.Rao+shop@mail.example.co.in ",
        "+919876543210",
        "+1 415-555-2671",
        "9876543210",
        "98765 43210",
        "09876543210",
        "919876543210",
        "00919876543210",
        "(0)98765-43210",
    ],
)
def test_what_is_clearly_personal_is_noticed(customer_id: str) -> None:
    assert is_personal(customer_id, OWN, "IN")


@pytest.mark.parametrize(
    "customer_id",
    [
        "c1",
        "21h2sfef-56e0-4a1c-81ad-ff84j3615e22",
        "6940095447143",
        "9876543211",
        "919876543211",
        "12345",
        "+1",
        "+12",
        "+9999999999999",
        "user@host",
        "@handle",
        "a@b@example.com",
        "asha at example.com",
        "gid://shopify/Customer/6940095447143",
        "cust-0123456789abcdef0123456789abcdef",
    ],
)
def test_usual_ids_are_not_taken_for_personal(customer_id: str) -> None:
    assert not is_personal(customer_id, OWN, "IN")


@pytest.mark.parametrize("phone", [None, "-", "12"])
def test_digits_need_a_number_of_their_own_event(phone: str | None) -> None:
    assert not is_personal("9876543210", phone, "IN")


def test_a_number_without_country_code_is_the_regions() -> None:
    assert is_personal("9876543210", "9876543210", "IN")
    assert not is_personal("9876543210", "9876543210", None)
