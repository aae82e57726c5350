"""What Meta's published OpenAPI says of template messages, as a JSON Schema of ours.

`schemas/graph_api.schema.json` names its source, and where it says more or less than that.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

MOST_SHOWN: Final = 80
"""Characters of what was wanted, in a problem's text."""


class Shape(StrEnum):
    """Requests to send a template message, by the end of their path, and answers to them."""

    MESSAGES = "messages"
    MARKETING_MESSAGES = "marketing_messages"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Problem:
    """The first thing about some JSON that is not as published; never the value itself."""

    place: str
    keyword: str
    """Of JSON Schema: which rule it breaks."""
    wanted: Any

    def __str__(self) -> str:
        """Place and rule, in one line."""
        return f"{self.place}: {self.keyword} {self.wanted}"


def _validators() -> dict[Shape, Draft202012Validator]:
    text = files("sandbox").joinpath("schemas", "graph_api.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    shapes = schema["$defs"]
    return {shape: Draft202012Validator(_spelled_out(shapes[shape], shapes)) for shape in Shape}


def _spelled_out(schema: Any, shapes: dict[str, Any]) -> Any:
    """A schema without references: looking one up takes as long as all the rest."""
    match schema:
        case {"$ref": str(name), **rest}:
            meant = _spelled_out(shapes[name.rpartition("/")[2]], shapes)
            return {"allOf": [meant], **_spelled_out(rest, shapes)} if rest else meant
        case dict():
            return {name: _spelled_out(part, shapes) for name, part in schema.items()}
        case list():
            return [_spelled_out(part, shapes) for part in schema]
    return schema


_VALIDATORS: Final = _validators()


def problem_of(shape: Shape, value: Any) -> Problem | None:
    """What is wrong with a value, None when it is as Meta published."""
    error = next(_VALIDATORS[shape].iter_errors(value), None)
    return None if error is None else _problem(error)


def _problem(error: ValidationError) -> Problem:
    place = ".".join(str(part) for part in error.absolute_path)
    return Problem(place or "body", str(error.validator), _wanted(error))


def _wanted(error: ValidationError) -> Any:
    wanted: Any = error.validator_value
    if error.validator == "required" and isinstance(error.instance, dict):
        return ", ".join(name for name in wanted if name not in error.instance)
    if error.validator == "additionalProperties":
        return "none"
    return json.dumps(wanted)[:MOST_SHOWN]
