"""Merge fields: Liquid in which a field that renders blank is an error, not an empty bubble."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TextIO

import liquid
from liquid.ast import Node
from liquid.builtin.output import Output, OutputNode
from liquid.context import RenderContext
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.token import Token
from liquid.undefined import UNDEFINED

from domain.messages.liquid_filters import FILTERS
from domain.messages.posted_values import as_merge_field
from domain.messages.reader import ENGLISH, Reader
from domain.messages.unreadable_value import UnreadableValueError
from domain.values.blank import is_blank

IS_EMPTY = "is empty"
_PROBLEMS = object()
"""The key under which a render notes what is wrong with its fields. No template can name it."""


class MergeFieldError(Exception):
    """Merge fields are empty or cannot be read, so the message must not be sent."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Take what is wrong with each field, one at least, such as `is empty`."""
        super().__init__(", ".join(f"{field} {because}" for field, because in problems.items()))
        self.problems = problems

    @property
    def fields(self) -> tuple[str, ...]:
        """All of them, as they are written in the template."""
        return tuple(self.problems)

    @property
    def field(self) -> str:
        """The first of them."""
        return self.fields[0]

    @property
    def because(self) -> str:
        """What is wrong with the first."""
        return self.problems[self.field]


class _MergeFieldContext(RenderContext):
    """Variables as merge fields see them."""

    __slots__ = ()

    def get(
        self, path: list[object], *, token: Token | None, default: object = UNDEFINED
    ) -> object:
        return as_merge_field(super().get(path, token=token, default=default))


class _MergeFieldTemplate(liquid.BoundTemplate):
    context_class = _MergeFieldContext


class _RequiredOutputNode(OutputNode):
    """`{{ … }}` that must not render blank."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        try:
            text = to_liquid_string(self.expression.evaluate(context), autoescape=False)
        except UnreadableValueError as error:
            return self._note(context, error.because)
        if is_blank(text):
            return self._note(context, IS_EMPTY)
        return buffer.write(text)

    def _note(self, context: RenderContext, because: str) -> int:
        variables: Mapping[Any, Any] = context.globals
        variables[_PROBLEMS].setdefault(str(self.expression), because)
        return 0


class _RequiredOutput(Output):
    node_class = _RequiredOutputNode


class _Environment(liquid.Environment):
    """Bounded: a template must not loop or grow without end."""

    template_class = _MergeFieldTemplate
    loop_iteration_limit = 1_000
    output_stream_limit = 64 * 1024
    local_namespace_limit = 64 * 1024

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_RequiredOutput)
        for name, function in FILTERS.items():
            self.add_filter(name, function)


_ENVIRONMENT = _Environment()


@lru_cache(maxsize=4096)
def parse(source: str) -> liquid.BoundTemplate:
    """Read a template.

    Raises:
        LiquidError: it is no valid template, or uses an unknown filter.
    """
    template = _ENVIRONMENT.from_string(source)
    used = template.analyze(include_partials=False).filters
    if unknown := used.keys() - _ENVIRONMENT.filters.keys():
        raise LiquidError(f"no filter {', '.join(sorted(unknown))}", token=None)
    return template


def expressions_of(source: str) -> Iterator[Expression]:
    """Every expression in a template, however deep."""
    template = parse(source)
    context = RenderContext(template)
    nodes: list[Node] = list(template.nodes)
    expressions: list[Expression] = []
    while nodes:
        node = nodes.pop()
        nodes += node.children(context, include_partials=False)
        expressions += node.expressions()
    while expressions:
        expression = expressions.pop()
        expressions += expression.children()
        yield expression


_CANNOT_RENDER = (
    LiquidError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What filters raise that were written for other values than partners send, and what naming a
deeply nested field raises."""


def render_field(source: str, fields: Mapping[str, Any], reader: Reader = ENGLISH) -> str:
    """Render one parameter on one line; Meta refuses line breaks and wide gaps in parameters.

    Args:
        source: the template.
        fields: what merge fields see.
        reader: for whom money and dates are written.

    Raises:
        MergeFieldError: fields in it are empty, or the whole is, or it cannot be rendered.
    """
    problems: dict[str, str] = {}
    variables: dict[Any, Any] = {**fields, **reader.variables(), _PROBLEMS: problems}
    try:
        text = " ".join(parse(source).render(variables).split())
    except UnreadableValueError as error:
        raise MergeFieldError(problems or {source: error.because}) from error
    except _CANNOT_RENDER as error:
        raise MergeFieldError(problems or {source: IS_EMPTY}) from error
    if problems or is_blank(text):
        raise MergeFieldError(problems or {source: IS_EMPTY})
    return text
