"""The two forms of a message, and how a part of a plan is written with one."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.messages.message import ChannelMessage, Message, WithMessage, sender_of
from domain.messages.templates import TemplateMessage

messages: TypeAdapter[TemplateMessage | ChannelMessage] = TypeAdapter(Message)

REMINDER = TemplateMessage(template="reminder", language="en")
SMS = ChannelMessage(channel="sms", fields={"text": "Hi"})


class Part(WithMessage):
    """A part of a plan with a key of its own."""

    number: int = 1


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"template": "reminder", "language": "en"}, REMINDER),
        ({"channel": "sms", "fields": {"text": "Hi"}}, SMS),
    ],
)
def test_message_is_a_template_or_a_channel(
    written: dict[str, Any], message: TemplateMessage | ChannelMessage
) -> None:
    assert messages.validate_python(written) == message
    assert messages.validate_python(message) is message


@pytest.mark.parametrize("wrong", ["reminder", None, {}, {"channel": "whatsapp"}])
def test_malformed_message_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        messages.validate_python(wrong)


def test_sender_is_the_template_or_the_channel() -> None:
    assert sender_of(REMINDER) == "reminder"
    assert sender_of(SMS) == "channel sms"


@pytest.mark.parametrize("message", [REMINDER, SMS])
def test_keys_of_the_message_are_written_beside_the_parts_own(
    message: TemplateMessage | ChannelMessage,
) -> None:
    part = Part(message=message, number=2)
    written = part.model_dump(mode="json", exclude_unset=True)
    assert written == {"number": 2, **message.model_dump(mode="json", exclude_unset=True)}
    assert Part.model_validate(written) == part
    assert Part.model_validate_json(part.model_dump_json()) == part
    assert Part.model_validate(part) is part


def test_part_with_a_message_key_is_refused() -> None:
    written = {"template": "reminder", "language": "en", "message": {"channel": "sms"}}
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Part.model_validate(written)


def test_schema_of_a_part_has_one_object_for_each_form() -> None:
    schema = Part.model_json_schema()
    template, channel = schema["anyOf"]
    assert {"number", "template", "language"} <= template["properties"].keys()
    assert channel["properties"].keys() == {"number", "channel", "fields"}
    assert (template["required"], channel["required"]) == (["template", "language"], ["channel"])
    for form in (template, channel):
        assert form["additionalProperties"] is False
        assert "message" not in form["properties"]


def test_schema_of_what_is_written_is_an_object() -> None:
    assert Part.model_json_schema(mode="serialization")["type"] == "object"


@pytest.mark.parametrize("name", ["s", "sms-2", "7_e", "x" * 64])
def test_channel_name_has_up_to_64_letters_digits_and_dashes(name: str) -> None:
    assert ChannelMessage(channel=name).channel == name


@pytest.mark.parametrize("name", ["", "x" * 65, "SMS", "-sms", "s ms", "whatsapp"])
def test_malformed_channel_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        ChannelMessage(channel=name)
