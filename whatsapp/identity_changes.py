"""Changes of a person's number or user id, which Meta posts as messages of the type `system`.

From Meta's page "System messages webhook reference", of August 2026 and before:

- `user_changed_number`: `from` is the old number, `system.wa_id` the new one; `system.user_id` the
  new user id, `system.previous_user_id` the old one, each with its parent id;
- `user_changed_user_id`: the same without numbers;
- until version 12 of the API, `system.customer` was the old number and `new_wa_id` the new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from whatsapp.people import Person, person_of, person_with

_TYPES: Final = frozenset(
    {"user_changed_number", "customer_changed_number", "user_changed_user_id"}
)


@dataclass(frozen=True)
class IdentityChange:
    """The ids of a person before and after."""

    before: Person
    after: Person


def is_system(item: Any) -> bool:
    """Whether Meta itself writes this, about a person."""
    return isinstance(item, Mapping) and item.get("type") == "system"


def identity_change(item: Any) -> IdentityChange | None:
    """The change that an inbound message tells; None for any other message."""
    system = item.get("system") if is_system(item) else None
    if not isinstance(system, Mapping) or str(system.get("type")) not in _TYPES:
        return None
    newest = "new_wa_id" if system.get("new_wa_id") else "wa_id"
    after = person_with(system.get(name) for name in (newest, "user_id", "parent_user_id"))
    known = person_with(
        system.get(name)
        for name in ("customer", "wa_id", "previous_user_id", "previous_parent_user_id")
    )
    before = person_of(item) | known
    return IdentityChange(
        Person(before.wa_ids - after.wa_ids, before.user_ids - after.user_ids), after
    )
