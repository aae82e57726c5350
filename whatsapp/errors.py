"""Meta's error codes and what each proves, as data.

From Meta's page "Error codes" of the Cloud API. Only `error.code` decides: Meta's texts change
and its HTTP statuses differ between versions for one and the same code.
"""

from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What one of Meta's error codes says about the message and about the next one."""

    THROTTLED = "throttled"
    """Too fast for this number or app. Not sent; slow down, then try again."""
    PAIR_LIMIT = "pair_limit"
    """Too many to this one person just now. Not sent; try again after a while."""
    TEMPLATE_SYNCING = "template_syncing"
    """Meta does not have the template everywhere yet. Not sent; try again in ten minutes."""
    UNCLEAR = "unclear"
    """Something broke at Meta, perhaps after the message went out: never send it again."""
    NOT_NOW = "not_now"
    """This person has had enough marketing from everybody. Not again within 24 hours."""
    OPTED_OUT = "opted_out"
    """This person stopped this brand's marketing: suppress for this store."""
    UNREACHABLE = "unreachable"
    """Not on WhatsApp, blocked, or in an experiment: the end for this address."""
    TEMPLATE_WRONG = "template_wrong"
    """Template or parameters are wrong: an operator has to look at the details."""
    TEMPLATE_HELD = "template_held"
    """Meta paused or disabled the template: hold what uses it."""
    ACCOUNT = "account"
    """Number, account, payment or token: pause the store and hold its journeys."""
    REFUSED = "refused"
    """A code that is not in the table."""


CODES: Final[dict[Verdict, frozenset[int]]] = {
    Verdict.THROTTLED: frozenset({4, 80007, 130429}),
    Verdict.PAIR_LIMIT: frozenset({131056}),
    Verdict.TEMPLATE_SYNCING: frozenset({134101}),
    Verdict.UNCLEAR: frozenset({2, 131000, 131016, 131057, 133004}),
    Verdict.NOT_NOW: frozenset({131049}),
    Verdict.OPTED_OUT: frozenset({131050}),
    Verdict.UNREACHABLE: frozenset({130403, 130472, 131026}),
    Verdict.TEMPLATE_WRONG: frozenset(
        {100, 131008, 131009, 132000, 132001, 132005, 132007, 132012, 132018}
    ),
    Verdict.TEMPLATE_HELD: frozenset({132015, 132016}),
    Verdict.ACCOUNT: frozenset(
        {0, 10, 190, *range(200, 300), 368, 131005, 131031, 131042, 131045, 131048, 131064, 133010}
    ),
}

_VERDICTS = {code: verdict for verdict, codes in CODES.items() for code in codes}


def verdict_of(code: int) -> Verdict:
    """The verdict on an error code, `REFUSED` when the table does not know it."""
    return _VERDICTS.get(code, Verdict.REFUSED)
