"""Events, configurations and Hypothesis strategies that the tests of the domain are made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind, intent_of
from domain.journey.policy import JourneyPolicy
from domain.stores.config import LowerIntent, StoreConfig, Unplanned

NOON = datetime(2024, 10, 8, 12, 0, tzinfo=UTC)
BUFFER = timedelta(minutes=15)
CUSTOM = "wishlist_add"
GRACE = timedelta(minutes=10)
PLANNED_KINDS = tuple(sorted(kind.value for kind in EventKind if kind != EventKind.ORDER_PLACED))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def event(
    kind: str, seconds: float, event_id: str | None = None, *, empties: bool = False
) -> JourneyEvent:
    return JourneyEvent(
        event_id=event_id or f"{kind}@{seconds}",
        kind=kind,
        at=at(seconds),
        intent=intent_of(kind),
        empties_cart=empties,
    )


def emptied(seconds: float) -> JourneyEvent:
    return event(EventKind.CART_UPDATE, seconds, f"emptied@{seconds}", empties=True)


def ordered(seconds: float) -> JourneyEvent:
    return event(EventKind.ORDER_PLACED, seconds)


def policy(**changes: Any) -> JourneyPolicy:
    """Of a store that has a plan for every kind of the guide, and a clock that agrees with ours."""
    default = {"planned_kinds": PLANNED_KINDS, "order_grace": timedelta(0)}
    return JourneyPolicy.model_validate(default | changes)


def config(**changes: Any) -> StoreConfig:
    minimal = {
        "organization_id": "org",
        "name": "Denim Co",
        "timezone": "Asia/Kolkata",
        "whatsapp": {"phone_number_id": "1055", "access_token": "token"},
    }
    return StoreConfig.model_validate(minimal | changes)


def step(after: str, **changes: Any) -> dict[str, Any]:
    return {"after": after, "template": "reminder", "language": "en", **changes}


_KINDS = st.sampled_from([*(kind.value for kind in EventKind), CUSTOM])


@st.composite
def journey_events(draw: st.DrawFn, *, earliest: int = -5, latest: int = 5) -> JourneyEvent:
    """Few instants, so that ties are common; different events have different ids."""
    kind = draw(_KINDS)
    seconds = draw(st.integers(earliest, latest))
    empties = kind == EventKind.CART_UPDATE and draw(st.booleans())
    number = draw(st.integers(0, 2))
    return event(kind, seconds, f"{kind}@{seconds}#{number}{empties}", empties=empties)


buffers = st.lists(journey_events(), min_size=1, max_size=8)


@st.composite
def policies(draw: st.DrawFn, *, planned: str | None = None) -> JourneyPolicy:
    """Of any store, or of any that plans that kind. As few instants as in `journey_events`."""
    kinds = draw(st.sets(st.sampled_from([*PLANNED_KINDS, CUSTOM])))
    return policy(
        planned_kinds=tuple(sorted(kinds if planned is None else kinds | {planned})),
        lower_intent_events=draw(st.sampled_from(LowerIntent)),
        unplanned_events=draw(st.sampled_from(Unplanned)),
        order_grace=timedelta(seconds=draw(st.integers(0, 3))),
        max_event_age=timedelta(seconds=draw(st.integers(0, 8))),
    )
