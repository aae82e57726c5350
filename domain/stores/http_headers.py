"""HTTP headers that a store adds to the requests to its partner.

What an operator writes now is looked at more closely than what was stored before (`AS_WRITTEN`).
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from domain.messages.template_checks import AS_WRITTEN
from domain.values.secret_values import Secret

_RESERVED = frozenset({"accept-encoding", "content-length", "host", "transfer-encoding"})
"""Headers of the request itself: a second one breaks it, or makes the answer unreadable."""

_CARRIED = re.compile(r"[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?")
"""A field value of RFC 9110: no control characters, no white space at its ends."""


def _not_reserved(name: str, info: ValidationInfo) -> str:
    if info.context == AS_WRITTEN and name.lower() in _RESERVED:
        raise ValueError("is set by the request itself")
    return name


def _carried(value: SecretStr, info: ValidationInfo) -> SecretStr:
    if info.context == AS_WRITTEN and not _CARRIED.fullmatch(value.get_secret_value()):
        raise ValueError("has control characters, or white space at an end: no header carries it")
    return value


HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$"), AfterValidator(_not_reserved)]
HeaderValue = Annotated[Secret, AfterValidator(_carried)]
"""A secret, since partners' keys are in headers. Sent in UTF-8."""
