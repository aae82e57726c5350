"""A message of a plan: one of Meta's templates, or a request to one of the store's own channels."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.messages.template_checks import Liquid
from domain.messages.templates import FieldName, TemplateMessage
from domain.values.config_model import ConfigModel

WHATSAPP = "whatsapp"
"""The channel of template messages; the other channels are the store's own."""


def _not_whatsapp(name: str) -> str:
    if name == WHATSAPP:
        raise ValueError("is Meta's; name yours otherwise")
    return name


ChannelName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$"), AfterValidator(_not_whatsapp)
]


class ChannelMessage(ConfigModel):
    """A message by a webhook of the store's, for SMS, e-mail and the like."""

    channel: ChannelName
    """One of the store's `channels`."""
    fields: dict[FieldName, Liquid] = Field(default_factory=dict)
    """What the webhook gets, besides the customer as posted."""


def _form(message: Any) -> str:
    if isinstance(message, Mapping):
        return "channel_message" if "channel" in message else "template_message"
    return "channel_message" if isinstance(message, ChannelMessage) else "template_message"


Message = Annotated[
    Annotated[TemplateMessage, Tag("template_message")]
    | Annotated[ChannelMessage, Tag("channel_message")],
    Discriminator(_form),
]


def sender_of(message: TemplateMessage | ChannelMessage) -> str:
    """What sends a message, as operators read it: a template's name, or `channel sms`."""
    if isinstance(message, ChannelMessage):
        return f"channel {message.channel}"
    return message.template


class WithMessage(ConfigModel):
    """A part of a plan that has a message, whose keys are written beside its own."""

    message: Message

    @model_validator(mode="before")
    @classmethod
    def _nest(cls, written: Any) -> Any:
        if not isinstance(written, Mapping) or isinstance(written.get("message"), BaseModel):
            return written
        own = {name: value for name, value in written.items() if name in cls._own_keys()}
        message = {name: value for name, value in written.items() if name not in own}
        return {**own, "message": message}

    @classmethod
    def _own_keys(cls) -> set[str]:
        return set(cls.model_fields) - {"message"}

    @model_serializer(mode="wrap")
    def _flatten(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        nested = handler(self)
        message = nested.pop("message")
        return {**nested, **message}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """One object for each form of the message, with the keys of both."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        if handler.mode == "serialization":
            return schema
        properties = dict(schema["properties"])
        message = properties.pop("message")
        required = [name for name in schema.get("required", []) if name != "message"]
        forms = [handler.resolve_ref_schema(form) for form in message.get("oneOf", [message])]
        return {
            "title": schema["title"],
            "description": schema.get("description", ""),
            "anyOf": [
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {**properties, **form["properties"]},
                    "required": [*required, *form.get("required", [])],
                }
                for form in forms
            ],
        }
