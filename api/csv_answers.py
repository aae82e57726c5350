"""Answers as CSV, for who asks by `Accept: text/csv`."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response

MEDIA_TYPE: Final = "text/csv"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a text."""

_AMOUNT: Final = re.compile(r"-[0-9]+(?:\.[0-9]+)?")


def wants_csv(request: Request) -> bool:
    """Whether the caller asks for CSV, and not for JSON first."""
    accepted = [each.split(";")[0].strip() for each in request.headers.get("accept", "").split(",")]
    wanted = [each for each in accepted if each in {MEDIA_TYPE, "application/json"}]
    return wanted[:1] == [MEDIA_TYPE]


def csv_response(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Response:
    """Rows with these columns; what a row lacks is empty."""
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row.get(name)) for name in columns})
    return Response(written.getvalue(), media_type=f"{MEDIA_TYPE}; charset=utf-8")


def _cell(value: Any) -> Any:
    """No text of a store's begins as a formula does. Amounts are texts, too: `-10.00` is none."""
    is_text = isinstance(value, str) and not _AMOUNT.fullmatch(value)
    return f"'{value}" if is_text and value.startswith(_FORMULA) else value


def flattened(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested objects as one, the names joined by a point: `revenue.clicked.INR`."""
    if not isinstance(value, Mapping):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for name, part in value.items():
        flat |= flattened(part, f"{prefix}.{name}" if prefix else str(name))
    return flat
