"""Where a failure happened, for logs: no message and no values, which may be personal data."""

import traceback
from typing import Final

MAX_PLACES: Final = 12
"""The innermost frames. What is further out is alike for all failures."""


def places_of(error: BaseException) -> list[str]:
    """The frames of an exception, outermost first: `file:line function`."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-MAX_PLACES:]]
