"""Request bodies as the stand-ins keep them."""

from typing import Any

from pydantic_core import from_json


def json_or_text(body: bytes) -> Any:
    """A body as JSON, or as text if it is not JSON."""
    try:
        return from_json(body)
    except ValueError:
        return body.decode(errors="replace")
