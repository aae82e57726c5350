"""What a database can store of a posted body."""

import math
import re
from collections.abc import Mapping
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def can_be_stored(value: Any) -> bool:
    """Whether PostgreSQL's JSON accepts it: no NUL, no lone surrogate, no NaN."""
    rest = [value]
    while rest:
        part = rest.pop()
        if isinstance(part, Mapping):
            rest += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            rest += part
        elif _is_unstorable(part):
            return False
    return True


def _is_unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is not None
    return isinstance(value, float) and not math.isfinite(value)
