"""Whom an update of Meta's is about: WhatsApp ids, which are numbers, and user ids.

From Meta's pages "Business-scoped user IDs" and "messages" on webhooks: inbound messages have
`from` and `from_user_id`, preferences `wa_id` and `user_id`, statuses `recipient_id` and
`recipient_user_id`; businesses with several portfolios also get parent user ids. Of people with a
username the number may be missing. Usernames change, and identify no person.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from whatsapp.identifiers import PLAIN

_NAMES: Final = (
    *("from", "from_user_id", "from_parent_user_id"),
    *("wa_id", "user_id", "parent_user_id"),
    *("recipient_id", "recipient_user_id", "recipient_parent_user_id"),
)
_OF_A_CONTACT: Final = ("wa_id", "user_id", "parent_user_id")
CONTACT: Final = "contact"
"""Where an item keeps the ids of its contact, which Meta lists beside it."""


@dataclass(frozen=True)
class Person:
    """One person's ids."""

    wa_ids: frozenset[str] = frozenset()
    """Numbers, as digits. WhatsApp's may differ from the one that was posted."""
    user_ids: frozenset[str] = frozenset()
    """Business-scoped ids, such as `IN.1234567890`, parent ids included."""

    def __bool__(self) -> bool:
        """Whether there is any id."""
        return bool(self.wa_ids or self.user_ids)

    def __or__(self, other: "Person") -> "Person":
        """The ids of both."""
        return Person(self.wa_ids | other.wa_ids, self.user_ids | other.user_ids)

    @property
    def ids(self) -> frozenset[str]:
        """Numbers and user ids."""
        return self.wa_ids | self.user_ids


def person_of(item: Any) -> Person:
    """The person that an update is about; a group is none."""
    if not isinstance(item, Mapping) or item.get("recipient_type") == "group":
        return Person()
    return person_with(item.get(name) for name in _NAMES) | person_of(item.get(CONTACT))


def person_with(ids: Iterable[Any]) -> Person:
    """The person with these ids; what is no id is left out."""
    texts = frozenset(_texts(ids))
    wa_ids = frozenset(each for each in texts if each.removeprefix("+").isdigit())
    return Person(wa_ids, texts - wa_ids)


def with_contacts(items: Any, contacts: Any) -> Any:
    """Updates with the ids of their contacts, where those have any other.

    Args:
        items: updates, or what is no list.
        contacts: those that Meta lists beside them; the name in a contact is left out.
    """
    if not isinstance(items, list) or not isinstance(contacts, list):
        return items
    known = [each for each in contacts if isinstance(each, Mapping)]
    by_id: dict[str, Mapping[str, Any]] = {}
    for contact in known:
        for each in person_of(contact).ids:
            by_id.setdefault(each, contact)
    lone = known[0] if len(known) == 1 else None
    return [_with_contact(item, by_id, lone, alone=len(items) == 1) for item in items]


def _with_contact(
    item: Any, by_id: Mapping[str, Mapping[str, Any]], lone: Any, *, alone: bool
) -> Any:
    """The item with the ids of its contact: one that shares an id, or the only one there is."""
    if not isinstance(item, Mapping) or CONTACT in item:
        return item
    person = person_of(item)
    shared = (by_id[each] for each in sorted(person.ids) if each in by_id)
    is_lone = lone is not None and (alone or not person)
    found = lone if is_lone else next(shared, None)
    if found is None or person_of(found) | person == person:
        return item
    return {**item, CONTACT: {name: found[name] for name in _OF_A_CONTACT if name in found}}


def _texts(ids: Iterable[Any]) -> Iterator[str]:
    for each in ids:
        is_number = isinstance(each, int) and not isinstance(each, bool)
        text = str(each) if is_number or isinstance(each, str) else ""
        if PLAIN.fullmatch(text):
            yield text
