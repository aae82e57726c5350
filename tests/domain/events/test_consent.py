from typing import Any

import pytest

from domain.events.consent import is_granted

GIVEN = {"granted": True, "source": "checkout checkbox", "timestamp": "2024-10-08T06:30:35+05:30"}


def test_consent_with_source_and_timestamp_is_granted() -> None:
    assert is_granted({"customer": {"consent": GIVEN}})


@pytest.mark.parametrize(
    "consent",
    [
        None,
        True,
        {},
        {**GIVEN, "granted": False},
        {**GIVEN, "source": ""},
        {**GIVEN, "timestamp": "2024-10-08T06:30:35"},
        {"granted": True},
    ],
)
def test_incomplete_consent_is_not_granted(consent: Any) -> None:
    assert not is_granted({"customer": {"consent": consent}})
    assert not is_granted({})
    assert not is_granted({"customer": None})
