"""Which message an order credits.

`clicked`: the message whose token the order's landing URL carries. `within_window`: the last
message that was delivered to the person before the order was placed, if that was not longer ago
than the store's window. The two are never added up.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any


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


def last_delivered(
    delivered: Iterable[Mapping[str, Any]], placed_at: datetime
) -> Mapping[str, Any] | None:
    """The last message that was delivered before an order; of equals always the same one.

    Args:
        delivered: messages to the person, with `delivered_at` and `message_id`, in any order.
        placed_at: when the customer ordered.
    """
    before = (each for each in delivered if each["delivered_at"] <= placed_at)
    return max(before, key=lambda each: (each["delivered_at"], each["message_id"]), default=None)
