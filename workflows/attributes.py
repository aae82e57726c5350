"""A journey's search attributes, by which operators filter in Temporal's Web UI."""

from typing import Any

from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from domain.journey.state import JourneyState
from workflows.names import (
    CUSTOMER_ID,
    JOURNEY_KIND,
    JOURNEY_OUTCOME,
    JOURNEY_REASON,
    JOURNEY_STAGE,
    NEXT_MESSAGE_AT,
    SEARCH_ATTRIBUTES,
    STORE_ID,
)


def attributes_of(state: JourneyState) -> TypedSearchAttributes:
    """The search attributes of a journey in this state."""
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(STORE_ID, state.store_id),
        SearchAttributePair(CUSTOMER_ID, state.customer_id),
        SearchAttributePair(JOURNEY_STAGE, state.stage.value),
    ]
    if (trigger := state.likely_trigger()) is not None:
        pairs.append(SearchAttributePair(JOURNEY_KIND, trigger.kind))
    if state.ending is not None:
        pairs.append(SearchAttributePair(JOURNEY_OUTCOME, state.ending.outcome.value))
        pairs.append(SearchAttributePair(JOURNEY_REASON, state.ending.reason.value))
    elif state.held is None and (due := state.next_due()) is not None:
        pairs.append(SearchAttributePair(NEXT_MESSAGE_AT, due))
    return TypedSearchAttributes(pairs)


def changes(
    shown: TypedSearchAttributes, wanted: TypedSearchAttributes
) -> list[SearchAttributeUpdate[Any]]:
    """The attributes to set and unset. Unchanged ones are left out: each upsert is an event."""
    return [
        update for key in SEARCH_ATTRIBUTES if (update := _change(key, shown, wanted)) is not None
    ]


def _change(
    key: SearchAttributeKey[Any], shown: TypedSearchAttributes, wanted: TypedSearchAttributes
) -> SearchAttributeUpdate[Any] | None:
    value = wanted.get(key)
    if shown.get(key) == value:
        return None
    return key.value_unset() if value is None else key.value_set(value)
