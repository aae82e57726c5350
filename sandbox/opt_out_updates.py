"""Every way in which a person stops a business's messages, as Meta posts it.

With or without a number: of people with a username Meta may give the user id alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.user_ids import user_id_of

Content = dict[str, Any]


@dataclass(frozen=True)
class Sender:
    """Who writes, and how much Meta tells of them."""

    number: str
    """As digits."""
    by_user_id: bool = False
    """Meta gives the user id alone."""

    @property
    def inbound(self) -> Content:
        """The ids in an inbound message."""
        ids = {"from_user_id": user_id_of(self.number)}
        return ids if self.by_user_id else {**ids, "from": self.number}

    @property
    def preference(self) -> Content:
        """The ids in a preference."""
        ids = {"user_id": user_id_of(self.number)}
        return ids if self.by_user_id else {**ids, "wa_id": self.number}


def text(sender: Sender, wamid: str, now: datetime) -> Content:
    """A written STOP."""
    return _inbound(sender, wamid, now, {"type": "text", "text": {"body": " stop. "}})


def button(sender: Sender, wamid: str, now: datetime) -> Content:
    """The button of Meta's own marketing templates; its payload is its label."""
    label = "Stop promotions"
    pressed = {"type": "button", "button": {"payload": label, "text": label}}
    return _inbound(sender, wamid, now, pressed)


def edited(sender: Sender, wamid: str, now: datetime) -> Content:
    """An earlier message that becomes STOP."""
    message = {"type": "text", "text": {"body": "Stop"}}
    edit = {"original_message_id": f"{wamid}0", "message": message}
    return _inbound(sender, wamid, now, {"type": "edit", "edit": edit})


def preference(sender: Sender, now: datetime, value: str = "stop") -> Content:
    """Marketing stopped or resumed in WhatsApp itself."""
    return {
        **sender.preference,
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(now.timestamp()),
    }


def number_changed(sender: Sender, wamid: str, new_number: str, now: datetime) -> Content:
    """The sender has a new number, and with it a new user id."""
    system = {
        "type": "user_changed_number",
        "wa_id": new_number,
        "user_id": user_id_of(new_number),
        "previous_user_id": user_id_of(sender.number),
    }
    return _inbound(sender, wamid, now, {"type": "system", "system": system})


def _inbound(sender: Sender, wamid: str, now: datetime, content: Content) -> Content:
    seconds = str(int(now.timestamp()))
    return {"id": wamid, "timestamp": seconds, **sender.inbound, **content}
