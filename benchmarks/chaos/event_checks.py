"""Whether everything that was accepted was processed, and every journey ended."""

from collections.abc import Iterator
from http import HTTPStatus

from benchmarks.chaos.customers import EVENTS, Act
from benchmarks.chaos.evidence import Evidence


def nothing_is_lost(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Every event that was answered 202 is in the inbox, and was delivered; no cart is ignored.

    A look at a product is, when no journey is open, since the stores have no plan for it; a cart
    is, when it was accepted after its customer's STOP.
    """
    stopped = {each.customer_id for each in evidence.who_stopped_first()}
    rows = {(row.store_id, row.event_id): row for row in evidence.inbox}
    for each in evidence.acknowledged(*EVENTS):
        customer = each.customer
        row = rows.get((customer.store_id, each.event_id))
        if row is None:
            yield customer.customer_id, f"{each.event_id} was answered 202 and is not in the inbox"
        elif row.dispatched_at is None:
            yield customer.customer_id, f"{each.event_id} was never delivered"
        elif row.ignored_because and each.doing.act is Act.CART and row.customer_id not in stopped:
            yield customer.customer_id, f"{each.event_id} was ignored: {row.ignored_because}"


def nothing_is_refused(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What is valid is answered 2xx in the end; an exit may find no open journey."""
    for each in evidence.answered:
        late_exit = each.doing.act is Act.EXIT and each.answer.status == HTTPStatus.NOT_FOUND
        if not each.answer.acknowledged and not late_exit:
            yield each.customer.customer_id, f"{each.doing.act} was answered {each.answer.status}"


def every_last_cart_has_its_journey(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """A journey was about each customer's last cart, or ended by what came after it."""
    about = {(row.customer_id, row.trigger_event_id) for row in evidence.journeys}
    reasons = {(row.customer_id, row.reason) for row in evidence.journeys}
    for customer in evidence.who_had_journeys():
        ended_in_buffer = (customer.customer_id, "order_placed") in reasons
        if (customer.customer_id, customer.carts[-1]) not in about and not ended_in_buffer:
            yield customer.customer_id, f"no journey was about {customer.carts[-1]}"


def every_journey_ends(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Temporal has no open journey, and the product explains each that has closed."""
    for workflow_id in evidence.open_workflows:
        yield workflow_id, "is open"
    for customer in evidence.who_had_journeys():
        shown = evidence.explanations.get(customer.customer_id)
        if shown is None:
            yield customer.customer_id, "has no explanation"
        elif shown["stage"] != "closed" or not (shown["reason"] and shown["decisions"]):
            yield customer.customer_id, f"is explained as {shown['stage']}, {shown['reason']}"
