"""What a run of chaos prints."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console

from benchmarks.chaos.invariants import INVARIANTS, Violation
from benchmarks.chaos.run import Report
from benchmarks.report import Figure, print_figures


def print_report(console: Console, report: Report, broken: Sequence[Violation]) -> None:
    """A table of what happened, and one of the invariants."""
    print_figures(console, "what happened", _counts(report))
    of_each = Counter(each.invariant for each in broken)
    invariants = [Figure(name, of_each[name], 0) for name in INVARIANTS]
    print_figures(console, "broken", [*invariants, *_ends(report)])


def _counts(report: Report) -> Iterator[Figure]:
    evidence = report.evidence
    yield Figure("customers", len(evidence.customers))
    yield Figure("acts that the product acknowledged", sum(_acknowledged(report)))
    yield Figure("calls that were repeated", report.repeated_calls)
    done = Counter(f"{each.action.what} {each.action.target}" for each in evidence.disturbances)
    yield from (Figure(f"  {name}", count) for name, count in sorted(done.items()))
    yield Figure("requests to Meta", len(evidence.received))
    statuses = Counter(row.status for row in evidence.ledger)
    yield from (Figure(f"  {name}", count) for name, count in sorted(statuses.items()))
    reasons = Counter(f"{row.outcome}, {row.reason}" for row in evidence.journeys)
    yield Figure("journeys", len(evidence.journeys))
    yield from (Figure(f"  {name}", count) for name, count in sorted(reasons.items()))


def _acknowledged(report: Report) -> Iterator[bool]:
    return (each.answer.acknowledged for each in report.evidence.answered)


def _ends(report: Report) -> Iterator[Figure]:
    yield Figure("events left undelivered", report.left.events, 0)
    yield Figure("notifications of Meta left", report.left.notifications, 0)
    yield Figure("journeys left open", report.left.journeys, 0)
    yield Figure("stacks that gave up", int(report.gave_up), 0)
