"""Names that callers and the workflow share: signals, query, search attributes."""

from temporalio.common import SearchAttributeKey

WORKFLOW = "RecoveryJourney"
EVENT_RECEIVED = "event_received"
EVENTS_RECEIVED = "events_received"
EXIT_REQUESTED = "exit_requested"
STORE_RESUMED = "store_resumed"
MESSAGE_FAILED = "message_failed"
STATUS = "status"

STORE_ID = SearchAttributeKey.for_keyword("StoreId")
CUSTOMER_ID = SearchAttributeKey.for_keyword("CustomerId")
JOURNEY_KIND = SearchAttributeKey.for_keyword("JourneyKind")
JOURNEY_STAGE = SearchAttributeKey.for_keyword("JourneyStage")
JOURNEY_OUTCOME = SearchAttributeKey.for_keyword("JourneyOutcome")
JOURNEY_REASON = SearchAttributeKey.for_keyword("JourneyReason")
NEXT_MESSAGE_AT = SearchAttributeKey.for_datetime("NextMessageAt")

SEARCH_ATTRIBUTES = (
    STORE_ID,
    CUSTOMER_ID,
    JOURNEY_KIND,
    JOURNEY_STAGE,
    JOURNEY_OUTCOME,
    JOURNEY_REASON,
    NEXT_MESSAGE_AT,
)
