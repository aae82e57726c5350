from typing import Any

import pytest

from domain.consent import is_granted

GIVEN = {"granted": True, "source": "checkout checkbox", "timestamp": "2024-10-08T06:30:35+05:30"}


def test_consent_needs_that_it_was_given_where_and_when() -> None:
    assert is_granted({"customer": {"consent": GIVEN}})


@pytest.mark.parametrize(
    "told",
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
def test_half_a_proof_is_none(told: Any) -> None:
    assert not is_granted({"customer": {"consent": told}})
    assert not is_granted({})
    assert not is_granted({"customer": None})
