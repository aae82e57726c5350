"""Merge fields: Liquid in which a field that renders empty is an error, not an empty bubble."""

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

from domain.messages.liquid_filters import FILTERS

_EMPTY = object()
"""The key under which a render notes empty fields. No template can name it."""


class MergeFieldError(Exception):
    """A merge field renders empty, so the message must not be sent."""

    def __init__(self, *fields: str) -> None:
        """Name the merge fields that render empty, one at least."""
        super().__init__(f"merge field {', '.join(fields)} is empty")
        self.fields = fields

    @property
    def field(self) -> str:
        """The first of them."""
        return self.fields[0]


class _RequiredOutputNode(OutputNode):
    """`{{ … }}` that must not render empty."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        text = to_liquid_string(self.expression.evaluate(context), autoescape=False)
        if not text.strip():
            fields: Mapping[Any, Any] = context.globals
            fields[_EMPTY].append(str(self.expression))
        return buffer.write(text)


class _RequiredOutput(Output):
    node_class = _RequiredOutputNode


class _Environment(liquid.Environment):
    """Bounded: a template must not loop or grow without end."""

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


def render_field(source: str, fields: Mapping[str, Any]) -> str:
    """Render one parameter on one line; Meta refuses line breaks and wide gaps in parameters.

    Raises:
        MergeFieldError: fields in it are empty, or the whole is, or it cannot be rendered.
    """
    empty: list[str] = []
    try:
        text = " ".join(parse(source).render({**fields, _EMPTY: empty}).split())
    except _CANNOT_RENDER as error:
        raise MergeFieldError(*dict.fromkeys(empty or [source])) from error
    if empty or not text:
        raise MergeFieldError(*dict.fromkeys(empty or [source]))
    return text
