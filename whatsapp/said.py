"""What a person says in an inbound message: a text, a pressed button, or an edited message."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of an update; what is not used of it is ignored."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Text(Part):
    """A written text."""

    body: str = ""

    @property
    def said(self) -> list[str]:
        """The text."""
        return [self.body]


class Button(Part):
    """A quick reply of a template."""

    text: str = ""
    payload: str = ""

    @property
    def said(self) -> list[str]:
        """What it carries, and what it shows."""
        return [self.payload, self.text]


class Choice(Part):
    """A chosen entry."""

    id: str = ""
    title: str = ""


class Interactive(Part):
    """A reply to buttons or to a list."""

    button_reply: Choice = Choice()
    list_reply: Choice = Choice()

    @property
    def said(self) -> list[str]:
        """Whatever was chosen."""
        return [
            text for each in (self.button_reply, self.list_reply) for text in (each.id, each.title)
        ]


class Context(Part):
    """What a message replies to."""

    id: str = ""


class EditedMessage(Part):
    """A message as it is after an edit."""

    text: Text | None = None
    context: Context | None = None


class Edit(Part):
    """An edit of an earlier message, from Meta's page "Edit messages webhook reference"."""

    message: EditedMessage = EditedMessage()

    @property
    def said(self) -> list[str]:
        """The new text."""
        return self.message.text.said if self.message.text is not None else []
