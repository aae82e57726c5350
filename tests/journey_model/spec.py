"""What may be sent, told once more: a naive model that shares no code with the product.

It knows what was accepted and when, what partner and Meta were told to answer, and the time. Of
each request that reaches Meta it says what is wrong with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from typing import Final

BUFFER: Final = timedelta(minutes=15)
GRACE: Final = timedelta(minutes=10)
STEPS: Final = (timedelta(minutes=30), timedelta(hours=3))
EXPIRES: Final = timedelta(hours=6)
QUIET_FROM, QUIET_TO = time(22), time(8)
CAP, CAP_PER = 3, timedelta(days=1)
INDIA: Final = timezone(timedelta(hours=5, minutes=30))
INTENT: Final = {"collection_view": 0, "product_view": 1, "cart_update": 2, "emptied": 2}
"""Of the kinds that have a plan; an emptied cart is a cart's event, and no trigger."""

CART_KINDS: Final = ("cart_update", "emptied")


@dataclass(frozen=True)
class Accepted:
    """An event that was answered 202 and not ignored."""

    event_id: str
    kind: str
    at: datetime
    accepted_at: datetime
    order: int
    """Of its acceptance among everything that happened."""


@dataclass(frozen=True)
class Requested:
    """A request that reached Meta."""

    event_id: str
    step: int
    now: datetime
    may_be_sent: bool


@dataclass
class Spec:
    """Everything that happened, and what follows from it."""

    events: dict[str, Accepted] = field(default_factory=dict)
    requests: list[Requested] = field(default_factory=list)
    closings: list[int] = field(default_factory=list)
    """When journeys ended, in the order of everything that happened."""
    exits: list[int] = field(default_factory=list)
    happened: int = 0
    stopped: bool = False
    paused: bool = False
    partner_failed: bool = False
    partner_has_order_at: datetime | None = None
    partner_has_cart_at: datetime | None = None

    def tick(self) -> int:
        """Number something that happens."""
        self.happened += 1
        return self.happened

    def accept(self, event_id: str, kind: str, at: datetime, now: datetime) -> None:
        """An event was answered 202."""
        self.events.setdefault(event_id, Accepted(event_id, kind, at, now, self.tick()))

    def wrong_with(self, request: Requested) -> list[str]:
        """What speaks against a request, of all that happened before it."""
        trigger = self.events.get(request.event_id)
        if trigger is None:
            return ["is about nothing that was accepted"]
        found = [*self._again(request), *self._forbidden(trigger), *self._not_the_latest(trigger)]
        return [*found, *self._at_the_wrong_time(request, trigger)]

    def _again(self, request: Requested) -> Iterator[str]:
        for earlier in self.requests:
            same = (earlier.event_id, earlier.step) == (request.event_id, request.step)
            if same and earlier.may_be_sent:
                yield f"message {request.step} about {request.event_id} may have been sent before"
        recent = [each for each in self.requests if each.now > request.now - CAP_PER]
        if sum(each.may_be_sent for each in recent) >= CAP:
            yield "is beyond the frequency cap"

    def _forbidden(self, trigger: Accepted) -> Iterator[str]:
        if self.stopped:
            yield "follows a STOP"
        if self.paused:
            yield "goes out while the store is paused"
        if any(exited > trigger.order for exited in self.exits):
            yield "follows an operator's exit"
        if any(self._is_since(trigger, each.at) for each in self._of("order_placed")):
            yield "follows an order"
        if self.partner_failed:
            yield "goes out though the partner could not be asked"
        if self._is_since(trigger, self.partner_has_order_at):
            yield "goes out though the partner knows of an order"
        seen = self.partner_has_cart_at
        if seen is not None and seen > max(each.at for each in self.events.values()):
            yield "goes out though the partner knows of a newer cart"

    @staticmethod
    def _is_since(trigger: Accepted, ordered_at: datetime | None) -> bool:
        """Whether an order is about what the customer wanted; clocks may differ by the grace."""
        return ordered_at is not None and ordered_at >= trigger.at - GRACE

    def _not_the_latest(self, trigger: Accepted) -> Iterator[str]:
        for each in self.events.values():
            if each.at <= trigger.at or self._was_over(each, trigger):
                continue
            if self._came_too_late(each, trigger):
                continue
            if each.kind == "emptied":
                if trigger.kind == "cart_update":
                    yield f"is about a cart that {each.event_id} emptied"
            elif INTENT.get(each.kind, -1) >= INTENT[trigger.kind] and not self._taken_back(each):
                yield f"is about {trigger.event_id}, and {each.event_id} is newer"

    def _taken_back(self, event: Accepted) -> bool:
        """Whether the cart was emptied after what was put into it."""
        emptied = any(each.at >= event.at for each in self._of("emptied"))
        return event.kind in CART_KINDS and emptied

    def _came_too_late(self, event: Accepted, trigger: Accepted) -> bool:
        """Whether it tells of a time in the buffer, and came when the buffer had passed."""
        before = [each for each in self.events.values() if each.order < event.order]
        left_at = max((each.at for each in before), default=event.at)
        known = trigger.order < event.order and event.at <= left_at
        return known and event.accepted_at >= left_at + BUFFER

    def _was_over(self, event: Accepted, trigger: Accepted) -> bool:
        """Whether a journey ended between the acceptance of this event and of the trigger."""
        return any(event.order < closed < trigger.order for closed in self.closings)

    def _at_the_wrong_time(self, request: Requested, trigger: Accepted) -> Iterator[str]:
        local = request.now.astimezone(INDIA).time()
        if local >= QUIET_FROM or local < QUIET_TO:
            yield f"goes out at {local}, in quiet hours"
        after = STEPS[request.step - 1]
        if request.now < trigger.at + max(BUFFER, after):
            yield "is too early"
        last_active = max(each.at for each in self.events.values())
        if request.now >= last_active + after + EXPIRES:
            yield "is too late"

    def _of(self, kind: str) -> list[Accepted]:
        return [each for each in self.events.values() if each.kind == kind]
