"""Numbers without a plus, in stores of the region that they belong to and of others."""

from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import (
    SUPPORTED_REGIONS,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    country_code_for_region,
    example_number_for_type,
    format_number,
)

from domain.customers.phones import to_e164

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
SAMPLE = sorted(
    {"AE", "AU", "BR", "DE", "ES", "FR", "GB", "ID", "IN", "IT", "JP", "KE", "MX"}
    | {"MY", "NG", "NL", "PK", "SA", "SG", "TH", "TR", "US", "VN", "WS", "ZA"}
)
EXAMPLES = {region: example_number_for_type(region, MOBILE[0]) for region in SUPPORTED_REGIONS}
MOBILES = {region: number for region, number in EXAMPLES.items() if number is not None}


def e164(number: PhoneNumber) -> str:
    return format_number(number, PhoneNumberFormat.E164)


def national(number: PhoneNumber) -> str:
    return format_number(number, PhoneNumberFormat.NATIONAL)


def groups(text: str) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in text).split()


def spellings(number: PhoneNumber) -> Iterator[str]:
    """As people write it at home."""
    yield national(number)
    yield "".join(groups(national(number)))
    yield phonenumbers.national_significant_number(number)
    yield e164(number).removeprefix("+")
    yield f"00{e164(number).removeprefix('+')}"
    yield e164(number)


@pytest.mark.parametrize("region", sorted(MOBILES))
def test_mobile_number_of_the_region_counts_in_every_spelling(region: str) -> None:
    number = MOBILES[region]
    read = {spelling: to_e164(spelling, region) for spelling in spellings(number)}
    assert read == dict.fromkeys(read, e164(number))


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, PhoneNumber]:
    """A region of the sample, and a valid mobile number of it."""
    region = draw(st.sampled_from(SAMPLE))
    example = phonenumbers.national_significant_number(MOBILES[region])
    tail = draw(st.text("0123456789", min_size=5, max_size=5))
    number = phonenumbers.parse(f"+{country_code_for_region(region)}{example[:-5]}{tail}")
    valid = phonenumbers.is_valid_number_for_region(number, region)
    return region, number if valid else MOBILES[region]


@given(numbers(), st.sampled_from(SAMPLE))
def test_number_without_a_plus_is_one_of_the_stores_region_or_none(
    written: tuple[str, PhoneNumber], store: str
) -> None:
    """A mobile number there, or a landline exactly as the region writes its landlines."""
    home, number = written
    for spelling in (national(number), "".join(groups(national(number)))):
        read = to_e164(spelling, store)
        if home == store:
            assert read == e164(number)
        elif read is not None:
            found = phonenumbers.parse(read)
            assert phonenumbers.is_valid_number_for_region(found, store)
            assert phonenumbers.number_type(found) in MOBILE or groups(spelling) == groups(
                national(found)
            )


@given(numbers(), st.sampled_from(SAMPLE))
def test_number_with_its_country_code_counts_in_every_store(
    written: tuple[str, PhoneNumber], store: str
) -> None:
    _, number = written
    assert to_e164(e164(number), store) == e164(number)
    international = format_number(number, PhoneNumberFormat.INTERNATIONAL)
    assert to_e164(international, store) == e164(number)
    assert to_e164(international.replace("+", "00 "), store) == e164(number)


@pytest.mark.parametrize(
    "raw",
    [
        "98765 43210",
        "098765 43210",
        "0 98765-43210",
        "09876543210",
        "919876543210",
        "91 98765 43210",
        "0091 98765 43210",
        "+91 (0) 98765 43210",
    ],
)
def test_indian_number_counts_in_an_indian_store(raw: str) -> None:
    assert to_e164(raw, "IN") == "+919876543210"


@pytest.mark.parametrize(
    ("raw", "store"),
    [
        ("07911 123456", "IN"),  # British; a landline of Ahmedabad
        ("07911123456", "IN"),
        ("0802 123 4567", "IN"),  # Nigerian; a landline of Bengaluru
        ("0301 2345678", "IN"),  # Pakistani
        ("(11) 96123-4567", "IN"),
        ("0412 345 678", "IN"),
        ("(201) 555-0123", "IN"),
        ("(201) 555-0123", "GB"),
        ("090-1234-5678", "GB"),
        ("081234 56789", "BR"),
        ("081234 56789", "DE"),
        ("0812-345-678", "AU"),
        ("0412 345 678", "DE"),
        ("06 12 34 56 78", "DE"),
        ("0905 123 4567", "GB"),  # Philippine; a premium number
        ("01512 3456789", "WS"),  # German; +1 512 behind Samoa's international prefix 0
        ("447911123456", "IN"),
        ("9876543210", None),
    ],
)
def test_national_form_of_another_country_does_not_count(raw: str, store: str | None) -> None:
    assert to_e164(raw, store) is None


@pytest.mark.parametrize(
    ("raw", "store", "number"),
    [
        ("030 901820", "DE", "+4930901820"),
        ("022 2123 4567", "IN", "+912221234567"),
        ("02221234567", "IN", None),
        ("+91 2221234567", "IN", "+912221234567"),
        ("912221234567", "IN", "+912221234567"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("0207 946 0958", "GB", None),
    ],
)
def test_landline_without_a_country_code_counts_as_its_region_writes_it(
    raw: str, store: str, number: str | None
) -> None:
    assert to_e164(raw, store) == number


@pytest.mark.parametrize(
    ("raw", "store"), [("4915123456789", "DE"), ("62812345678", "ID"), ("38343201234", "XK")]
)
def test_own_country_code_is_not_read_as_the_beginning_of_a_landline(raw: str, store: str) -> None:
    assert to_e164(raw, store) == f"+{raw}"


@pytest.mark.parametrize("store", ["US", "BR", "AU", "ID", None])
def test_00_stands_for_a_plus_also_where_people_dial_something_else(store: str | None) -> None:
    assert to_e164("00 44 7911 123456", store) == "+447911123456"
    assert to_e164("00 44 20 7946 0958", store) == "+442079460958"
    assert to_e164("00447911", store) is None


def test_international_prefix_of_the_region_counts_where_00_means_nothing() -> None:
    assert to_e164("011 44 7911 123456", "US") == "+447911123456"
    assert to_e164("0011 44 7911 123456", "AU") == "+447911123456"
    assert to_e164("001 49 1512 3400000", "SG") == "+4915123400000"
    assert to_e164("00 49 1512 3400000", "SG") == "+4915123400000"
    assert to_e164("00 49 30 901820", "IN") == "+4930901820"


def test_number_that_is_a_mobile_number_in_both_countries_is_the_stores() -> None:
    assert to_e164("07400 123456", "GB") == "+447400123456"
    assert to_e164("07400 123456", "IN") == "+917400123456"
