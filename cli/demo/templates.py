"""The templates of the demo's store, as the stand-in for Meta lists them."""

from typing import Any, Final

WABA_ID: Final = "600000000000001"


def listed_templates() -> list[dict[str, Any]]:
    """Every template of the demo's plans, with the parts that the plans give."""
    return [
        _template("cart_reminder", 2, image=True, url=True),
        _template("cart_last_call", 1),
        _template("still_looking", 2, image=True),
        _template("new_in_collection", 2),
    ]


def _template(
    name: str, parameters: int, *, image: bool = False, url: bool = False
) -> dict[str, Any]:
    text = " ".join(f"{{{{{number}}}}}" for number in range(1, parameters + 1))
    components: list[dict[str, Any]] = [{"type": "BODY", "text": text}]
    if image:
        components.append({"type": "HEADER", "format": "IMAGE"})
    if url:
        button = {"type": "URL", "text": "Open", "url": "https://denim.example/{{1}}"}
        components.append({"type": "BUTTONS", "buttons": [button]})
    return {
        "name": name,
        "language": "en",
        "status": "APPROVED",
        "category": "MARKETING",
        "components": components,
    }
