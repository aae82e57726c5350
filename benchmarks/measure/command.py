"""The command line of a benchmark: which databases, how much, and where results go."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.databases import POSTGRESQL_SERVER, BenchmarkDatabase, postgresql, sqlite
from benchmarks.measure.machine import this_machine
from benchmarks.measure.plots import draw
from benchmarks.measure.results import Case, Result, written
from clock import utc_now

DATABASES: Final = ("sqlite", "postgresql", "both")
FOLDER: Final = Path(".bench")
"""Where results go unless `--folder` names another."""

NAME_WIDTH, CASE_WIDTH = 56, 24
"""Columns of the printed table."""

Measure = Callable[[BenchmarkDatabase, argparse.Namespace], Awaitable[list[Case]]]


class Command:
    """`python -m benchmarks.NAME`: measures on each database, prints, writes JSON and a picture."""

    def __init__(
        self,
        name: str,
        description: str | None,
        *,
        axes: tuple[str, str] = ("", ""),
        on_databases: bool = True,
    ) -> None:
        """Add what all benchmarks have.

        Args:
            name: of the module, and of the files.
            description: what is measured, and against which reference.
            axes: what the curves show.
            on_databases: otherwise on SQLite alone.
        """
        self._name, self._description, self._axes = name, description or "", axes
        self._full: dict[str, Any] = {}
        self.parser = argparse.ArgumentParser(
            prog=f"python -m benchmarks.{name}",
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.parser.add_argument("--full", action="store_true", help="large, for minutes")
        self.parser.add_argument("--folder", type=Path, default=FOLDER, help="of the results")
        if on_databases:
            self.parser.add_argument("--database", choices=DATABASES, default="both")
            self.parser.add_argument("--postgresql", default=POSTGRESQL_SERVER, metavar="URL")
        else:
            self.parser.set_defaults(database="sqlite", postgresql=POSTGRESQL_SERVER)

    def number(self, flag: str, *, small: float, full: float, meaning: str) -> None:
        """A number that is larger with `--full`."""
        name, kind = flag.removeprefix("--").replace("-", "_"), type(small)
        self._full[name] = (small, full)
        described = f"{meaning}; {small}, or {full} with --full"
        self.parser.add_argument(flag, dest=name, type=kind, metavar="N", help=described)

    def parse(self, arguments: list[str] | None = None) -> argparse.Namespace:
        """The arguments, with the numbers filled in that were left out."""
        parsed = self.parser.parse_args(arguments)
        for name, (small, full) in self._full.items():
            if getattr(parsed, name) is None:
                setattr(parsed, name, full if parsed.full else small)
        return parsed

    def run(self, measure: Measure) -> Result:
        """Measure, print, and write the files. SIGTERM ends what was started, too."""
        arguments = self.parse()
        result = asyncio.run(_until_terminated(self._measure(measure, arguments)))
        report(result, arguments.folder)
        return result

    async def _measure(self, measure: Measure, arguments: argparse.Namespace) -> Result:
        machine, began_at, began = this_machine(), utc_now(), time.perf_counter()
        cases: list[Case] = []
        for opened in _databases(arguments):
            with opened as database:
                if database is not None:
                    cases += await measure(database, arguments)
        return Result(
            benchmark=self._name,
            description=self._description,
            parameters={name: str(value) for name, value in vars(arguments).items()},
            began_at=began_at,
            seconds=time.perf_counter() - began,
            machine=machine,
            cases=cases,
            axes=self._axes,
        )


def _databases(
    arguments: argparse.Namespace,
) -> list[AbstractContextManager[BenchmarkDatabase | None]]:
    opened = {"sqlite": sqlite(), "postgresql": postgresql(arguments.postgresql)}
    return [opened[name] for name in opened if arguments.database in {name, "both"}]


async def _until_terminated(measuring: Awaitable[Result]) -> Result:
    """Cancel at SIGTERM, so that processes which were started are ended."""
    task = asyncio.ensure_future(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)


def report(result: Result, folder: Path) -> None:
    """Print the figures, and write JSON and picture."""
    print_result(result)
    path = result.write(folder)
    Console().print(f"{path} and {draw(result, folder)}, after {result.seconds:.0f} s")


def print_result(result: Result) -> None:
    """Print the figures, a column for each case."""
    table = Table(result.benchmark, *(case.name for case in result.cases))
    for name, unit, cells in _rows(result.cases):
        table.add_row(f"{name} ({unit})", *cells)
    Console(width=NAME_WIDTH + CASE_WIDTH * len(result.cases)).print(table)


def _rows(cases: list[Case]) -> list[tuple[str, str, list[str]]]:
    named = [{(each.name, each.unit): each.value for each in case.figures} for case in cases]
    keys = dict.fromkeys(key for figures in named for key in figures)
    return [
        (*key, [written(figures[key]) if key in figures else "" for figures in named])
        for key in keys
    ]
