"""The cursor of a customer's history: two positions, of its journeys and of its events."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field, TypeAdapter

from api.errors import invalid
from domain.values.timestamps import Timestamp
from operations.history import HistoryPosition

RunId = Annotated[str, Field(max_length=64, pattern="^[0-9a-zA-Z-]+$")]


EventId = Annotated[int, Field(ge=0, lt=2**63)]

_positions = TypeAdapter(tuple[tuple[Timestamp, RunId] | None, EventId | None])
"""What a cursor says, as JSON in base64."""


def to_history_cursor(position: HistoryPosition) -> str:
    """The opaque form of a position."""
    journey = position.journey and (position.journey[0].isoformat(), position.journey[1])
    return urlsafe_b64encode(json.dumps([journey, position.event]).encode()).decode()


def _position(
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> HistoryPosition | None:
    if not cursor:
        return None
    try:
        found = _positions.validate_json(urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        raise invalid("cursor", "is not a cursor of ours", "query", "cursor") from None
    return HistoryPosition(*found)


HistoryCursorQuery = Annotated[HistoryPosition | None, Depends(_position)]
