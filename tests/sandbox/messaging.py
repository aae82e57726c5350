"""Valid requests to the stand-in for Meta, and changes that make them invalid."""

from copy import deepcopy
from typing import Any

import httpx

TOKEN = {"Authorization": "Bearer EAAGsecret"}
PICTURE = {"type": "image", "image": {"link": "https://sample.com/a.jpg"}}
LANGUAGE = {"policy": "deterministic", "code": "en"}
HEADER = {"type": "header", "parameters": [PICTURE]}


def text(value: str, **more: str) -> dict[str, str]:
    return {"type": "text", "text": value, **more}


def body(*parameters: dict[str, str]) -> dict[str, Any]:
    return {"type": "body", "parameters": list(parameters)}


def url_button(index: Any = "0", suffix: str = "cart/1") -> dict[str, Any]:
    return {"type": "button", "sub_type": "url", "index": index, "parameters": [text(suffix)]}


def coupon_button(code: str) -> dict[str, Any]:
    parameter = {"type": "coupon_code", "coupon_code": code}
    return {"type": "button", "sub_type": "copy_code", "index": "1", "parameters": [parameter]}


def carousel(*indexes: int) -> dict[str, Any]:
    cards = [{"card_index": index, "components": [HEADER]} for index in indexes]
    return {"type": "carousel", "cards": cards}


def request(*components: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A request with these components; a change of None takes a field out."""
    message = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "919876543210",
        "type": "template",
        "template": {"name": "hello", "language": LANGUAGE, "components": list(components)},
        **changes,
    }
    return deepcopy({name: value for name, value in message.items() if value is not None})


async def post(sandbox: httpx.AsyncClient, message: Any, path: str = "/v26.0/1055/messages") -> Any:
    """Post a message and give the answer's JSON."""
    return (await sandbox.post(path, json=message, headers=TOKEN)).json()
