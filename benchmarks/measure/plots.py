"""A picture of a benchmark's result: bars of the figures of each unit, and curves."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Picture

from benchmarks.measure.results import Case, Result, written

WIDTH, BAR, SPACE = 10.0, 0.16, 0.75
"""Inches: of the picture, of a bar, and around the bars of one unit."""

DPI = 110
CURVES = 3.5
"""Inches: the height of the curves."""


def draw(result: Result, folder: Path) -> Path:
    """Draw a PNG beside the JSON."""
    units = _units(result.cases)
    heights = [_height(result.cases, unit) for unit in units]
    if any(case.curves for case in result.cases):
        heights.append(CURVES)
    picture = Picture(figsize=(WIDTH, sum(heights) + SPACE), layout="constrained")
    axes = picture.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for unit, axis in zip(units, axes, strict=False):
        _draw_bars(axis, result.cases, unit)
    if len(heights) > len(units):
        _draw_curves(axes[-1], result)
    picture.suptitle(f"{result.benchmark}, {result.began_at:%Y-%m-%d %H:%M}")
    path = folder / f"{result.benchmark}.png"
    FigureCanvasAgg(picture)
    picture.savefig(path, dpi=DPI)
    return path


def _units(cases: Sequence[Case]) -> list[str]:
    return list(dict.fromkeys(figure.unit for case in cases for figure in case.figures))


def _names(cases: Sequence[Case], unit: str) -> list[str]:
    figures = (figure for case in cases for figure in case.figures if figure.unit == unit)
    return list(dict.fromkeys(figure.name for figure in figures))


def _height(cases: Sequence[Case], unit: str) -> float:
    return len(_names(cases, unit)) * (len(cases) + 1) * BAR + SPACE


def _draw_bars(axis: Axes, cases: Sequence[Case], unit: str) -> None:
    names = _names(cases, unit)
    thickness = 1 / (len(cases) + 1)
    for number, case in enumerate(cases):
        figures = [figure for figure in case.figures if figure.unit == unit]
        places = [names.index(figure.name) + number * thickness for figure in figures]
        values = [figure.value for figure in figures]
        if not figures:
            continue
        bars = axis.barh(places, values, thickness, label=case.name, color=f"C{number}")
        axis.bar_label(bars, [written(each) for each in values], padding=2, fontsize="x-small")
    axis.set_yticks([place + (1 - 2 * thickness) / 2 for place in range(len(names))], names)
    axis.invert_yaxis()
    axis.margins(x=0.15)
    axis.set_xlabel(unit)
    axis.legend(fontsize="x-small")


def _draw_curves(axis: Axes, result: Result) -> None:
    for case in result.cases:
        for curve in case.curves:
            x, y = zip(*curve.points, strict=True) if curve.points else ((), ())
            axis.plot(x, y, label=f"{case.name}: {curve.name}")
    axis.set(xlabel=result.axes[0], ylabel=result.axes[1])
    axis.legend(fontsize="x-small")
