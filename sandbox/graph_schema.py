"""Template messages held against a JSON Schema made from Meta's published OpenAPI.

`schemas/graph_api.schema.json` names its source, and where it differs from it.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

MAX_SHOWN: Final = 80
"""Characters of the expected value in a problem's text."""


class Shape(StrEnum):
    """A request to send a template message, by the end of its path, or an answer to one."""

    MESSAGES = "messages"
    MARKETING_MESSAGES = "marketing_messages"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Problem:
    """The first place where some JSON is not as published. Never holds the value itself."""

    place: str
    keyword: str
    """The rule of JSON Schema that it breaks."""
    expected: Any

    def __str__(self) -> str:
        """The place and the rule, in one line."""
        return f"{self.place}: {self.keyword} {self.expected}"


def _validators() -> dict[Shape, Draft202012Validator]:
    text = files("sandbox").joinpath("schemas", "graph_api.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    shapes = schema["$defs"]
    return {shape: Draft202012Validator(_resolved(shapes[shape], shapes)) for shape in Shape}


def _resolved(schema: Any, shapes: dict[str, Any]) -> Any:
    """A schema without references: resolving one takes as long as all other validation."""
    match schema:
        case {"$ref": str(name), **rest}:
            target = _resolved(shapes[name.rpartition("/")[2]], shapes)
            return {"allOf": [target], **_resolved(rest, shapes)} if rest else target
        case dict():
            return {name: _resolved(part, shapes) for name, part in schema.items()}
        case list():
            return [_resolved(part, shapes) for part in schema]
    return schema


_VALIDATORS: Final = _validators()


def problem_of(shape: Shape, value: Any) -> Problem | None:
    """The first problem of a value, None when it is as Meta published."""
    error = next(_VALIDATORS[shape].iter_errors(value), None)
    return None if error is None else _problem(error)


def _problem(error: ValidationError) -> Problem:
    place = ".".join(str(part) for part in error.absolute_path)
    return Problem(place or "body", str(error.validator), _expected(error))


def _expected(error: ValidationError) -> Any:
    expected: Any = error.validator_value
    if error.validator == "required" and isinstance(error.instance, dict):
        return ", ".join(name for name in expected if name not in error.instance)
    if error.validator == "additionalProperties":
        return "none"
    return json.dumps(expected)[:MAX_SHOWN]
