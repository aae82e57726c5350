"""Phone numbers: the E.164 form and, where it is certain, the time zone."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as phone_zones

from domain.customers.national_numbers import read_number
from domain.customers.number_forms import forms_of

MAX_REMEMBERED: Final = 4096
"""Numbers: of one customer come several events in a row, and reading one is slow."""

_MODERN_NAMES = {
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "Europe/Kiev": "Europe/Kyiv",
}
_DIGITS = re.compile("[0-9]{1,32}")
_UNKNOWN_ZONE = "Etc/Unknown"
_A_YEAR = tuple(datetime(2026, 1, 1) + timedelta(days=day) for day in range(365))  # noqa: DTZ001  # wall-clock days, each zone's own


@lru_cache(MAX_REMEMBERED)
def to_e164(raw: str | None, default_region: str | None) -> str | None:
    """Write a number as `+919876543210`, or None when it is not a valid number.

    Args:
        raw: as the partner has it, with or without a country code.
        default_region: ISO 3166 region for numbers without a country code, such as `IN`. A number
            that cannot be one of the region is none: see `national_numbers`.
    """
    number = read_number(raw or "", default_region)
    if number is None:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def address_in(body: Mapping[str, Any], default_region: str | None) -> str | None:
    """The number that a posted event names, in E.164 form; partners write it as text or digits."""
    customer = body.get("customer")
    phone = customer.get("phone") if isinstance(customer, Mapping) else None
    return None if phone is None else to_e164(str(phone), default_region)


def region_of(address: str) -> str | None:
    """The ISO 3166 region of an E.164 number, such as `IN`; None where it is of no country.

    A number that several regions of a calling code may have is of the largest: `GB` of +44.
    """
    number = phonenumbers.parse(address)
    main = phonenumbers.region_code_for_country_code(number.country_code or 0)
    region = phonenumbers.region_code_for_number(number) or main
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


def time_zone_of(address: str | None) -> str | None:
    """The IANA zone of an E.164 number, or None where the number's region has several.

    Several that always show the same time, such as those of the United Kingdom, are one.
    """
    if not address:
        return None
    zones = phone_zones.time_zones_for_number(phonenumbers.parse(address))
    if _UNKNOWN_ZONE in zones or len({_offsets(zone) for zone in zones}) != 1:
        return None
    return _MODERN_NAMES.get(zones[-1], zones[-1])


@cache
def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    """How far a zone is from UTC through a year."""
    return tuple(day.replace(tzinfo=ZoneInfo(zone)).utcoffset() for day in _A_YEAR)


def addresses_of(wa_id: str) -> frozenset[str]:
    """The E.164 numbers that a WhatsApp id may stand for: every form of its digits.

    None for an id that is no number.
    """
    digits = wa_id.removeprefix("+")
    return forms_of(f"+{digits}") if _DIGITS.fullmatch(digits) else frozenset()
