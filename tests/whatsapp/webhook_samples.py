"""Notifications as Meta's pages on webhooks show them, and how tests put some together."""

from typing import Any

NUMBER = "106540352242922"
METADATA = {"display_phone_number": "15550783881", "phone_number_id": NUMBER}
CONTACTS = [{"profile": {"name": "Sheena Nelson"}, "wa_id": "16505551234"}]
AT = "1749416383"


def notification(*changes: dict[str, Any]) -> dict[str, Any]:
    entries = [{"id": "102290129340398", "changes": list(changes)}]
    return {"object": "whatsapp_business_account", "entry": entries}


def change(field: str = "messages", **value: Any) -> dict[str, Any]:
    whole = {"messaging_product": "whatsapp", "metadata": METADATA, **value}
    return {"value": whole, "field": field}


def status(name: str, provider_id: str = "wamid.1", **more: Any) -> dict[str, Any]:
    return {
        "id": provider_id,
        "status": name,
        "timestamp": AT,
        "recipient_id": "16505551234",
        **more,
    }


def inbound(kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"from": "16505551234", "id": "wamid.in", "timestamp": AT, "type": kind, **more}


def text(body: str, **more: Any) -> dict[str, Any]:
    return inbound(text={"body": body}, **more)


def preference(value: str, wa_id: str = "16505551234", **more: Any) -> dict[str, Any]:
    return {
        "wa_id": wa_id,
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": 1731705721,
        **more,
    }


FAILURE = {
    "code": 131050,
    "title": "Unable to deliver the message. This recipient has chosen to stop receiving "
    "marketing messages on WhatsApp from your business",
    "message": "Unable to deliver the message. This recipient has chosen to stop receiving "
    "marketing messages on WhatsApp from your business",
    "error_data": {"details": "This recipient has chosen to stop receiving marketing messages"},
    "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
}
PRICING = {
    "billable": True,
    "pricing_model": "PMP",
    "category": "marketing_lite",
    "type": "regular",
}
CONVERSATION = {
    "id": "9f5f9b2c6a1c4f0a8e0f6f4f2d7e3b11",
    "expiration_timestamp": "1749502783",
    "origin": {"type": "marketing"},
}

STATUSES = [
    status("sent", conversation=CONVERSATION, pricing=PRICING, biz_opaque_callback_data="x"),
    status("delivered", pricing=PRICING, recipient_logical_id="1"),
    status("read"),
    status("failed", errors=[FAILURE]),
    status("failed", recipient_user_id="US.13491208655302741918"),
    status("played"),
    status("sent", type="group", recipient_id="Y2FwaV9ncm91cDox", errors=None),
]
MESSAGES = [
    text("Does it come in another color?"),
    text("Hi", context={"from": "15550783881", "id": "wamid.2", "referred_product": {}}),
    text("Hi", context={"forwarded": True}),
    inbound("reaction", reaction={"message_id": "wamid.1", "emoji": "\U0001f44d"}),
    inbound("image", image={"caption": "A", "mime_type": "image/jpeg", "sha256": "f", "id": "1"}),
    inbound("sticker", sticker={"mime_type": "image/webp", "id": "1", "animated": False}),
    inbound("location", location={"latitude": 37.4, "longitude": -122.1, "name": "HQ"}),
    inbound("contacts", contacts=[{"name": {"formatted_name": "Barbara"}, "phones": []}]),
    inbound(
        "button",
        context={"from": "15550783881", "id": "wamid.1"},
        button={"payload": "Unsubscribe", "text": "No thanks"},
    ),
    inbound(
        "interactive",
        interactive={"type": "button_reply", "button_reply": {"id": "stop", "title": "Stop"}},
    ),
    inbound(
        "interactive",
        interactive={
            "type": "list_reply",
            "list_reply": {"id": "p", "title": "Mail", "description": "2 days"},
        },
    ),
    inbound("interactive", interactive={"type": "nfm_reply", "nfm_reply": {"name": "flow"}}),
    inbound("order", order={"catalog_id": "1", "text": "Love these", "product_items": []}),
    inbound("system", system={"body": "User A changed", "wa_id": "1", "type": "user_changed"}),
    inbound(
        "unsupported",
        errors=[{"code": 131051, "title": "Message type unknown", "message": "unknown"}],
    ),
    {"from_user_id": "US.13", "id": "wamid.in", "timestamp": AT, "type": "text", "text": {}},
]
PREFERENCES = [
    preference("stop"),
    preference("resume", timestamp=AT, user_id="US.13491208655302741918"),
]
OTHERS = [
    {
        "field": "message_template_status_update",
        "value": {"event": "APPROVED", "message_template_id": 1, "reason": "NONE"},
    },
    {"field": "account_update", "value": {"phone_number": "16505551111", "event": "VERIFIED"}},
    {"field": "phone_number_quality_update", "value": {"event": "FLAGGED"}},
    change(errors=[{"code": 130429, "title": "Rate limit hit"}]),
    change("smb_message_echoes", message_echoes=[text("Hi")]),
]
EVERYTHING = notification(
    change(contacts=CONTACTS, statuses=STATUSES),
    change(contacts=CONTACTS, messages=MESSAGES),
    change("user_preferences", contacts=CONTACTS, user_preferences=PREFERENCES),
    *OTHERS,
)
