"""Meta's error codes and what each means, as data.

From Meta's page "WhatsApp error codes" (updated 18 June 2026; read in November 2026) and, for the
endpoint `marketing_messages`, the error codes of its Marketing Messages API. Only the code decides,
in one case with its subcode: Meta's texts change, and its HTTP statuses differ between versions for
one and the same code, such as 500 for 3 and 131045.
"""

from typing import Final

from domain.messages.send_outcome import ErrorCategory

INVALID_PARAMETER: Final = 100
UNKNOWN_OBJECT: Final = 33
"""As a code: the business number was deleted. As the subcode of 100, from Meta's page "Handle
errors" of Graph API: the object of the path does not exist, or the token may not use it."""

CODES: Final[dict[ErrorCategory, frozenset[int]]] = {
    ErrorCategory.THROTTLED: frozenset({4, 80007, 130429}),
    ErrorCategory.PAIR_LIMIT: frozenset({131056}),
    ErrorCategory.TEMPLATE_SYNCING: frozenset({134101}),
    ErrorCategory.UNCLEAR: frozenset({1, 2, 131000, 131016, 131057, 133004, 2494100}),
    ErrorCategory.NOT_NOW: frozenset({131049}),
    ErrorCategory.OPTED_OUT: frozenset({131050}),
    ErrorCategory.UNREACHABLE: frozenset(
        {
            130403,
            130472,
            130497,  # this account may not message the country of this number
            131021,  # the number is the sender's own
            131026,
            131030,  # a test number, and this one is not on its list
        }
    ),
    ErrorCategory.TEMPLATE_MISMATCH: frozenset({132000, 132001, 132012}),
    ErrorCategory.TEMPLATE_WRONG: frozenset(
        {
            INVALID_PARAMETER,
            131008,
            131009,
            131052,  # the media of a link could not be fetched
            131053,  # nor uploaded
            131055,  # only marketing templates, on the endpoint marketing_messages
            132005,
            132007,
            132018,
            132068,  # the template's flow is blocked
            134100,  # as 131055
            134102,  # the template cannot be used on that endpoint
            135000,
        }
    ),
    ErrorCategory.TEMPLATE_HELD: frozenset({132015, 132016}),
    ErrorCategory.ACCOUNT: frozenset(
        {
            *{0, 3, 10, 190, *range(200, 300), 131005},  # token and permissions
            *{368, 131031, 131048, 131064},  # policy
            *{UNKNOWN_OBJECT, 131037, 131045},  # the number: deleted, its name, its certificate
            *{133000, 133005, 133006, 133008, 133009, 133010, 133015, 133016},  # its registration
            *{131042, 134011},  # payment
        }
    ),
    ErrorCategory.REFUSED: frozenset(
        {
            131047,  # a message that is no template, outside the window of 24 hours
            131051,  # a type of message that Meta does not know
            131060,  # of inbound messages
            132069,  # the template's flow is throttled
            1752041,  # of onboarding
        }
    ),
}
"""Every documented code that a request to send, or a status, may bring; voice calls, groups and
payments have further ones."""

_CATEGORIES = {code: category for category, codes in CODES.items() for code in codes}


def deciding_code(code: int, subcode: int | None) -> int:
    """The code that an error is kept and judged by.

    100 with subcode 33 is an account's fault, and kept as 33: without it, 100 is a wrong parameter.
    """
    is_unknown_object = (code, subcode) == (INVALID_PARAMETER, UNKNOWN_OBJECT)
    return UNKNOWN_OBJECT if is_unknown_object else code


def category_of(code: int) -> ErrorCategory:
    """The category of an error by its deciding code; `REFUSED` if it is not in the table."""
    return _CATEGORIES.get(code, ErrorCategory.REFUSED)
