"""The example configuration of the contract, verbatim."""

import json
from typing import Any

CONTRACT_EXAMPLE = """
{
  "organization_id": "21j2h3ef-56e0-4a1c-81ad-ff84j3615e22",
  "name": "Denim Co",
  "timezone": "Asia/Kolkata",
  "default_region": "IN",
  "buffer": "15m",
  "max_event_age": "24h",
  "lower_intent_events": "exit",
  "unplanned_events": "postpone",
  "order_grace": "10m",
  "exit_api": {
    "url": "https://partner.example/fetch-user-events",
    "style": "query",
    "event_count": 5,
    "headers": {"X-Partner-Key": "…"},
    "timeout": "5s",
    "on_failure": "skip"
  },
  "whatsapp": {"phone_number_id": "1055…", "access_token": "…", "endpoint": "messages"},
  "quiet_hours": {"start": "21:00", "end": "09:00"},
  "frequency_cap": {"messages": 3, "per": "7d"},
  "plans": {
    "cart_update": [
      {
        "after": "1h",
        "expires_after": "6h",
        "template": "cart_reminder",
        "language": "en",
        "header_image": "{{ event_data.recent_product_image }}",
        "body": ["{{ customer.name | default: 'there' }}", "{{ event_data.price.amount }} {{ event_data.price.currency }}"],
        "button_url": "{{ event_data.cart_link | url_path }}"
      },
      {"after": "24h", "template": "cart_last_call", "language": "en", "body": ["{{ customer.name | default: 'there' }}"]}
    ],
    "product_view": [{"after": "2h", "template": "still_looking", "language": "en", "body": ["{{ event_data.title }}"], "header_image": "{{ event_data.image_url }}"}]
  }
}
"""  # noqa: E501  # verbatim


def contract_example() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(CONTRACT_EXAMPLE)
    return parsed
