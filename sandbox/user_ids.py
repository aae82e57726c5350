"""Business-scoped user ids, as the stand-in for Meta makes them of numbers."""

import hashlib


def user_id_of(number: str) -> str:
    """The user id of a number's owner: the same for the same digits, and not to be guessed back."""
    digest = hashlib.sha256(number.encode()).hexdigest()
    return f"IN.{int(digest[:16], 16)}"
