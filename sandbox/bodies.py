"""Bodies of requests as the stand-ins keep them."""

from typing import Any

from pydantic_core import from_json


def json_or_text(body: bytes) -> Any:
    """A body as it is kept: JSON, or text when it is none."""
    try:
        return from_json(body)
    except ValueError:
        return body.decode(errors="replace")
