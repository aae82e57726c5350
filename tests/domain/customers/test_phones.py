from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS, PhoneNumberFormat, example_number, format_number

from domain.customers.phones import (
    address_in,
    addresses_of,
    region_of,
    time_zone_of,
    to_e164,
)


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+919876543210", None, "+919876543210"),
        ("+91 98765 43210", "US", "+919876543210"),
        ("98765 43210", "IN", "+919876543210"),
        ("098765-43210", "IN", "+919876543210"),
        ("030 901820", "DE", "+4930901820"),
    ],
)
def test_number_is_formatted_in_e164(raw: str, region: str | None, expected: str) -> None:
    assert to_e164(raw, region) == expected


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        (None, "IN"),
        ("", "IN"),
        ("9876543210", None),
        ("+9112", None),
        ("email@gmail.co", "IN"),
        ("+999123456789", None),
    ],
)
def test_invalid_number_is_none(raw: str | None, region: str | None) -> None:
    assert to_e164(raw, region) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_parsed_without_an_error(raw: str) -> None:
    written = to_e164(raw, "IN")
    assert written is None or to_e164(written, None) == written


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ("+919876543210", "Asia/Kolkata"),
        ("+4915123456789", "Europe/Berlin"),
        ("+6591234567", "Asia/Singapore"),
        ("+61412345678", None),
        ("+79161234567", None),
        ("+80012345678", None),
        (None, None),
        ("", None),
    ],
)
def test_time_zone_is_known_only_if_the_number_has_one(
    address: str | None, zone: str | None
) -> None:
    assert time_zone_of(address) == zone


@pytest.mark.parametrize("region", sorted(SUPPORTED_REGIONS))
def test_time_zone_of_every_region_exists(region: str) -> None:
    number = example_number(region)
    assert number is not None
    zone = time_zone_of(format_number(number, PhoneNumberFormat.E164))
    assert zone is None or ZoneInfo(zone).key == zone


@pytest.mark.parametrize(
    ("wa_id", "addresses"),
    [
        ("919876543210", {"+919876543210"}),
        ("+919876543210", {"+919876543210"}),
        ("5215512345678", {"+5215512345678", "+525512345678"}),
        ("551187654321", {"+551187654321", "+5511987654321"}),
        ("5511987654321", {"+551187654321", "+5511987654321"}),
        ("", set()),
        ("US.13491208655302741918", set()),
        ("\ud800", set()),
    ],
)
def test_whatsapp_id_has_these_phone_numbers(wa_id: str, addresses: set[str]) -> None:
    assert addresses_of(wa_id) == addresses


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ({"customer": {"phone": "98765 43210"}}, "+919876543210"),
        ({"customer": {"phone": 9876543210}}, "+919876543210"),
        ({"customer": {"phone": "+1 212 555 0123"}}, "+12125550123"),
        ({"customer": {"phone": "none"}}, None),
        ({"customer": {"phone": None}}, None),
        ({"customer": {}}, None),
        ({"customer": "98765 43210"}, None),
        ({}, None),
    ],
)
def test_address_of_an_event_is_its_phone_in_e164(
    body: dict[str, Any], address: str | None
) -> None:
    assert address_in(body, "IN") == address


@pytest.mark.parametrize(
    ("raw", "region", "today"),
    [
        ("+52 1 55 1240 9226", "IN", "+525512409226"),
        ("0052 1 55 1240 9226", "IN", "+525512409226"),
        ("5215512409226", "MX", "+525512409226"),
        ("+55 31 9876-5432", None, "+5531998765432"),
    ],
)
def test_number_in_a_form_of_the_past_is_read_as_it_is_written_today(
    raw: str, region: str | None, today: str
) -> None:
    assert to_e164(raw, region) == today


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("(11) 8765-4321", "BR"),  # a mobile number without its 9, or another country's
        ("+54 1000000000", "AR"),
        ("+55 23 6123-4567", "BR"),
    ],
)
def test_number_that_may_be_another_countrys_or_has_no_valid_form_is_none(
    raw: str, region: str
) -> None:
    assert to_e164(raw, region) is None


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("+919876543210", "IN"),
        ("+525512409226", "MX"),
        ("+5215512409226", "MX"),
        ("+12025550123", "US"),
        ("+14165550123", "CA"),
        ("+447700900123", "GB"),
        ("+80012345678", None),
    ],
)
def test_region_of_a_number(address: str, region: str | None) -> None:
    assert region_of(address) == region
