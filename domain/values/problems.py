"""Problems: what is wrong with a posted body, one per place, without the value that was posted."""

from collections.abc import Collection
from typing import Any, NamedTuple

from pydantic import ValidationError

Path = tuple[int | str, ...]


class Problem(NamedTuple):
    """One wrong place in a body."""

    kind: str
    """Such as `missing` or `url`."""
    path: Path
    message: str

    def as_json(self) -> dict[str, Any]:
        """The problem in FastAPI's form."""
        return {"type": self.kind, "loc": ["body", *self.path], "msg": self.message}


class InvalidBodyError(Exception):
    """A body that is not what it should be."""

    def __init__(self, problems: list[Problem]) -> None:
        """Name everything that is wrong with it."""
        super().__init__("invalid body")
        self.problems = problems


def problems_of(error: ValidationError, tags: Collection[str] = ()) -> list[Problem]:
    """The problems that pydantic found.

    Args:
        error: of a validation.
        tags: names that pydantic gives to the branches of a union; left out of paths.
    """
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [Problem(each["type"], _without_tag(each["loc"], tags), each["msg"]) for each in found]


def _without_tag(path: Path, tags: Collection[str]) -> Path:
    return path[1:] if path and path[0] in tags else path
