"""Whether each message was requested once, rightly, and about the right event."""

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.chaos.customers import Act, StoreId
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.stores import phone_number_id
from domain.messages.send_outcome import ErrorCategory
from sandbox.ledger import ReceivedRequest
from whatsapp.errors import category_of


def at_most_once(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """After a request that may have been sent, there is no other of the same message."""
    requests = defaultdict(list)
    for each in evidence.requests:
        requests[each.message].append(each)
    for message, of_message in requests.items():
        may_be_sent = [_may_be_sent(each.received) for each in of_message]
        if any(may_be_sent[:-1]):
            times = ", ".join(f"{each.received.at:%T.%f}" for each in of_message)
            yield message.event_id, f"{message.template} was requested at {times}"


def _may_be_sent(request: ReceivedRequest) -> bool:
    """Whether Meta's answer leaves it possible that the message reached a phone."""
    code = ((request.answer or {}).get("error") or {}).get("code")
    if request.message_id is not None or code is None:
        return True
    return category_of(code) is ErrorCategory.UNCLEAR


def one_message_of_a_step(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Of a step's message and its fallbacks one at most reaches a phone."""
    sent = defaultdict(set)
    for each in evidence.requests:
        if each.received.message_id is not None:
            message = each.message
            step, _, fallback = message.template.rpartition("_")
            sent[message.phone_number_id, message.event_id, step].add(fallback)
    for (_, event_id, step), fallbacks in sent.items():
        if len(fallbacks) > 1:
            yield event_id, f"{step} was sent as {sorted(fallbacks)}"


def every_request_is_in_the_ledger(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What Meta got was claimed, and is as Meta published."""
    for each in evidence.requests:
        if each.row is None:
            yield each.message.event_id, "was requested and is not in the ledger"
        if each.received.problem is not None:
            yield each.message.event_id, each.received.problem


def only_the_latest_counts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """No message is about a cart after a newer one was acknowledged, and about nothing else."""
    carts = defaultdict(list)
    for cart in evidence.acknowledged(Act.CART):
        carts[cart.customer.digits].append(cart)
    for each in evidence.requests:
        about = [cart for cart in carts[each.message.to] if cart.event_id == each.message.event_id]
        if not about:
            yield each.message.event_id, "is no cart of its receiver"
            continue
        for cart in carts[each.message.to]:
            if cart.happened > about[0].happened and each.was_claimed_after(cart.answer.at):
                yield each.message.event_id, f"{each.message.template} after {cart.event_id}"


def nothing_in_quiet_hours(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """It is night at this store all the time."""
    for each in evidence.requests:
        if each.message.phone_number_id == phone_number_id(StoreId.QUIET):
            yield each.message.event_id, f"sent at {each.received.at:%T}, in quiet hours"


def stores_are_apart(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """A store's number sends its own templates, to its own customers, about their events."""
    for each in evidence.requests:
        message, customer = each.message, evidence.by_number.get(each.message.to)
        stores = {
            message.phone_number_id,
            phone_number_id(message.template.partition("_")[0]),
            phone_number_id(customer.store_id) if customer else "",
        }
        if len(stores) > 1:
            yield message.event_id, f"is of several stores: {sorted(stores)}"
