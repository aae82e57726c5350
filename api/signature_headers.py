"""What the headers of a signed request tell before its body is read."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import Request

STANDARD_WEBHOOKS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
TOLERANCE: Final = timedelta(minutes=5)
"""Of the timestamp, as the Standard Webhooks specification recommends."""

_SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")
_META_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")


def may_be_signed(headers: Mapping[str, str], now: datetime) -> bool:
    """Whether a body may be signed as Standard Webhooks says: all but the signature itself."""
    values = [headers.get(name, "") for name in STANDARD_WEBHOOKS]
    return all(values) and _is_recent(values[1], now) and _has_signature(values[2])


def may_be_signed_by_meta(request: Request, header: str) -> bool:
    """Whether a body may be signed by Meta: its header has the form of a signature."""
    return _META_SIGNATURE.fullmatch(request.headers.get(header, "")) is not None


def _is_recent(timestamp: str, now: datetime) -> bool:
    try:
        sent_at = datetime.fromtimestamp(float(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(sent_at - now) <= TOLERANCE


def _has_signature(listed: str) -> bool:
    """Whether a list of signatures, separated by blanks, is well-formed and has one of ours."""
    each = listed.split(" ")
    return all(one.count(",") == 1 for one in each) and any(map(_SIGNATURE.fullmatch, each))
