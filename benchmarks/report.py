"""What benchmarks print."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """A count. With a maximum it checks an invariant."""

    name: str
    count: int
    maximum: int | None = None

    @property
    def broken(self) -> bool:
        """Whether the invariant is broken."""
        return self.maximum is not None and self.count > self.maximum

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The row of the table."""
        maximum = "" if self.maximum is None else str(self.maximum)
        return self.name, str(self.count), maximum, "BROKEN" if self.broken else ""


def print_figures(console: Console, title: str, figures: Iterable[Figure]) -> None:
    """Print a table of figures."""
    table = Table(title, "count", "at most", "")
    for figure in figures:
        table.add_row(*figure.cells)
    console.print(table)


def percentile(values: Iterable[float], part: float) -> float:
    """The value that `part` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * part)]
