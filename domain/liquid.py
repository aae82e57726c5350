"""Merge fields: Liquid in which a field that renders empty is an error, not an empty bubble."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TextIO
from urllib.parse import urlsplit

import liquid
from liquid.builtin.output import Output, OutputNode
from liquid.context import RenderContext
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.filter import string_filter
from liquid.stringify import to_liquid_string
from pydantic import AfterValidator, Field


class MergeFieldError(Exception):
    """A message cannot be written from this event; sending it would show a hole."""

    def __init__(self, field: str) -> None:
        """Name the merge field that renders empty."""
        super().__init__(f"merge field {field} is empty")
        self.field = field


class _RequiredOutputNode(OutputNode):
    """`{{ … }}` that must come to something."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        text = to_liquid_string(self.expression.evaluate(context), autoescape=False)
        if not text.strip():
            raise MergeFieldError(str(self.expression))
        return buffer.write(text)


class _RequiredOutput(Output):
    node_class = _RequiredOutputNode


class _Environment(liquid.Environment):
    """Bounded: a template is a store's word, not a program."""

    loop_iteration_limit = 1_000
    output_stream_limit = 64 * 1024
    local_namespace_limit = 64 * 1024

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_RequiredOutput)
        self.add_filter("url_path", _url_path)


@string_filter
def _url_path(url: str) -> str:
    """What stands behind the host: `https://store.com/cart/1?a=b` is `cart/1?a=b`.

    A URL button of a template has its host fixed at Meta and takes only the rest.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise FilterArgumentError("is not a URL", token=None) from error
    path = parts.path.lstrip("/")
    return f"{path}?{parts.query}" if parts.query else path


_ENVIRONMENT = _Environment()


@cache
def _parse(source: str) -> liquid.BoundTemplate:
    return _ENVIRONMENT.from_string(source)


def _check(source: str) -> str:
    try:
        used = _ENVIRONMENT.from_string(source).analyze(include_partials=False).filters
    except LiquidError as error:
        raise ValueError(f"is not valid Liquid: {error}") from error
    if unknown := used.keys() - _ENVIRONMENT.filters.keys():
        raise ValueError(f"is not valid Liquid: no filter {', '.join(sorted(unknown))}")
    return source


Liquid = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_check)]


def render_field(source: str, fields: Mapping[str, Any]) -> str:
    """Render one parameter on one line; Meta refuses line breaks and wide gaps in parameters.

    Raises:
        MergeFieldError: a field in it is empty, or the whole is, or it cannot be rendered.
    """
    try:
        text = " ".join(_parse(source).render(**fields).split())
    except LiquidError as error:
        raise MergeFieldError(source) from error
    if not text:
        raise MergeFieldError(source)
    return text
