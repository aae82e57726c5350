"""The demo's store: the plans of a real one, with seconds instead of hours."""

from typing import Any

from sandbox.channel import SECRET

STORE_ID = "denim-co"

_NAME = "{{ customer.name | default: 'there' }}"


def denim_co(sandbox_url: str) -> dict[str, Any]:
    """The configuration, as an operator would put it.

    Args:
        sandbox_url: where the stand-ins for the partner and the store's channel are.
    """
    return {
        "organization_id": "21j2h3ef-56e0-4a1c-81ad-ff84j3615e22",
        "name": "Denim Co",
        "timezone": "Asia/Kolkata",
        "default_region": "IN",
        "buffer": "3s",
        "exit_api": {"url": f"{sandbox_url}/partner/fetch-user-events", "style": "query"},
        "whatsapp": {"phone_number_id": "105500000000001", "access_token": "sandbox"},
        "channels": {"sms": {"url": f"{sandbox_url}/channels/sms", "secret": SECRET}},
        "plans": {
            "cart_update": [_cart_reminder(), _last_call()],
            "product_view": [_still_looking()],
            "collection_view": [_new_in_collection()],
        },
    }


def _cart_reminder() -> dict[str, Any]:
    return {
        "after": "7s",
        "template": "cart_reminder",
        "language": "en",
        "header_image": "{{ event_data.recent_product_image }}",
        "body": [_NAME, "{{ event_data.price.amount }} {{ event_data.price.currency }}"],
        "button_url": "{{ event_data.cart_link | url_path }}",
    }


def _last_call() -> dict[str, Any]:
    return {"after": "10s", "template": "cart_last_call", "language": "en", "body": [_NAME]}


def _still_looking() -> dict[str, Any]:
    return {
        "after": "6s",
        "template": "still_looking",
        "language": "en",
        "header_image": "{{ event_data.image_url }}",
        "body": [_NAME, "{{ event_data.title }}"],
    }


def _new_in_collection() -> dict[str, Any]:
    return {
        "after": "6s",
        "template": "new_in_collection",
        "language": "en",
        "body": [_NAME, "{{ event_data.title }}"],
        "fallbacks": [
            {
                "on": ["unreachable"],
                "channel": "sms",
                "fields": {"text": "New: {{ event_data.title }}"},
            }
        ],
        "fallback_within": "1s",
    }
