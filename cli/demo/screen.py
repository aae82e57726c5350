"""Showing journeys while they run: a table that changes, or a line for each change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli.demo.journey_watcher import Journey
from cli.demo.scenarios import Scenario
from domain.journey.outcomes import Stage

_TALL = 50
"""Lines of a terminal on which every decision has its own; else only the last is shown."""


@dataclass(frozen=True)
class JourneyRow:
    """The state of one scenario at one moment."""

    scenario: Scenario
    actions: Sequence[str]
    journey: Journey | None


class Screen(Protocol):
    """Shows the current state of every journey."""

    def show(self, rows: Sequence[JourneyRow]) -> None:
        """Show this instead of what was shown before."""


class _Lines:
    """A line for each change, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}

    def show(self, rows: Sequence[JourneyRow]) -> None:
        for row in rows:
            line = f"{row.scenario.name:7} {_actions(row)} -> {_state(row)}"
            if self._shown.get(row.scenario.customer_id) != line:
                self._shown[row.scenario.customer_id] = line
                self._console.print(
                    f"{datetime.now(UTC):%H:%M:%S}  {line}",
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )


class _LiveTable:
    """A table that changes, for terminals."""

    def __init__(self, live: Live, *, tall: bool) -> None:
        self._live = live
        self._decisions = slice(None) if tall else slice(-1, None)

    def show(self, rows: Sequence[JourneyRow]) -> None:
        table = Table("customer", "did", "stage", "next message in", "outcome", "decided")
        for row in rows:
            table.add_row(
                row.scenario.name,
                _actions(row),
                row.journey.stage if row.journey else "",
                _countdown(row.journey),
                _outcome(row.journey),
                "\n".join(_decisions(row.journey)[self._decisions]),
            )
        self._live.update(table)


@contextmanager
def screen(console: Console) -> Iterator[Screen]:
    """A screen for this console, for as long as the block runs."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, refresh_per_second=8) as live:
        yield _LiveTable(live, tall=console.height >= _TALL)


def _actions(row: JourneyRow) -> str:
    if len(row.actions) > 2:  # noqa: PLR2004  # two fit on a line
        return f"{len(row.actions)} events: {row.actions[0]}, …"
    return ", then ".join(row.actions)


def _state(row: JourneyRow) -> str:
    journey = row.journey
    if journey is None:
        return "…"
    if journey.stage is Stage.CLOSED:
        return f"closed, {_outcome(journey)}"
    return ", ".join([journey.stage, *_decisions(journey)[-1:]])


def _countdown(journey: Journey | None) -> str:
    if journey is None or journey.next_message_at is None:
        return ""
    left = (journey.next_message_at - datetime.now(UTC)).total_seconds()
    return f"{max(left, 0):.0f} s"


def _outcome(journey: Journey | None) -> str:
    return f"{journey.outcome}: {journey.reason}" if journey and journey.outcome else ""


def _decisions(journey: Journey | None) -> list[str]:
    return [decision.decision for decision in journey.decisions] if journey else []
