"""The components of a template message as Meta takes them: strictly, and nothing unknown."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

MOST_CARDS = 10
_FORBIDDEN_IN_TEXT = ("\n", "\r", "\t", " " * 4)


class Strict(BaseModel):
    """A part of a request. No unknown keys, no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _parameter_text(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("bad_text", "the text of a parameter is empty")
    if any(forbidden in text for forbidden in _FORBIDDEN_IN_TEXT):
        raise PydanticCustomError(
            "bad_text", "a parameter has a new-line or tab character or four consecutive spaces"
        )
    return text


ParameterText = Annotated[str, AfterValidator(_parameter_text)]


class Text(Strict):
    """A positional parameter, or with `parameter_name` a named one."""

    type: Literal["text"]
    text: ParameterText
    parameter_name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")] | None = None


class ButtonText(Strict):
    """The variable end of a button's URL."""

    type: Literal["text"]
    text: ParameterText


class Link(Strict):
    """A picture that Meta fetches."""

    link: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]


class Image(Strict):
    """The picture above a message or on a card."""

    type: Literal["image"]
    image: Link


class Coupon(Strict):
    """The code that a tap copies."""

    type: Literal["coupon_code"]
    coupon_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]


class Header(Strict):
    """What stands above the body."""

    type: Literal["header"]
    parameters: Annotated[list[Image], Field(min_length=1, max_length=1)]


class Body(Strict):
    """The parameters of the text, all of them positional or all of them named."""

    type: Literal["body"]
    parameters: Annotated[list[Text], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        names = [parameter.parameter_name for parameter in self.parameters]
        if len({name is None for name in names}) > 1:
            raise PydanticCustomError("mixed", "positional and named parameters are mixed")
        if names[0] is not None and len(set(names)) < len(names):
            raise PydanticCustomError("mixed", "a parameter is named twice")
        return self


class _Button(Strict):
    type: Literal["button"]
    index: Annotated[str, Field(pattern=r"^[0-9]$")]


class UrlButton(_Button):
    """Opens a link."""

    sub_type: Literal["url"]
    parameters: Annotated[list[ButtonText], Field(min_length=1, max_length=1)]


class CopyCodeButton(_Button):
    """Copies a coupon code."""

    sub_type: Literal["copy_code"]
    parameters: Annotated[list[Coupon], Field(min_length=1, max_length=1)]


Button = Annotated[UrlButton | CopyCodeButton, Field(discriminator="sub_type")]
CardComponent = Annotated[Header | Body | Button, Field(discriminator="type")]


def once_each(components: list["CardComponent | Carousel"]) -> None:
    """Refuse two of a kind, or two buttons in one place."""
    places = [
        component.index if isinstance(component, _Button) else component.type
        for component in components
    ]
    if len(set(places)) < len(places):
        raise PydanticCustomError("repeated", "a component or a button's index is repeated")


class Card(Strict):
    """One of the cards that a person swipes through."""

    card_index: int
    components: Annotated[list[CardComponent], Field(min_length=1)]

    @model_validator(mode="after")
    def _with_a_picture(self) -> Self:
        once_each([*self.components])
        if not any(isinstance(component, Header) for component in self.components):
            raise PydanticCustomError("missing", "a card has no header")
        return self


class Carousel(Strict):
    """Cards, counted from 0."""

    type: Literal["carousel"]
    cards: Annotated[list[Card], Field(min_length=1, max_length=MOST_CARDS)]

    @model_validator(mode="after")
    def _consecutive(self) -> Self:
        if [card.card_index for card in self.cards] != list(range(len(self.cards))):
            raise PydanticCustomError("card_index", "card_index must count from 0")
        return self


Component = Annotated[Header | Body | Button | Carousel, Field(discriminator="type")]
