"""The request that sends a template message, checked as Meta checks it."""

from dataclasses import dataclass
from typing import Any, Final

from sandbox.graph_errors import GraphError
from sandbox.graph_schema import Problem, Shape, problem_of
from sandbox.template_components import VALUE_NOT_VALID, check_components

INVALID_PARAMETER, MISSING_PARAMETER = 100, 131008

_CODES: Final = {
    "required": MISSING_PARAMETER,
    "contains": MISSING_PARAMETER,
    "additionalProperties": INVALID_PARAMETER,
    "const": INVALID_PARAMETER,
    "enum": INVALID_PARAMETER,
    "oneOf": INVALID_PARAMETER,
}
"""Meta's code by the rule of JSON Schema that a request breaks; else `VALUE_NOT_VALID`."""


@dataclass(frozen=True)
class TemplateMessage:
    """The receiver and the callback data of a valid request."""

    to: str
    callback_data: str | None


def read_message(body: Any, endpoint: Shape = Shape.MESSAGES) -> TemplateMessage:
    """Check a request's body.

    Args:
        body: as JSON.
        endpoint: which of the two it came to.

    Raises:
        GraphError: Meta would refuse it; the details name the first wrong place.
    """
    problem = problem_of(endpoint, body)
    if problem is not None:
        raise GraphError(_code_of(problem), str(problem))
    check_components(body["template"].get("components", []))
    return TemplateMessage(body["to"], body.get("biz_opaque_callback_data"))


def _code_of(problem: Problem) -> int:
    if problem.keyword == "type" and problem.expected in {'"object"', '"array"'}:
        return INVALID_PARAMETER
    return _CODES.get(problem.keyword, VALUE_NOT_VALID)
