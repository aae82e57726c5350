"""Phone numbers of the customers in benchmarks."""

from typing import Final

MAX_PHONES: Final = 100_000
"""As many numbers as have this pattern."""


def phone_digits(number: int) -> str:
    """The nth number without a plus sign, as Meta has it."""
    return f"9198765{number:05}"
