"""Plain words for what journeys, messages and quarantine are told in snake case."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from domain.journey.outcomes import Outcome, Reason, Stage
from storage.messages import MessageStatus
from storage.quarantine import EVENT

REASONS: Final[Mapping[str, str]] = {
    Reason.PLAN_DONE: "every message of the plan had its turn",
    Reason.CONSECUTIVE_EVENT: "the partner knew of newer activity",
    Reason.ORDER_PLACED: "an order was placed",
    Reason.CART_EMPTIED: "the cart was emptied",
    Reason.SUPERSEDED: "newer activity began another journey",
    Reason.OPTED_OUT: "the person opted out",
    Reason.OPERATOR: "it was ended by hand",
    Reason.NO_PLAN: "the store has no plan for this kind of event",
    Reason.ALREADY_HANDLED: "another journey was about this activity already",
    Reason.NO_ADDRESS: "no number to message is known",
    Reason.NO_CONSENT: "the person has not consented",
    Reason.MISSING_MERGE_FIELD: "a field of the message would have been empty",
    Reason.EXIT_API_UNAVAILABLE: "the partner's Exit API did not answer",
    Reason.QUIET_HOURS: "quiet hours left no time for it",
    Reason.FREQUENCY_CAP: "the person had as many messages as the store allows",
    Reason.EXPIRED: "it had become too late for it",
    Reason.STORE_PAUSED: "the store is paused",
    Reason.THROTTLED: "Meta took no more messages for a while",
    Reason.UNREACHABLE: "WhatsApp does not reach the number",
    Reason.TEMPLATE_REJECTED: "Meta refused the template",
    Reason.TEMPLATE_HELD: "the template is held",
    Reason.MARKETING_LIMIT: "Meta limits marketing messages to this person",
    Reason.SEND_FAILED: "Meta refused the message",
    Reason.WITHHELD: "the person is held out of an experiment, to see what messages bring",
}
"""Each completes a sentence that ends with *because*."""

STATUSES: Final[Mapping[str, str]] = {
    MessageStatus.CLAIMED: "being sent",
    MessageStatus.ACCEPTED: "taken by Meta",
    MessageStatus.SENT: "sent",
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.READ: "read",
    MessageStatus.FAILED: "failed",
    MessageStatus.UNKNOWN: "not confirmed",
    MessageStatus.NOT_SENT: "not sent",
    MessageStatus.WITHHELD: "held out",
}

STAGES: Final[Mapping[str, str]] = {
    Stage.BUFFERING: "Collecting events",
    Stage.WAITING: "Waiting for the next message",
    Stage.HELD: "Held",
    Stage.CLOSED: "Closed",
}

OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.MESSAGED: "Messaged",
    Outcome.EXITED: "Exited",
    Outcome.SKIPPED: "Skipped",
}

DECISIONS: Final[Mapping[str, str]] = {
    "trigger_chosen": "Chose the event to write about",
    "plan_loaded": "Loaded the plan",
    "exit_check_passed": "Asked the partner: nothing speaks against the message",
    "exit_check_failed": "The partner did not answer; the store sends then",
    "events_ignored": "Ignored events",
    "message_sent": "Sent a message",
    "message_unconfirmed": "Sent a message that Meta has not confirmed",
    "message_skipped": "Left a message out",
    "message_deferred": "Put a message off",
    "message_failed": "Meta could not deliver a message",
    "fell_back": "Sent another message in its place",
    "postponed": "The customer was active again",
    "held": "Began to wait",
    **{outcome: f"Closed: {word.lower()}" for outcome, word in OUTCOMES.items()},
}

EVENTS: Final[Mapping[str, str]] = {
    "collection_view": "looked at a collection",
    "product_view": "looked at a product",
    "cart_update": "changed the cart",
    "checkout_initiated": "began to check out",
    "order_placed": "placed an order",
}

FIGURES: Final[Mapping[str, str]] = {
    "due": "a message was due",
    "messaged": "a message went out",
    "unconfirmed": "a message went out, and no word came of its delivery",
    "undelivered": "a message failed",
    "not_sent": "a message was not sent",
    "withheld": "held out of an experiment",
    "delivered": "a message was delivered",
    "read": "a message was read",
    "clicked": "a link was clicked",
    "replied": "replied to a message",
    "without_message": "the journey ended before a message",
    "after_message": "the journey ended after a message",
    "ignored": "an event led to nothing",
    "ordered": "ordered within the window after a message",
    "ordered_by_click": "ordered by a message's link",
}

ARMS: Final[Mapping[str, str]] = {"holdout": "Without messages", "messaged": "With messages"}

SOURCES: Final[Mapping[str, str]] = {EVENT: "event"}


def readable(name: str) -> str:
    """A name of another kind: without underscores."""
    return name.replace("_", " ")


def _looked_up(table: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: table.get(name, readable(name))


def problem(error: Mapping[str, Any]) -> str:
    """What is wrong with a body, such as `customer.phone: Field required`."""
    place = ".".join(str(part) for part in _place(error.get("loc", ())))
    said = error.get("msg") or readable(str(error.get("type", "it could not be read")))
    return f"{place}: {said}" if place else str(said)


def _place(loc: Sequence[Any]) -> Sequence[Any]:
    return loc[1:] if list(loc[:1]) == ["body"] else loc


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "reason": _looked_up(REASONS),
    "status": _looked_up(STATUSES),
    "stage": _looked_up(STAGES),
    "outcome": _looked_up(OUTCOMES),
    "decision": _looked_up(DECISIONS),
    "event": _looked_up(EVENTS),
    "source": _looked_up(SOURCES),
    "figure": _looked_up(FIGURES),
    "arm": _looked_up(ARMS),
    "readable": readable,
    "problem": problem,
}
