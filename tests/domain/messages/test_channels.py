import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.messages.channels import Channel, ChannelRequest, webhook_body
from domain.values.exact_json import read_json
from tests.domain.builders import NOON

SMS = {"url": "https://brand.example/sms", "secret": "whsec_" + "A" * 32}


@pytest.mark.parametrize(
    ("timeout", "expected"), [("1ms", timedelta(milliseconds=1)), ("20s", timedelta(seconds=20))]
)
def test_timeout_of_a_channel_is_between_1_ms_and_20_s(timeout: str, expected: timedelta) -> None:
    assert Channel.model_validate({**SMS, "timeout": timeout}).timeout == expected
    assert Channel.model_validate(SMS).timeout == timedelta(seconds=10)


@pytest.mark.parametrize("timeout", ["0ms", "20001ms", "1h"])
def test_timeout_of_a_channel_outside_its_range_is_refused(timeout: str) -> None:
    with pytest.raises(ValidationError, match="between 1ms and 20s"):
        Channel.model_validate({**SMS, "timeout": timeout})


def a_request(customer: dict[str, Any]) -> ChannelRequest:
    return ChannelRequest(
        message_id="m1",
        store_id="denim",
        customer=customer,
        plan="cart_update",
        step=2,
        because="send_failed",
        fields={"text": "Hi"},
    )


def test_webhook_has_type_timestamp_and_data() -> None:
    request = a_request({"customer_id": "c1", "tier": "gold"})
    body = json.loads(webhook_body(request, NOON))
    assert body == {
        "type": "message.requested",
        "timestamp": "2024-10-08T12:00:00Z",
        "data": {
            "message_id": "m1",
            "store_id": "denim",
            "customer": {"customer_id": "c1", "tier": "gold"},
            "plan": "cart_update",
            "step": 2,
            "because": "send_failed",
            "fields": {"text": "Hi"},
        },
    }


def test_numbers_of_the_customer_are_sent_on_as_posted() -> None:
    customer = '{"customer_id": "c1", "spent": 600.00, "ids": [45471627190248123456789, 0.10]}'
    body = webhook_body(a_request(read_json(customer)), NOON)
    assert f'"customer": {customer}' in body
