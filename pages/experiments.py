"""The page of a store's experiments: differences over time, and what an experiment would take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.experiment_models import Experiment, Forecast, Point


@dataclass(frozen=True)
class Shown:
    """An experiment, and its difference as a plot; None: there is none to draw yet."""

    experiment: Experiment
    plot: dict[str, Any] | None


def shown(experiments: Iterable[Experiment]) -> list[Shown]:
    """The experiments, in the same order."""
    return [Shown(each, _plot(each.over_time)) for each in experiments]


def _plot(points: list[Point]) -> dict[str, Any] | None:
    """The first difference by day, with the interval as a band."""
    first = [each for each in points if each.against == points[0].against]
    if len(first) < 2:  # noqa: PLR2004  # a line has two ends
        return None
    found = [each.difference for each in first]
    lines = {
        "Difference": [each.estimate for each in found],
        "At least": [each.low for each in found],
        "At most": [each.high for each in found],
    }
    return {
        "days": [each.at.date().isoformat() for each in first],
        "lines": [{"name": name, "values": values} for name, values in lines.items()],
        "band": [3, 2],
    }


def by_plan(forecasts: Iterable[Forecast]) -> Mapping[str, list[Forecast]]:
    """The forecasts of each plan, the smallest holdout first."""
    found: dict[str, list[Forecast]] = {}
    for each in forecasts:
        found.setdefault(each.plan, []).append(each)
    return found
