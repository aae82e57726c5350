"""Forms of pages: small, and read once."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request

from api import bodies

MAX_BYTES = 4 * bodies.KIBIBYTE


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a posted form without outer blanks; of a repeated one the first.

    Raises:
        HTTPException: 413, it is too large.
    """
    raw = await bodies.read_whole(request, MAX_BYTES)
    fields = parse_qs(raw.replace(b"%00", b"").replace(b"\0", b"").decode(errors="replace"))
    return {name: values[0].strip() for name, values in fields.items()}


Form = Annotated[Mapping[str, str], Depends(read_form)]
