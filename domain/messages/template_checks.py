"""Checks of template expressions before any event: the types of a message's parts.

Every expression must parse. What an operator writes now is looked at more closely (`AS_WRITTEN`):
variables that no event can have, ranges without a bound, and constants that Meta would refuse. A
configuration that was stored before these checks existed stays readable.
"""

from collections.abc import Callable
from typing import Annotated

from liquid.builtin.expressions.primitive import Literal, RangeLiteral
from liquid.exceptions import LiquidError
from liquid.static_analysis import Variable
from pydantic import AfterValidator, Field, HttpUrl, TypeAdapter, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from domain.messages.liquid import MergeFieldError, expressions_of, parse, render_field

AS_WRITTEN = {"as": "written"}
"""The validation context of a configuration that is about to be stored."""

NAMESPACES = frozenset({"customer", "event", "event_data", "store"})
CARD_NAMESPACES = NAMESPACES | {"item"}
LISTS_OF = NAMESPACES - {"store"}
_STORE_HAS = "name"
MAX_RANGE = 1_000
MAX_COUPON_CHARACTERS = 20
MAX_URL_CHARACTERS = 2_000

_url = TypeAdapter(HttpUrl)
Check = Callable[[str], None]


def is_coupon_code(code: str) -> bool:
    """Whether Meta takes it as the code of a copy-code button."""
    return len(code) <= MAX_COUPON_CHARACTERS and code.isascii() and code.isalnum()


def _parses(source: str) -> str:
    try:
        parse(source)
    except LiquidError as error:
        raise ValueError(f"is not valid Liquid: {error}") from error
    return source


def _when_written(*checks: Check) -> AfterValidator:
    def validate(source: str, info: ValidationInfo) -> str:
        if info.context == AS_WRITTEN:
            for check in checks:
                check(source)
        return source

    return AfterValidator(validate)


def _wrong(kind: str, problem: str) -> PydanticCustomError:
    """Not a ValueError: pydantic gives all of those the type `value_error`."""
    return PydanticCustomError(kind, "{problem}", {"problem": problem})


def _uses_known(namespaces: frozenset[str]) -> Check:
    def check(source: str) -> None:
        used = parse(source).analyze(include_partials=False).globals
        unknown = {
            str(variable)
            for variables in used.values()
            for variable in variables
            if not _is_known(variable, namespaces)
        }
        if unknown:
            problem = f"unknown variable {', '.join(sorted(unknown))}: "
            raise _wrong("unknown_variable", problem + _there_is(namespaces))

    return check


def _is_known(variable: Variable, namespaces: frozenset[str]) -> bool:
    root, *rest = variable.segments
    if root == "store":
        return not rest or rest[0] == _STORE_HAS
    return isinstance(root, str) and root in namespaces


def _there_is(namespaces: frozenset[str]) -> str:
    return f"there are {', '.join(sorted(namespaces - {'store'}))} and store.{_STORE_HAS}"


def _is_bounded(source: str) -> None:
    if {"include", "render"} & parse(source).analyze(include_partials=False).tags.keys():
        raise _wrong("unknown_template", "there are no other templates to include or render")
    for part in expressions_of(source):
        if isinstance(part, RangeLiteral) and not _is_short(part):
            problem = f"the range {part} must have two whole numbers, {MAX_RANGE} apart at most"
            raise _wrong("unbounded_range", problem)


def _is_short(part: RangeLiteral) -> bool:
    bounds = [each.value for each in (part.start, part.stop) if isinstance(each, Literal)]
    match bounds:
        case [int(start), int(stop)]:
            return stop - start < MAX_RANGE
    return False


def _constant(source: str) -> str | None:
    """What it comes to, when no event has a say in it."""
    if parse(source).analyze(include_partials=False).globals:
        return None
    try:
        return render_field(source, {})
    except MergeFieldError as error:
        raise _wrong("always_empty", "never comes to anything") from error


def _may_be_something(source: str) -> None:
    _constant(source)


def _of_constant(is_right: Callable[[str], bool], kind: str, wanted: str) -> Check:
    def check(source: str) -> None:
        constant = _constant(source)
        if constant is not None and not is_right(constant):
            raise _wrong(kind, wanted)

    return check


def _begins_as_url(source: str) -> None:
    """What stands before the first merge field can still become an http URL."""
    beginning = source.partition("{")[0].lstrip()
    schemes = ("https://", "http://")
    if not any(beginning.startswith(each) or each.startswith(beginning) for each in schemes):
        raise _wrong("url", _NO_URL)


def _is_url(text: str) -> bool:
    try:
        _url.validate_python(text)
    except ValidationError:
        return False
    return " " not in text and len(text) <= MAX_URL_CHARACTERS


def _is_end_of_url(text: str) -> bool:
    whole = "://" in text.partition("?")[0]
    return _is_url(text if whole else f"https://store.example/{text}")


_NO_URL = "is not an http(s) URL"
_NO_END = "is not the end of an http(s) URL"
_NO_COUPON = f"is not a coupon code: at most {MAX_COUPON_CHARACTERS} letters and digits"

_Source = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_parses)]
_known, _known_on_card = _uses_known(NAMESPACES), _uses_known(CARD_NAMESPACES)
_url_constant = _of_constant(_is_url, "url", _NO_URL)
_end_constant = _of_constant(_is_end_of_url, "url", _NO_END)
_coupon_constant = _of_constant(is_coupon_code, "coupon_code", _NO_COUPON)

Liquid = Annotated[_Source, _when_written(_known, _is_bounded, _may_be_something)]
CardLiquid = Annotated[_Source, _when_written(_known_on_card, _is_bounded, _may_be_something)]
Link = Annotated[_Source, _when_written(_known, _is_bounded, _begins_as_url, _url_constant)]
CardLink = Annotated[
    _Source, _when_written(_known_on_card, _is_bounded, _begins_as_url, _url_constant)
]
ButtonUrl = Annotated[_Source, _when_written(_known, _is_bounded, _end_constant)]
CardButtonUrl = Annotated[_Source, _when_written(_known_on_card, _is_bounded, _end_constant)]
CouponCode = Annotated[_Source, _when_written(_known, _is_bounded, _coupon_constant)]


def _is_of_event(path: str) -> None:
    root = path.partition(".")[0]
    if root not in LISTS_OF:
        problem = f"unknown variable {path}: lists are in {', '.join(sorted(LISTS_OF))}"
        raise _wrong("unknown_variable", problem)


ListOfEvent = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$"), _when_written(_is_of_event)]
"""Where a list is, such as `event_data.line_items`."""
