"""Whether every message respected what had ended it, by the time of the answer."""

from collections.abc import Iterator

from benchmarks.chaos.customers import ENDED_BY, Script
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.shoppers import AnsweredAct
from benchmarks.chaos.stores import phone_number_id


def no_message_after(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """No message is claimed after its customer's order, STOP or exit was acknowledged."""
    ended = _first_end(evidence.acknowledged(*ENDED_BY))
    for each in evidence.requests:
        end = ended.get(each.message.to)
        if end is not None and each.was_claimed_after(end.answer.at):
            customer = end.customer.customer_id
            yield (
                customer,
                f"{each.message.template} after {end.doing.act} at {end.answer.at:%T.%f}",
            )


def _first_end(answered: list[AnsweredAct]) -> dict[str, AnsweredAct]:
    by_time = sorted(answered, key=lambda each: each.answer.at, reverse=True)
    return {each.customer.digits: each for each in by_time}


def no_message_while_paused(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """A paused store claims nothing."""
    for store_id, pauses in evidence.pauses.items():
        of_store = [
            each
            for each in evidence.requests
            if each.message.phone_number_id == phone_number_id(store_id)
        ]
        for each in of_store:
            for pause in pauses:
                if each.was_claimed_after(pause.acknowledged) and each.received.at < pause.resuming:
                    yield each.message.event_id, f"sent at {each.received.at:%T.%f}, while paused"


def no_message_to_who_came_back(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Whom the partner has seen since is not messaged, however it fails."""
    seen = {c.digits for c in evidence.customers if c.script is Script.SEEN_BY_PARTNER}
    for each in evidence.requests:
        if each.message.to in seen:
            yield each.message.event_id, f"{each.message.template} though the partner knew better"
