"""What a person says in an inbound message: a text, a pressed button, or an edited message."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _text(value: Any) -> Any:
    return "" if value is None else value


def _part(value: Any) -> Any:
    return {} if value is None else value


Written = Annotated[str, BeforeValidator(_text)]
"""A text; `null` is none, so that it spoils nothing beside it."""


class Part(BaseModel):
    """A part of an update; what is not used of it is ignored."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Text(Part):
    """A written text."""

    body: Written = ""

    @property
    def said(self) -> list[str]:
        """The text."""
        return [self.body]


class Button(Part):
    """A quick reply of a template."""

    text: Written = ""
    payload: Written = ""

    @property
    def said(self) -> list[str]:
        """What it carries, and what it shows."""
        return [self.payload, self.text]


class Choice(Part):
    """A chosen entry."""

    id: Written = ""
    title: Written = ""


class Interactive(Part):
    """A reply to buttons or to a list."""

    button_reply: Annotated[Choice, BeforeValidator(_part)] = Choice()
    list_reply: Annotated[Choice, BeforeValidator(_part)] = Choice()

    @property
    def said(self) -> list[str]:
        """Id and title of each choice."""
        return [
            text for each in (self.button_reply, self.list_reply) for text in (each.id, each.title)
        ]


class Context(Part):
    """What a message replies to."""

    id: Written = ""


class Media(Part):
    """An image, a video or a document."""

    caption: Written = ""

    @property
    def said(self) -> list[str]:
        """The caption."""
        return [self.caption]


class EditedMessage(Part):
    """A message as it is after an edit."""

    text: Text | None = None
    image: Media | None = None
    video: Media | None = None
    document: Media | None = None
    context: Context | None = None

    @property
    def said(self) -> list[str]:
        """The text, and the caption."""
        parts = (self.text, self.image, self.video, self.document)
        return [text for part in parts if part is not None for text in part.said]


class Edit(Part):
    """An edit of an earlier message, from Meta's page "Edit messages webhook reference"."""

    message: Annotated[EditedMessage, BeforeValidator(_part)] = EditedMessage()

    @property
    def said(self) -> list[str]:
        """The new text or caption."""
        return self.message.said
