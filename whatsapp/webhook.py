"""Reading what Meta posts to the webhook: up to 1,000 updates, each on its own.

From Meta's page "Webhooks". A change of an unknown kind is one update, `Other`. An unreadable
update affects no other.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError

from whatsapp.clicks import UserAction
from whatsapp.identifiers import PLAIN
from whatsapp.people import with_contacts
from whatsapp.template_webhook import FIELDS as TEMPLATE_FIELDS
from whatsapp.template_webhook import read_template_update
from whatsapp.updates import (
    Content,
    Inbound,
    Other,
    Preference,
    Status,
    TimedInbound,
    Unreadable,
    Update,
    UpdateKind,
)

Listed = Status | Inbound | Preference | UserAction
_LISTS: Final[dict[str, tuple[UpdateKind, type[Listed]]]] = {
    "statuses": (UpdateKind.STATUS, Status),
    "messages": (UpdateKind.MESSAGE, TimedInbound),
    "user_preferences": (UpdateKind.USER_PREFERENCE, Preference),
    "user_actions": (UpdateKind.CLICK, UserAction),
}


def parse(raw: bytes) -> list[Update]:
    """Every update of a notification, in its order."""
    try:
        notification = json.loads(raw)
    except (ValueError, RecursionError):
        return [_unreadable(raw.decode(errors="replace"), "is not JSON")]
    entries = _entries(notification, "entry")
    return [update for entry in entries for update in _read_entry(entry)]


def _read_entry(entry: dict[str, Any] | Update) -> Iterator[Update]:
    if isinstance(entry, Update):
        yield entry
        return
    for change in _entries(entry, "changes"):
        if isinstance(change, Update):
            yield change
        elif _is_about_a_template(change):
            yield read_template_update(entry, change)
        else:
            yield from _read_change(change)


def _is_about_a_template(change: dict[str, Any]) -> bool:
    field = change.get("field")
    return isinstance(field, str) and field in TEMPLATE_FIELDS


def _entries(parent: Any, name: str) -> Iterator[dict[str, Any] | Update]:
    """The objects in a list; an unreadable update for each entry that is not an object."""
    entries = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(entries, list):
        yield _unreadable(json.dumps(parent), f"has no list `{name}`")
        return
    for entry in entries:
        yield entry if isinstance(entry, dict) else _unreadable(json.dumps(entry), "no object")


def _read_change(change: dict[str, Any]) -> Iterator[Update]:
    value = change.get("value")
    if not isinstance(value, dict):
        yield _unreadable(json.dumps(change), "has no object `value`")
        return
    number = _phone_number_id(value)
    if not _LISTS.keys() & value.keys():
        yield Update(UpdateKind.OTHER, number, Other())
    for name, (kind, model) in _LISTS.items():
        if items := value.get(name):
            known = with_contacts(items, value.get("contacts"))
            yield from (Update(kind, number, *read) for read in _read_items(model, known))


def _read_items(model: type[Listed], items: Any) -> Iterator[tuple[Content, Any]]:
    if not isinstance(items, list):
        yield _wrong(items, "is not a list"), None
        return
    for item in items:
        yield _content(model, item), item


def _content(model: type[Listed], item: Any) -> Content:
    try:
        return model.model_validate(item)
    except ValidationError as error:
        if model is TimedInbound and (said := _readable_part(item, error)) is not None:
            return said
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        return Unreadable(json.dumps(item), problems)


def _readable_part(item: Any, error: ValidationError) -> Inbound | None:
    """What a person said, beside parts that cannot be read, such as its time; None: nothing."""
    wrong = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
    if not isinstance(item, dict) or not wrong:
        return None
    said = Inbound.model_validate({name: part for name, part in item.items() if name not in wrong})
    return said if said.said else None


def _phone_number_id(value: dict[str, Any]) -> str | None:
    metadata = value.get("metadata")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    known = isinstance(number, str | int) and not isinstance(number, bool)
    return str(number) if known and PLAIN.fullmatch(str(number)) else None


def _unreadable(body: str, message: str) -> Update:
    return Update(UpdateKind.NOTIFICATION, None, Unreadable(body, _problems(message)))


def _wrong(value: Any, message: str) -> Unreadable:
    return Unreadable(json.dumps(value), _problems(message))


def _problems(message: str) -> list[dict[str, Any]]:
    return [{"type": "webhook", "loc": [], "msg": message}]
