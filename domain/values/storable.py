"""What a database can store of a posted body."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

_SUSPECTS: Final = (b"\\u0000", b"NaN", b"Infinity")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def can_be_stored(value: Any) -> bool:
    """Whether PostgreSQL's JSON accepts it: no NUL, no lone surrogate, no NaN."""
    return _is_surely_storable(value) or _is_storable_in_every_part(value)


def _is_surely_storable(value: Any) -> bool:
    """A look at the written JSON, a tenth of the time; False also where a text only looks so."""
    try:
        written = to_json(value, inf_nan_mode="constants")
    except (ValueError, TypeError):
        return False
    return not any(suspect in written for suspect in _SUSPECTS)


def _is_storable_in_every_part(value: Any) -> bool:
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
