"""Notifications in the form of Meta's pages on webhooks, in words of our own.

`samples` has one file for each that Meta shows: of statuses, messages, preferences, and others.
"""

import json
from pathlib import Path
from typing import Any

FILES = sorted((Path(__file__).parent / "samples").glob("*/*.json"))
NUMBER = "700000000000001"
METADATA = {"display_phone_number": "911140000001", "phone_number_id": NUMBER}
AT = "1790000000"


def sample(path: Path) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return whole


def named(name: str) -> dict[str, Any]:
    """A sample by the name of its file."""
    (path,) = (path for path in FILES if path.stem == name)
    return sample(path)


def everything() -> dict[str, Any]:
    """All samples as one notification of many entries."""
    entries = [entry for path in FILES for entry in sample(path)["entry"]]
    return {"object": "whatsapp_business_account", "entry": entries}


def notification(*changes: dict[str, Any]) -> dict[str, Any]:
    entries = [{"id": "600000000000001", "changes": list(changes)}]
    return {"object": "whatsapp_business_account", "entry": entries}


def change(field: str = "messages", **value: Any) -> dict[str, Any]:
    whole = {"messaging_product": "whatsapp", "metadata": METADATA, **value}
    return {"value": whole, "field": field}


def status(name: str, provider_id: str = "wamid.1", **more: Any) -> dict[str, Any]:
    return {
        "id": provider_id,
        "status": name,
        "timestamp": AT,
        "recipient_id": "919876500001",
        **more,
    }


def inbound(kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"from": "919876500001", "id": "wamid.in", "timestamp": AT, "type": kind, **more}


def text(body: str, **more: Any) -> dict[str, Any]:
    return inbound(text={"body": body}, **more)


def preference(value: str, wa_id: str = "919876500001", **more: Any) -> dict[str, Any]:
    return {
        "wa_id": wa_id,
        "detail": f"Wants to {value} offers",
        "category": "marketing_messages",
        "value": value,
        "timestamp": 1790000000,
        **more,
    }


FAILURE = {
    "code": 131050,
    "title": "Stopped marketing",
    "message": "Stopped marketing",
    "error_data": {"details": "This person wants no more of it"},
}
