"""Showing journeys while they run: a table that changes, or a line for each change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli.demo.stories import Story
from cli.demo.watching import Journey
from domain.outcomes import Stage

_TALL = 50
"""Lines of a terminal on which every decision has its own; else only the last is shown."""


@dataclass(frozen=True)
class Row:
    """One customer at one moment."""

    story: Story
    did: Sequence[str]
    journey: Journey | None


class Screen(Protocol):
    """Shows the present state of every journey."""

    def show(self, rows: Sequence[Row]) -> None:
        """Show this instead of what was shown before."""


class _Lines:
    """For logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, str] = {}

    def show(self, rows: Sequence[Row]) -> None:
        for row in rows:
            line = f"{row.story.name:7} {_did(row)} -> {_where(row)}"
            if self._shown.get(row.story.customer_id) != line:
                self._shown[row.story.customer_id] = line
                self._console.print(
                    f"{datetime.now(UTC):%H:%M:%S}  {line}",
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )


class _LiveTable:
    """For people."""

    def __init__(self, live: Live, *, tall: bool) -> None:
        self._live = live
        self._decisions = slice(None) if tall else slice(-1, None)

    def show(self, rows: Sequence[Row]) -> None:
        table = Table("customer", "did", "stage", "next message in", "outcome", "decided")
        for row in rows:
            table.add_row(
                row.story.name,
                _did(row),
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


def _did(row: Row) -> str:
    if len(row.did) > 2:  # noqa: PLR2004  # two fit on a line
        return f"{len(row.did)} events: {row.did[0]}, …"
    return ", then ".join(row.did)


def _where(row: Row) -> str:
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
