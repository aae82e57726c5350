"""Meta's error codes and what each means, as data.

From Meta's page "Error codes" of the Cloud API. Only `error.code` decides: Meta's texts change,
and its HTTP statuses differ between versions for one and the same code.
"""

from typing import Final

from domain.messages.send_outcome import ErrorCategory

CODES: Final[dict[ErrorCategory, frozenset[int]]] = {
    ErrorCategory.THROTTLED: frozenset({4, 80007, 130429}),
    ErrorCategory.PAIR_LIMIT: frozenset({131056}),
    ErrorCategory.TEMPLATE_SYNCING: frozenset({134101}),
    ErrorCategory.UNCLEAR: frozenset({2, 131000, 131016, 131057, 133004}),
    ErrorCategory.NOT_NOW: frozenset({131049}),
    ErrorCategory.OPTED_OUT: frozenset({131050}),
    ErrorCategory.UNREACHABLE: frozenset({130403, 130472, 131026}),
    ErrorCategory.TEMPLATE_WRONG: frozenset(
        {100, 131008, 131009, 132000, 132001, 132005, 132007, 132012, 132018}
    ),
    ErrorCategory.TEMPLATE_HELD: frozenset({132015, 132016}),
    ErrorCategory.ACCOUNT: frozenset(
        {0, 10, 190, *range(200, 300), 368, 131005, 131031, 131042, 131045, 131048, 131064, 133010}
    ),
}

_CATEGORIES = {code: category for category, codes in CODES.items() for code in codes}


def category_of(code: int) -> ErrorCategory:
    """The category of an error code; `REFUSED` for a code that is not in the table."""
    return _CATEGORIES.get(code, ErrorCategory.REFUSED)
