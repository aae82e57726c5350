"""Which message an order credits.

`clicked`: the message whose token the order's landing URL carries. `within_window`: the last
message that was delivered to the person before the order was placed, if that was not longer ago
than the store's window. The two are never added up.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TypeVar

Message = TypeVar("Message")


def is_within(placed_at: datetime, delivered_at: datetime | None, window: timedelta) -> bool:
    """Whether an order counts for the last message that was delivered before it.

    Args:
        placed_at: when the customer ordered, by the partner's clock.
        delivered_at: of that message, by Meta's clock; None: no message was delivered before.
        window: the store's; its end still counts.
    """
    if delivered_at is None:
        return False
    return timedelta(0) <= placed_at - delivered_at <= window


Delivery = tuple[datetime, str, Message]
"""When a message was delivered, its id, and the message."""


def last_delivered(deliveries: Iterable[Delivery[Message]], placed_at: datetime) -> Message | None:
    """The last message that was delivered before an order; of equals always the same one.

    Args:
        deliveries: to the person, in any order.
        placed_at: when the customer ordered.
    """
    before = (each for each in deliveries if each[0] <= placed_at)
    found = max(before, key=itemgetter(0, 1), default=None)
    return None if found is None else found[2]
