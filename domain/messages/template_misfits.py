"""Where a message does not fit its template: Meta would refuse it for every customer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.messages.approved_templates import (
    COPY_CODE,
    IMAGE,
    TEXT,
    URL,
    ApprovedTemplate,
    TemplateButton,
    TemplateParts,
)
from domain.messages.templates import Carousel, TemplateMessage
from domain.values.problems import Path

_KEYS: Final = {URL: "button_url", COPY_CODE: "coupon_code"}


@dataclass(frozen=True)
class Misfit:
    """One place of a message that does not fit."""

    path: Path
    """In the message."""
    type: str
    message: str


def misfits(message: TemplateMessage, template: ApprovedTemplate) -> list[Misfit]:
    """Every place of a message that does not fit its template; none while its parts are unknown."""
    if template.parts is None:
        return []
    return [
        *_body(message.body, template.parts, ()),
        *_header(message.header_image, template.parts, ()),
        *_buttons(message, template.parts.buttons),
        *_carousel(message.carousel, template.cards),
        *_offer(template),
    ]


def _body(
    given: Sequence[str] | dict[str, str], parts: TemplateParts, at: Path
) -> Iterator[Misfit]:
    problem = _named(given, parts) if isinstance(given, dict) else _counted(given, parts)
    if problem is not None:
        yield Misfit((*at, "body"), "template_parameters", problem)


def _counted(given: Sequence[str], parts: TemplateParts) -> str | None:
    if parts.is_named:
        return f"the template names its parameters: {', '.join(parts.body)}; give an object"
    if len(given) == len(parts.body):
        return None
    return f"the template has {len(parts.body)} parameter(s), not {len(given)}"


def _named(given: dict[str, str], parts: TemplateParts) -> str | None:
    if parts.body and not parts.is_named:
        return f"the template counts its parameters: give a list of {len(parts.body)}"
    missing = [name for name in parts.body if name not in given]
    unknown = [name for name in given if name not in parts.body]
    problems = [
        f"{what}: {', '.join(names)}"
        for what, names in (("missing", missing), ("not in the template", unknown))
        if names
    ]
    return "; ".join(problems) or None


def _header(image: str | None, parts: TemplateParts, at: Path) -> Iterator[Misfit]:
    problem = _header_problem(image, parts)
    if problem is not None:
        yield Misfit((*at, "header_image"), "template_header", problem)


def _header_problem(image: str | None, parts: TemplateParts) -> str | None:
    if parts.header == IMAGE:
        return None if image is not None else "the template's header is an image: give one"
    if image is not None:
        return f"the template's header is {parts.header or 'missing'}, not {IMAGE}"
    if parts.header in {None, TEXT} and not parts.header_fields:
        return None
    return f"the template's header is {parts.header} with a parameter, which cannot be given"


def _buttons(message: TemplateMessage, buttons: Sequence[TemplateButton]) -> Iterator[Misfit]:
    """A URL is sent as the first button, and a code as the one after it, or as the first."""
    yield from _button(URL, message.button_url, buttons, 0)
    after_url = 0 if message.button_url is None else 1
    yield from _button(COPY_CODE, message.coupon_code, buttons, after_url)


def _button(
    kind: str, given: str | None, buttons: Sequence[TemplateButton], place: int, at: Path = ()
) -> Iterator[Misfit]:
    places = [number for number, each in enumerate(buttons) if each.kind == kind and each.variable]
    if places == ([] if given is None else [place]):
        return
    yield Misfit((*at, _KEYS[kind]), "template_button", _button_problem(kind, given, places))


def _button_problem(kind: str, given: str | None, places: Sequence[int]) -> str:
    if given is None:
        return f"the template has a {kind} button that needs it"
    if not places:
        return f"the template has no {kind} button that takes it"
    numbers = ", ".join(str(place + 1) for place in places)
    return f"it is sent to another button: the template's {kind} button is number {numbers}"


def _carousel(carousel: Carousel | None, cards: Sequence[TemplateParts]) -> Iterator[Misfit]:
    if carousel is None or not cards:
        if carousel is not None or cards:
            problem = f"the template has {len(cards) or 'no'} cards"
            yield Misfit(("carousel",), "template_carousel", problem)
        return
    if carousel.cards != len(cards):
        problem = f"the template has exactly {len(cards)} cards"
        yield Misfit(("carousel", "cards"), "template_carousel", problem)
    at = ("carousel",)
    yield from _body(carousel.body, cards[0], at)
    yield from _header(carousel.header_image, cards[0], at)
    yield from _button(URL, carousel.button_url, cards[0].buttons, 0, at)


def _offer(template: ApprovedTemplate) -> Iterator[Misfit]:
    if template.expires:
        problem = "the template is a limited-time offer, whose end cannot be given"
        yield Misfit(("template",), "template_limited_time_offer", problem)
