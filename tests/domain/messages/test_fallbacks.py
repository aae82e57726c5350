from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.journey.outcomes import Reason
from domain.messages.fallbacks import (
    LATE_FAILURES,
    ChannelFallback,
    Failure,
    Fallback,
    TemplateFailure,
    TemplateFallback,
)
from domain.messages.message import ChannelMessage
from domain.messages.templates import TemplateMessage

fallbacks: TypeAdapter[TemplateFallback | ChannelFallback] = TypeAdapter(Fallback)

PLAIN = {"on": ["send_failed"], "template": "plain", "language": "en", "body": ["x"]}
TO_SMS = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "x"}}


def test_failures_are_names_of_reasons() -> None:
    assert {Reason(name) for name in get_args(Failure)} > {
        Reason(name) for name in get_args(TemplateFailure)
    }


def test_missing_merge_field_is_no_late_failure() -> None:
    assert set(get_args(Failure)) - LATE_FAILURES == {"missing_merge_field"}


def test_fallback_with_a_channel_is_a_channel_fallback() -> None:
    fallback = fallbacks.validate_python(TO_SMS)
    message = ChannelMessage(channel="sms", fields={"text": "x"})
    assert fallback == ChannelFallback(message=message, on=["unreachable"])


def test_fallback_without_a_channel_is_a_template_fallback() -> None:
    fallback = fallbacks.validate_python(PLAIN)
    message = TemplateMessage(template="plain", language="en", body=["x"])
    assert fallback == TemplateFallback(message=message, on=["send_failed"])


@pytest.mark.parametrize("written", [PLAIN, TO_SMS])
def test_fallback_is_dumped_as_it_was_written(written: dict[str, Any]) -> None:
    fallback = fallbacks.validate_python(written)
    assert fallbacks.dump_python(fallback, mode="json", exclude_unset=True) == written
    assert fallbacks.validate_python(fallback) is fallback


@pytest.mark.parametrize("wrong", ["plain", 7, None, {**PLAIN, "on": []}, {**TO_SMS, "on": []}])
def test_malformed_fallback_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        fallbacks.validate_python(wrong)
