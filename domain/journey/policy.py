"""A store's rules for the events of a journey, as its configuration has them."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import is_browsing
from domain.stores.config import LowerIntent, StoreConfig, Unplanned


class JourneyPolicy(BaseModel):
    """What a journey's later events do to it, and which kinds may be its trigger."""

    model_config = ConfigDict(frozen=True)

    planned_kinds: tuple[str, ...] = ()
    """The kinds with a plan, in alphabetical order."""
    lower_intent_events: LowerIntent = LowerIntent.EXIT
    unplanned_events: Unplanned = Unplanned.POSTPONE
    order_grace: timedelta = timedelta(minutes=10)
    max_event_age: timedelta = timedelta(hours=24)

    def is_planned(self, event: JourneyEvent) -> bool:
        """Whether the event may be a trigger: its kind has a plan."""
        return event.kind in self.planned_kinds

    def matters(self, event: JourneyEvent) -> bool:
        """Whether a pushed event can do anything to a journey."""
        if self.is_planned(event) or event.takes_back:
            return True
        return is_browsing(event.kind) and self.unplanned_events is not Unplanned.IGNORE

    def effect(self, event: JourneyEvent) -> LowerIntent:
        """What an event does to a journey that it does not supersede."""
        if self.is_planned(event):
            return self.lower_intent_events
        if is_browsing(event.kind):
            return LowerIntent(self.unplanned_events)
        return LowerIntent.EXIT


def policy_of(config: StoreConfig) -> JourneyPolicy:
    """The rules of a store as it is configured now."""
    return JourneyPolicy(
        planned_kinds=tuple(sorted(config.planned_kinds)),
        lower_intent_events=config.lower_intent_events,
        unplanned_events=config.unplanned_events,
        order_grace=config.order_grace,
        max_event_age=config.max_event_age,
    )
