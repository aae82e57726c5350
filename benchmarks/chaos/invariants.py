"""The promises that a run is held against, as functions of the evidence."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from benchmarks.chaos import event_checks, message_checks, stop_checks
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.unknowns import every_unknown_has_its_cause


class Violation(NamedTuple):
    """A promise that was broken."""

    invariant: str
    customer: str
    """Or the event, workflow or place."""
    what: str


def nothing_leaks(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """No phone number, e-mail address, name or secret is where it must not be."""
    for leak in evidence.leaks:
        yield leak.place, leak.around


INVARIANTS: Final[dict[str, Callable[[Evidence], Iterator[tuple[str, str]]]]] = {
    "1 every accepted event is delivered": event_checks.nothing_is_lost,
    "1 what is valid is accepted": event_checks.nothing_is_refused,
    "1 every last cart has its journey": event_checks.every_last_cart_has_its_journey,
    "2 at most one request of a message": message_checks.at_most_once,
    "2 one message of a step": message_checks.one_message_of_a_step,
    "2 every request is in the ledger": message_checks.every_request_is_in_the_ledger,
    "3 none after an order, STOP or exit": stop_checks.no_message_after,
    "3 none while paused": stop_checks.no_message_while_paused,
    "3 none to who came back": stop_checks.no_message_to_who_came_back,
    "4 only the latest event counts": message_checks.only_the_latest_counts,
    "5 none in quiet hours": message_checks.nothing_in_quiet_hours,
    "6 stores are apart": message_checks.stores_are_apart,
    "7 nothing personal or secret leaks": nothing_leaks,
    "8 every journey ends, explained": event_checks.every_journey_ends,
    "- every unknown has its cause": every_unknown_has_its_cause,
}
"""Each yields who is concerned, and what is wrong."""


def violations(evidence: Evidence) -> list[Violation]:
    """Everything that is broken."""
    return [
        Violation(name, customer, what)
        for name, check in INVARIANTS.items()
        for customer, what in check(evidence)
    ]
