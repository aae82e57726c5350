"""Events, configurations and Hypothesis strategies that the tests of the domain are made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind, intent_of
from domain.stores.config import StoreConfig

NOON = datetime(2024, 10, 8, 12, 0, tzinfo=UTC)
BUFFER = timedelta(minutes=15)
CUSTOM = "wishlist_add"


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
