"""The form of all benchmarks' results: cases of figures, as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel

from benchmarks.measure.machine import Machine
from benchmarks.report import percentile

RATIO: Final = "ratio"
"""The unit of figures that say how many times the reference something is."""

THOUSAND: Final = 1000
MAX_POINTS: Final = 200


class Figure(BaseModel):
    """One number."""

    name: str
    value: float
    unit: str


class Curve(BaseModel):
    """How something went, for the picture."""

    name: str
    points: list[tuple[float, float]]


class Case(BaseModel):
    """What was measured in one run, such as on one database."""

    name: str
    figures: list[Figure]
    curves: list[Curve] = []

    def value(self, name: str) -> float:
        """A figure by its name.

        Raises:
            KeyError: there is none.
        """
        return {figure.name: figure.value for figure in self.figures}[name]


class Result(BaseModel):
    """Everything that one benchmark measured."""

    benchmark: str
    description: str
    parameters: dict[str, str]
    began_at: datetime
    seconds: float
    machine: Machine
    cases: list[Case]
    axes: tuple[str, str] = ("", "")
    """What the curves show."""

    def write(self, folder: Path) -> Path:
        """Write the result as JSON, in a folder that is made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.benchmark}.json"
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, folder: Path, benchmark: str) -> Self:
        """Read what a benchmark wrote."""
        return cls.model_validate_json((folder / f"{benchmark}.json").read_text(encoding="utf-8"))

    def ratios(self) -> list[tuple[str, Figure]]:
        """The ratios to references, each with its case's name."""
        return [
            (case.name, figure)
            for case in self.cases
            for figure in case.figures
            if figure.unit == RATIO
        ]


def written(value: float) -> str:
    """A value for people: four digits, without an exponent if it is large."""
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.4g}"


def ratio(name: str, value: float, reference: float) -> Figure:
    """How many times the reference a value is; 0 without a reference."""
    return Figure(name=name, value=value / reference if reference else 0.0, unit=RATIO)


def milliseconds(name: str, seconds: Sequence[float]) -> list[Figure]:
    """The median, the 99th percentile and the maximum."""
    parts = (("p50", 0.5), ("p99", 0.99)) if seconds else ()
    figures = [
        Figure(name=f"{name} {part}", value=percentile(seconds, share) * 1000, unit="ms")
        for part, share in parts
    ]
    longest = max(seconds, default=0.0) * 1000
    return [*figures, Figure(name=f"{name} longest", value=longest, unit="ms")]


def processor_figures(seconds: Mapping[str, float], units: int, unit: str) -> list[Figure]:
    """Each part's milliseconds of processor time per unit of work."""
    return [
        Figure(name=f"{part}, processor", value=used * 1000 / max(units, 1), unit=f"ms per {unit}")
        for part, used in seconds.items()
    ]


def cumulative(name: str, seconds: Iterable[float]) -> Curve:
    """How many had happened by each instant; of very many some are left out."""
    ordered = sorted(seconds)
    step = max(1, len(ordered) // MAX_POINTS)
    points = [(second, float(count)) for count, second in enumerate(ordered, 1)]
    return Curve(name=name, points=[*points[::step], *points[-1:]])
