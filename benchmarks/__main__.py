"""Every benchmark, one after the other: `make bench`, or `python -m benchmarks [--full]`.

Prints the ratios to the references at the end. The processes that are measured write what they have
to say to NAME.log beside NAME.json and NAME.png.
"""

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.measure.command import DATABASES, FOLDER, print_result
from benchmarks.measure.results import Result

ON_DATABASES: Final = (
    "ingest",
    "ingest_new",
    "accept",
    "latency",
    "due",
    "debounce",
    "open_journeys",
    "webhook",
    "stop",
    "floods",
    "results",
)
ON_SQLITE: Final = ("fairness", "burst", "experiments")
"""They take no `--database`."""


def run(name: str, folder: Path, told: Iterable[str]) -> Result | None:
    """Run one benchmark; None: it failed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = (sys.executable, "-m", f"benchmarks.{name}", "--folder", str(folder), *told)
    with (
        (folder / f"{name}.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as process,  # noqa: S603  # ours
    ):
        try:
            failed = process.wait()
        finally:
            process.terminate()  # it ends what it started
    return None if failed else Result.read(folder, name)


def options(name: str, arguments: argparse.Namespace) -> list[str]:
    """What one benchmark is told besides where its results go."""
    full = ["--full"] if arguments.full else []
    database = ["--database", arguments.database] if name in ON_DATABASES else []
    return [*full, *database]


def ratios(results: Iterable[Result]) -> Table:
    """The ratios of all results."""
    table = Table("benchmark", "case", "ratio", "")
    for result in results:
        for case, figure in result.ratios():
            table.add_row(result.benchmark, case, figure.name, f"{figure.value:.3g}")
    return table


def main(arguments: argparse.Namespace) -> bool:
    """Run all; whether all succeeded."""
    folder, console = arguments.folder, Console()
    results, failed = [], []
    for name in arguments.only or [*ON_DATABASES, *ON_SQLITE]:
        result = run(name, folder, options(name, arguments))
        if result is None:
            console.print(f"{name} failed: see {folder / name}.log")
            failed.append(name)
        else:
            print_result(result)
            results.append(result)
    console.print(ratios(results))
    console.print(f"JSON and pictures of {len(results)} benchmarks are in {folder}")
    return not failed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="large; takes hours")
    parser.add_argument("--database", choices=DATABASES, default="both")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    names = (*ON_DATABASES, *ON_SQLITE)
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help="some of them")
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(0 if main(_arguments()) else 1)
