"""Numbers that have two forms: one person may be posted, and known to WhatsApp, by either.

- Argentina: WhatsApp and callers from abroad write +54 9 11…, shops often +54 11….
- Mexico gave up the 1 of +52 1 55… in 2019; WhatsApp still keeps it for many.
- Brazil put a 9 before every mobile number until 2016; WhatsApp leaves it out for many. Only
  numbers that began with 6 to 9 before were mobile ones.
"""

import re
from typing import Final

_ARGENTINA: Final = re.compile(r"\+549?([1-3][0-9]{9})")
_MEXICO: Final = re.compile(r"\+521?([2-9][0-9]{9})")
_BRAZIL: Final = re.compile(r"\+55([1-9]{2})9?([6-9][0-9]{7})")


def forms_of(address: str) -> frozenset[str]:
    """Every E.164 form of a number, the given one included; every form has the same set."""
    if (found := _ARGENTINA.fullmatch(address)) is not None:
        return frozenset({f"+54{found[1]}", f"+549{found[1]}"})
    if (found := _MEXICO.fullmatch(address)) is not None:
        return frozenset({f"+52{found[1]}", f"+521{found[1]}"})
    if (found := _BRAZIL.fullmatch(address)) is not None:
        return frozenset({f"+55{found[1]}{found[2]}", f"+55{found[1]}9{found[2]}"})
    return frozenset({address})
