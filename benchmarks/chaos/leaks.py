"""Looking for personal data and secrets where they must not be."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from benchmarks.chaos.customers import CANARY, PHONE_PATTERN
from benchmarks.chaos.evidence import Leak

PERSONAL: Final = re.compile(CANARY.encode() + rb"|" + PHONE_PATTERN, re.IGNORECASE)
AROUND: Final = 60
"""Characters of context."""

MAX_PER_PLACE: Final = 3


def leaks_in(places: Mapping[str, bytes], secrets: Iterable[str] = ()) -> Iterator[Leak]:
    """What is found, with a little around it.

    Args:
        places: contents by name.
        secrets: besides what has the canary in it, such as keys that the product made.
    """
    known = [re.escape(each.encode()) for each in secrets]
    wanted = re.compile(b"|".join([PERSONAL.pattern, *known]), re.IGNORECASE)
    for name, content in places.items():
        for number, found in enumerate(wanted.finditer(content)):
            if number == MAX_PER_PLACE:
                break
            around = content[max(0, found.start() - AROUND) : found.end() + AROUND]
            yield Leak(name, around.decode(errors="replace"))


def contents(files: Iterable[Path]) -> dict[str, bytes]:
    """Whole files by their names."""
    return {str(each): each.read_bytes() for each in files}
