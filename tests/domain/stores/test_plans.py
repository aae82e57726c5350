"""Steps whose message is a template or a channel, written flat in JSON."""

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from domain.messages.fallbacks import ChannelFallback, TemplateFallback
from domain.messages.message import ChannelMessage
from domain.messages.templates import TemplateMessage
from domain.stores.config import StoreConfig
from domain.stores.config_parser import parse_config
from domain.stores.plans import Step
from domain.values.problems import InvalidBodyError, Path
from tests.domain.builders import step
from tests.domain.stores.contract_example import contract_example

CHANNELS = {"sms": {"url": "https://brand.example/sms", "secret": "whsec_" + "A" * 32}}
CHANNEL_STEP = {"after": "1h", "channel": "sms", "fields": {"text": "Hi {{ customer.name }}"}}
PLAIN = {"on": ["send_failed"], "template": "plain", "language": "en"}
TO_SMS = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "Hi"}}
CARDS = {"header_image": "{{ item.image_url }}"}


def written(*steps: Any) -> dict[str, Any]:
    return contract_example() | {"plans": {"cart_update": list(steps)}, "channels": CHANNELS}


def problems(*steps: Any) -> dict[Path, str]:
    """The kind of every problem with these steps, by its path in the plan."""
    with pytest.raises(InvalidBodyError) as caught:
        parse_config(json.dumps(written(*steps)))
    found = {each.path: each.kind for each in caught.value.problems}
    assert all(path[:2] == ("plans", "cart_update") for path in found)
    return {path[2:]: kind for path, kind in found.items()}


def test_step_with_a_channel_has_a_channel_message() -> None:
    config = parse_config(json.dumps(written(CHANNEL_STEP)))
    (parsed,) = config.plans["cart_update"].steps
    message = ChannelMessage(channel="sms", fields={"text": "Hi {{ customer.name }}"})
    assert (parsed.after, parsed.message) == (timedelta(hours=1), message)
    assert parsed.fallbacks == ()


def test_step_with_a_template_has_a_template_message() -> None:
    parsed = Step.model_validate(step("1h", body=["x"], fallbacks=[PLAIN, TO_SMS]))
    assert parsed.message == TemplateMessage(template="reminder", language="en", body=["x"])
    plain, to_sms = parsed.fallbacks
    assert isinstance(plain, TemplateFallback)
    assert isinstance(to_sms, ChannelFallback)
    messages = [parsed.message_at(number) for number in range(3)]
    assert messages == [parsed.message, plain.message, to_sms.message]


@pytest.mark.parametrize(
    "wanted",
    [
        CHANNEL_STEP,
        {"after": "1h", "channel": "sms"},
        {**CHANNEL_STEP, "expires_after": "6h", "fallbacks": [PLAIN], "fallback_within": "5m"},
        {**step("1h"), "body": {"who": "x"}, "carousel": CARDS, "fallbacks": [PLAIN, TO_SMS]},
    ],
)
def test_step_is_dumped_to_the_json_that_it_was_parsed_from(wanted: dict[str, Any]) -> None:
    parsed = Step.model_validate_json(json.dumps(wanted))
    assert json.loads(parsed.model_dump_json(exclude_unset=True)) == wanted
    whole = parsed.model_dump(mode="json")
    assert "message" not in whole
    assert Step.model_validate(whole) == parsed


def test_dumped_channel_step_has_its_defaults() -> None:
    assert Step.model_validate(CHANNEL_STEP).model_dump(mode="json") == {
        **CHANNEL_STEP,
        "expires_after": None,
        "fallbacks": [],
        "fallback_within": "15m",
    }


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (CHANNEL_STEP, "en"),
        (step("1h", language="hi"), "hi"),
        (step("1h", language="hi", fallbacks=[TO_SMS]), "hi"),
        (
            {**CHANNEL_STEP, "fallbacks": [{**PLAIN, "language": "pt_BR", "on": ["send_failed"]}]},
            "pt_BR",
        ),
    ],
)
def test_channels_of_a_step_write_in_the_language_of_its_first_template(
    wanted: dict[str, Any], language: str
) -> None:
    assert Step.model_validate(wanted).language == language


def test_dumped_configuration_with_a_channel_step_is_parsed_to_the_same() -> None:
    config = StoreConfig.model_validate(written(CHANNEL_STEP, step("2h", fallbacks=[TO_SMS])))
    dumped = config.model_dump(mode="json")
    again = StoreConfig.model_validate(
        dumped | {name: written()[name] for name in ("whatsapp", "exit_api", "channels")}
    )
    assert again.plans == config.plans


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({**CHANNEL_STEP, "channel": "fax"}, (0, "channel")),
        (
            step("1h", fallbacks=[TO_SMS, {**TO_SMS, "channel": "fax"}]),
            (0, "fallbacks", 1, "channel"),
        ),
    ],
)
def test_unknown_channel_is_refused_by_its_path(wanted: dict[str, Any], path: Path) -> None:
    assert problems(wanted) == {path: "unknown_channel"}


def test_unknown_channel_of_a_plan_with_steps_is_refused_by_its_path() -> None:
    plans = {"cart_update": {"steps": [step("1h"), {**CHANNEL_STEP, "channel": "fax"}]}}
    with pytest.raises(InvalidBodyError) as caught:
        parse_config(json.dumps(written() | {"plans": plans}))
    (problem,) = caught.value.problems
    assert problem.path == ("plans", "cart_update", "steps", 1, "channel")


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (step("1h", colour="blue"), (0, "colour")),
        (step("1h", fields={"text": "x"}), (0, "fields")),
        ({**CHANNEL_STEP, "colour": "blue"}, (0, "colour")),
        ({**CHANNEL_STEP, "body": ["x"]}, (0, "body")),
        (step("1h", message={"channel": "sms"}), (0, "message")),
        ({**CHANNEL_STEP, "channel_message": "x"}, (0, "channel_message")),
        (step("1h", fallbacks=[{**PLAIN, "colour": "blue"}]), (0, "fallbacks", 0, "colour")),
        (step("1h", fallbacks=[{**PLAIN, "after": "1h"}]), (0, "fallbacks", 0, "after")),
        (step("1h", fallbacks=[PLAIN, {**TO_SMS, "body": []}]), (0, "fallbacks", 1, "body")),
        (step("1h", carousel={**CARDS, "colour": "blue"}), (0, "carousel", "colour")),
    ],
)
def test_unknown_key_is_refused_by_its_path(wanted: dict[str, Any], path: Path) -> None:
    assert problems(wanted) == {path: "extra_forbidden"}


def test_step_with_a_template_and_a_channel_is_refused() -> None:
    both = {**CHANNEL_STEP, "template": "reminder", "language": "en"}
    assert problems(both) == {
        (0, "template"): "extra_forbidden",
        (0, "language"): "extra_forbidden",
    }


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({**CHANNEL_STEP, "channel": "whatsapp"}, (0, "channel")),
        ({**CHANNEL_STEP, "channel": None}, (0, "channel")),
        ({**CHANNEL_STEP, "fields": {"text": "{{ nick }}"}}, (0, "fields", "text")),
        ({**CHANNEL_STEP, "fields": {"Text": "x"}}, (0, "fields", "Text")),
        ({**CHANNEL_STEP, "fallback_within": "25h"}, (0, "fallback_within")),
        ({**CHANNEL_STEP, "fallbacks": [TO_SMS] * 6}, (0, "fallbacks")),
        ({"channel": "sms"}, (0, "after")),
        ("reminder", (0,)),
    ],
)
def test_invalid_channel_step_is_refused_by_its_path(wanted: object, path: Path) -> None:
    assert list(problems(wanted)) == [path]


def test_step_without_a_message_lacks_a_template() -> None:
    assert problems({"after": "1h"}) == {(0, "template"): "missing", (0, "language"): "missing"}


def test_first_fallback_for_a_failure_is_used() -> None:
    held = {**PLAIN, "on": ["template_held", "send_failed"]}
    both = {**TO_SMS, "on": ["send_failed", "unreachable"]}
    parsed = Step.model_validate(step("1h", fallbacks=[held, PLAIN, both]))
    assert parsed.fallback_after(0, "send_failed") == 1
    assert parsed.fallback_after(1, "send_failed") == 2
    assert parsed.fallback_after(0, "send_failed", only_channels=True) == 3
    assert parsed.fallback_after(0, "unreachable") == 3
    assert parsed.fallback_after(3, "unreachable") is None
    assert parsed.fallback_after(0, "expired") is None
    assert parsed.fallback_after(0, None) is None


def test_only_a_template_with_a_fallback_for_late_failures_awaits_them() -> None:
    missing = {**PLAIN, "on": ["missing_merge_field"]}
    by_template = Step.model_validate(step("1h", fallbacks=[TO_SMS, PLAIN, missing]))
    assert [by_template.awaits_late_failures(sent) for sent in range(4)] == [
        True,
        False,
        False,
        False,
    ]
    by_channel = Step.model_validate({**CHANNEL_STEP, "fallbacks": [PLAIN, TO_SMS]})
    assert [by_channel.awaits_late_failures(sent) for sent in range(3)] == [False, True, False]


# The JSON schema


SCHEMA = StoreConfig.model_json_schema()


def forms_of(name: str) -> list[dict[str, Any]]:
    forms: list[dict[str, Any]] = SCHEMA["$defs"][name]["anyOf"]
    return forms


def test_schema_has_a_step_with_a_template_and_a_step_with_a_channel() -> None:
    template, channel = forms_of("Step")
    own = {"after", "expires_after", "fallbacks", "fallback_within"}
    assert template["properties"].keys() == own | TemplateMessage.model_fields.keys()
    assert channel["properties"].keys() == own | ChannelMessage.model_fields.keys()
    assert template["required"] == ["after", "template", "language"]
    assert channel["required"] == ["after", "channel"]


def test_schema_has_a_template_fallback_and_a_channel_fallback() -> None:
    (template,), (channel,) = forms_of("TemplateFallback"), forms_of("ChannelFallback")
    assert template["properties"].keys() == {"on"} | TemplateMessage.model_fields.keys()
    assert channel["properties"].keys() == {"on"} | ChannelMessage.model_fields.keys()
    assert template["required"] == ["on", "template", "language"]
    assert channel["required"] == ["on", "channel"]


@pytest.mark.parametrize("name", ["Step", "TemplateFallback", "ChannelFallback"])
def test_schema_refuses_unknown_keys_and_has_no_nested_message(name: str) -> None:
    for form in forms_of(name):
        assert form["type"] == "object"
        assert form["additionalProperties"] is False
        assert "message" not in form["properties"]


def schema_accepts(*steps: Any) -> bool:
    Draft202012Validator.check_schema(SCHEMA)
    plans = {"cart_update": {"steps": list(steps)}}
    return bool(Draft202012Validator(SCHEMA).is_valid(written() | {"plans": plans}))


@pytest.mark.parametrize(
    "wanted",
    [
        step("1h", carousel=CARDS, body={"who": "x"}, fallbacks=[PLAIN, TO_SMS]),
        {**CHANNEL_STEP, "expires_after": None, "fallbacks": [PLAIN, TO_SMS]},
    ],
)
def test_schema_accepts_both_forms_of_a_step(wanted: dict[str, Any]) -> None:
    assert schema_accepts(wanted)
    parse_config(json.dumps(written(wanted)))


@pytest.mark.parametrize(
    "wanted",
    [
        step("1h", colour="blue"),
        step("1h", fields={"text": "x"}),
        {**CHANNEL_STEP, "body": ["x"]},
        {**CHANNEL_STEP, "template": "reminder", "language": "en"},
        {"after": "1h", "message": {"channel": "sms"}},
        {"after": "1h"},
        {"channel": "sms"},
        step("1h", fallbacks=[{**PLAIN, "colour": "blue"}]),
        step("1h", fallbacks=[{**PLAIN, "on": ["unreachable"]}]),
        step("1h", fallbacks=[{**TO_SMS, "body": ["x"]}]),
    ],
)
def test_schema_refuses_what_the_parser_refuses(wanted: dict[str, Any]) -> None:
    assert not schema_accepts(wanted)
    with pytest.raises(ValidationError):
        StoreConfig.model_validate(written(wanted))
