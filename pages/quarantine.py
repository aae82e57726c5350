"""A quarantined body as a person reads it."""

from domain.values.exact_json import read_json, write_json

MAX_SHOWN = 100_000
"""Characters: a notification of Meta's may have megabytes."""


def readable_body(body: str) -> str:
    """JSON with one value a line; anything else as it came; the beginning of what is long."""
    shown = _indented(body)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}\n…"


def _indented(body: str) -> str:
    try:
        return write_json(read_json(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
