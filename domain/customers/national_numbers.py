"""Numbers without a plus: whether they can be what the store's region makes of them.

A British 07911 123456 is also a valid number in India: a landline of Ahmedabad, 079 1112 3456. It
must not be taken for one. Without a plus a number counts

- as a mobile number of the region, however it is written;
- as a landline of the region if it has the region's country code or is written in the region's own
  groups, as 030 901820 is in Germany;
- behind 00, which stands for the plus, or behind the region's own international prefix. 00 goes
  first: of 00 49 1512… Singapore's metadata would make 004 and an Indian number.

A number that is a mobile number both here and where it comes from counts: nothing tells them apart.
"""

import re

import phonenumbers
from phonenumbers import (
    CountryCodeSource,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
)

from domain.customers.number_forms import forms_of

_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""Also where mobile numbers cannot be told from landlines, as in North America."""

_LANDLINE = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP})
_DIGITS = re.compile(r"\d+")
_ABROAD = "00"
"""Stands for the plus, also where people dial another prefix."""

_TRUNK = "0"
"""In Samoa and Cape Verde the international prefix, so that other national numbers seem foreign."""


def read_number(raw: str, region: str | None) -> PhoneNumber | None:
    """The valid number that a text is, read in a region; None when it is none, or none there."""
    text = raw.strip()
    abroad = _parsed(f"+{text.removeprefix(_ABROAD)}", None) if text.startswith(_ABROAD) else None
    number = abroad or _parsed(text, region)
    if number is not None and _counts(number, region):
        return number
    own = _parsed(f"+{text}", None)
    return own if own is not None and _is_own_mobile(own, region) else None


def _parsed(raw: str, region: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(raw, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else _in_valid_form(number)


def _in_valid_form(number: PhoneNumber) -> PhoneNumber | None:
    """The number as it is written today: shops keep +52 1 55…, and Brazilian ones without a 9.

    None without a country code: one of ten digits could be another country's.
    """
    if number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return None
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    others = (phonenumbers.parse(form) for form in forms_of(written))
    valid = next((each for each in others if phonenumbers.is_valid_number(each)), None)
    if valid is not None:
        valid.country_code_source = number.country_code_source
    return valid


def _counts(number: PhoneNumber, region: str | None) -> bool:
    match number.country_code_source:
        case CountryCodeSource.FROM_DEFAULT_COUNTRY:
            kind = phonenumbers.number_type(number)
            return kind in _MOBILE or (kind in _LANDLINE and _is_in_own_groups(number))
        case CountryCodeSource.FROM_NUMBER_WITH_IDD:
            return _international_prefix(region) != _TRUNK
    return True


def _is_in_own_groups(number: PhoneNumber) -> bool:
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return _DIGITS.findall(number.raw_input or "") == _DIGITS.findall(national)


def _international_prefix(region: str | None) -> str | None:
    metadata = PhoneMetadata.metadata_for_region(region or "")
    return None if metadata is None else metadata.international_prefix


def _is_own_mobile(number: PhoneNumber, region: str | None) -> bool:
    """For 4915123456789 in Germany, where a landline may begin with the country's code, too."""
    own_code = phonenumbers.country_code_for_region(region or "")
    return number.country_code == own_code and phonenumbers.number_type(number) in _MOBILE
