"""Reading what Meta posts to the webhook: up to 1,000 updates, each on its own.

From Meta's page "Webhooks". A change of a kind that is not known here is one update, `Other`; an
update that is wrong takes no other with it.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError

from whatsapp.updates import (
    PLAIN,
    Content,
    Inbound,
    Kind,
    Other,
    Preference,
    Status,
    Unreadable,
    Update,
)

_LISTS: Final[dict[str, tuple[Kind, type[Status | Inbound | Preference]]]] = {
    "statuses": (Kind.STATUS, Status),
    "messages": (Kind.MESSAGE, Inbound),
    "user_preferences": (Kind.USER_PREFERENCE, Preference),
}


def parse(raw: bytes) -> list[Update]:
    """Every update of a notification, in its order."""
    try:
        notification = json.loads(raw)
    except (ValueError, RecursionError):
        return [_unreadable(raw.decode(errors="replace"), "is not JSON")]
    updates: list[Update] = []
    for entry in _entries(notification, "entry"):
        for change in [entry] if isinstance(entry, Update) else _entries(entry, "changes"):
            updates += [change] if isinstance(change, Update) else _of_change(change)
    return updates


def _entries(parent: Any, name: str) -> Iterator[Any]:
    """The objects of a list; what is not one of them as an unreadable update."""
    entries = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(entries, list):
        yield _unreadable(json.dumps(parent), f"has no list `{name}`")
        return
    for entry in entries:
        yield entry if isinstance(entry, dict) else _unreadable(json.dumps(entry), "no object")


def _of_change(change: dict[str, Any]) -> Iterator[Update]:
    value = change.get("value")
    if not isinstance(value, dict):
        yield _unreadable(json.dumps(change), "has no object `value`")
        return
    number = _phone_number_id(value)
    if not _LISTS.keys() & value.keys():
        yield Update(Kind.OTHER, number, Other())
    for name, (kind, model) in _LISTS.items():
        items = value.get(name) or []
        if not isinstance(items, list):
            yield Update(kind, number, _wrong(items, "is not a list"))
            continue
        for item in items:
            yield Update(kind, number, _content(model, item), item)


def _content(model: type[Status | Inbound | Preference], item: Any) -> Content:
    try:
        return model.model_validate(item)
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False, include_context=False)
        return Unreadable(json.dumps(item), told)


def _phone_number_id(value: dict[str, Any]) -> str | None:
    metadata = value.get("metadata")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    known = isinstance(number, str | int) and not isinstance(number, bool)
    return str(number) if known and PLAIN.fullmatch(str(number)) else None


def _unreadable(body: str, message: str) -> Update:
    return Update(Kind.NOTIFICATION, None, Unreadable(body, _problems(message)))


def _wrong(value: Any, message: str) -> Unreadable:
    return Unreadable(json.dumps(value), _problems(message))


def _problems(message: str) -> list[dict[str, Any]]:
    return [{"type": "webhook", "loc": [], "msg": message}]
