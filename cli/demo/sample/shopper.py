"""One visit from the shopper's leaving to the end of the journey, and what was ordered."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

from cli.demo.sample.messages import (
    NO_WORD,
    clicked,
    message_row,
    unreachable,
    went_out,
    withheld,
)
from cli.demo.sample.orders import Placed
from cli.demo.sample.people import Person, VisitHistory
from cli.demo.sample.run import JourneyRun
from cli.demo.sample.shop import CART, PRODUCT, SampleShop
from cli.demo.sample.visits import Course, Visit
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind, intent_of
from domain.journey.outcomes import Outcome, Reason
from domain.journey.plan import PlannedStep
from storage.messages import MessageStatus

_BY_LINK: Final = 0.45
"""Of orders after a message."""

_RETURNS_BETWEEN, _STOPS, _NOT_ON_WHATSAPP = 0.1, 0.012, 0.012
_ORDER_WITHIN: Final = timedelta(days=2.9)
_SOON: Final = 2.5
"""How much likelier an order is soon than late."""


class VisitStory:
    """Tells one visit."""

    def __init__(self, shop: SampleShop, visit: Visit, person: Person) -> None:
        """Begin when the shopper left."""
        self._shop, self._visit, self._person = shop, visit, person
        self._chance: random.Random = shop.chance(f"visit {visit.name}")
        self._history = VisitHistory()
        variant = person.variant if visit.kind == CART else None
        trigger = self._event(visit.kind, visit.at, "left")
        self._run = JourneyRun(shop, visit.customer_id, trigger, variant)

    def told(self) -> VisitHistory:
        """Everything that came of the visit, also what is still to come."""
        if self._visit.looked_first:
            self._looked_first()
        if self._visit.course is Course.LEFT:
            self._due()
        else:
            self._ended_early()
        self._history.journeys.append(self._run.closed)
        return self._history

    def _event(
        self, kind: str, at: datetime, name: str, *, empties_cart: bool = False
    ) -> JourneyEvent:
        return JourneyEvent(
            event_id=f"{self._visit.name}-{name}",
            kind=kind,
            at=at,
            intent=intent_of(kind),
            empties_cart=empties_cart,
        )

    def _looked_first(self) -> None:
        """A journey about a product, which the cart supersedes."""
        at = self._visit.at - timedelta(minutes=self._chance.uniform(20, 50))
        looked = self._event(PRODUCT, at, "looked")
        run = JourneyRun(self._shop, self._visit.customer_id, looked, None)
        run.told(self._run.trigger)
        self._history.journeys.append(run.closed)

    def _ended_early(self) -> None:
        """No message comes of it."""
        first = self._run.steps[0]
        at = self._visit.at + (first.due_at - self._visit.at) * self._chance.uniform(0.3, 0.95)
        match self._visit.course:
            case Course.ORDERED:
                self._ordered_early(first, at)
            case Course.EMPTIED:
                self._run.told(self._event(CART, at, "emptied", empties_cart=True))
            case Course.RETURNED:
                self._run.found(first, self._found(self._visit.kind, at))
            case Course.UNANSWERED:
                for step in self._run.steps:
                    self._run.unanswered(step)
            case course:
                reason = Reason.NO_ADDRESS if course is Course.NO_ADDRESS else Reason.FREQUENCY_CAP
                for step in self._run.steps:
                    self._run.skipped(step, reason)

    def _ordered_early(self, first: PlannedStep, at: datetime) -> None:
        """Of five such orders the partner posts four; the exit check finds the other."""
        if self._chance.random() < 0.2:  # noqa: PLR2004  # as above
            self._run.found(first, self._found(EventKind.ORDER_PLACED, at))
            self._history.found.append(at)
        else:
            self._run.told(self._place(at))

    def _found(self, kind: str, at: datetime) -> JourneyEvent:
        """An event as the exit check names it."""
        name = f"exit-api:{kind}@{at.isoformat()}"
        return JourneyEvent(event_id=name, kind=kind, at=at, intent=intent_of(kind))

    def _place(self, at: datetime, click_token: str | None = None) -> JourneyEvent:
        visit = self._visit
        placed = Placed(visit.name, visit.customer_id, at, self._person.country, click_token)
        self._history.placed.append(placed)
        kind = EventKind.ORDER_PLACED
        return JourneyEvent(event_id=placed.event_id, kind=kind, at=at, intent=intent_of(kind))

    # A message is due

    def _due(self) -> None:
        first = self._run.steps[0]
        if self._person.suppressed:
            self._run.refused(first, Outcome.EXITED, Reason.OPTED_OUT)
            return
        if self._visit.kind == CART:
            self._history.assigned_at = first.due_at
        order_at = self._order_at(first.due_at)
        for step in self._run.steps:
            if self._overtaken(step, order_at):
                break
            self._deliver(step)
            if self._run.is_closed or self._stops(order_at):
                break
        self._order_later(order_at)

    def _order_at(self, due: datetime) -> datetime | None:
        """When the shopper orders, if they do: by the arm that they are in."""
        rate, chance = self._person.order_rate(self._visit.kind), self._chance
        orders, when = chance.random() < rate, chance.random() ** _SOON
        return due + timedelta(minutes=3) + _ORDER_WITHIN * when if orders else None

    def _overtaken(self, step: PlannedStep, order_at: datetime | None) -> bool:
        """Whether the shopper ordered or came back before the step."""
        if step.number == 1:
            return False
        if order_at is not None and order_at < step.due_at:
            return True
        if self._chance.random() < _RETURNS_BETWEEN:
            at = step.due_at - timedelta(hours=self._chance.uniform(1, 20))
            self._run.found(step, self._found(CART, at))
            return True
        return False

    def _deliver(self, step: PlannedStep) -> None:
        row = message_row(self._shop, self._run, step, self._person.recipient)
        said = {"message_id": row["message_id"]}
        if self._visit.kind == CART and self._person.held_out:
            self._history.messages.append(withheld(row))
            experiment = self._shop.experiment.experiment_id
            self._run.skipped(step, Reason.WITHHELD, **said, experiment=experiment)
        elif step.number == 1 and self._chance.random() < _NOT_ON_WHATSAPP:
            self._history.messages.append(unreachable(row))
            self._run.refused(step, Outcome.SKIPPED, Reason.UNREACHABLE, **said, meta_code="131026")
        else:
            row = went_out(self._chance, row, self._shop.now)
            self._history.messages.append(row)
            unconfirmed = row["status"] is MessageStatus.UNKNOWN
            because = {"because": NO_WORD} if unconfirmed else {"meta_says": "accepted"}
            self._run.sent(step, said | because, unconfirmed=unconfirmed)

    def _stops(self, order_at: datetime | None) -> bool:
        """Whether the shopper answers the last message with STOP, before anything is ordered."""
        delivered_at = self._history.messages[-1].get("delivered_at")
        if delivered_at is None or self._chance.random() >= _STOPS:
            return False
        at = delivered_at + timedelta(minutes=self._chance.uniform(1, 30))
        if order_at is not None and order_at <= at:
            return False
        self._history.stopped_at = at
        self._run.opted_out(f"{self._visit.name}-stop", at)
        return True

    def _order_later(self, order_at: datetime | None) -> None:
        """The order ends the journey, if that is still open, and counts in any case."""
        if order_at is None or (order_at > self._shop.now and self._run.is_closed):
            return
        event = self._place(order_at, self._click_before(order_at))
        if not self._run.is_closed:
            self._run.told(event)

    def _click_before(self, order_at: datetime) -> str | None:
        """The token of the last message that arrived, if its link led to the order."""
        rows: list[dict[str, Any]] = self._history.messages
        by_link, minutes = self._chance.random() < _BY_LINK, self._chance.uniform(2, 25)
        last = rows[-1] if rows else {}
        delivered_at = last.get("delivered_at")
        if not by_link or delivered_at is None or delivered_at >= order_at:
            return None
        rows[-1] = clicked(last, max(delivered_at, order_at - timedelta(minutes=minutes)))
        token: str = last["click_token"]
        return token
