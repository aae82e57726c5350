import io
from argparse import Namespace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.__main__ import ON_DATABASES, ON_SQLITE, options, ratios, run
from benchmarks.measure.command import Command
from benchmarks.measure.machine import this_machine
from benchmarks.measure.results import Case, Result, ratio


@pytest.mark.parametrize("name", [*ON_DATABASES, *ON_SQLITE])
@pytest.mark.parametrize("full", [False, True])
def test_each_benchmark_understands_what_it_is_told(name: str, full: bool) -> None:
    told = options(name, Namespace(full=full, database="sqlite"))
    command: Command = import_module(f"benchmarks.{name}").command()

    parsed = command.parse(told)

    assert parsed.full is full
    assert parsed.database == "sqlite"


def test_a_benchmark_that_fails_has_no_result(tmp_path: Path) -> None:
    assert run("no_such_benchmark", tmp_path, []) is None
    assert "no_such_benchmark" in (tmp_path / "no_such_benchmark.log").read_text()


def test_ratios_are_printed_with_benchmark_and_case() -> None:
    result = Result(
        benchmark="ingest",
        description="",
        parameters={},
        began_at=datetime(2026, 11, 30, tzinfo=UTC),
        seconds=1,
        machine=this_machine(),
        cases=[Case(name="SQLite", figures=[ratio("delivered / bare", 3, 4)])],
    )
    written = io.StringIO()
    Console(width=100, file=written).print(ratios([result]))

    assert "0.75" in written.getvalue()
