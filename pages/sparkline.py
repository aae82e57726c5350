"""Sparklines: a few numbers as one line of an inline SVG, without scripts or styles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 96
HEIGHT: Final = 24
_MARGIN: Final = 2


@dataclass(frozen=True)
class Sparkline:
    """A line, and what it says to a person who cannot see it."""

    points: str
    """Of an SVG `polyline` within `WIDTH` by `HEIGHT`."""
    said: str


def sparkline(values: Sequence[int], noun: str) -> Sparkline:
    """The line of at least two numbers, oldest first, from zero up to the largest.

    Args:
        values: one a day.
        noun: what they count, such as `messages`.
    """
    top = max(*values, 1)
    across, up = (WIDTH - 2 * _MARGIN) / (len(values) - 1), HEIGHT - 2 * _MARGIN
    points = (
        f"{_MARGIN + place * across:.1f},{HEIGHT - _MARGIN - value / top * up:.1f}"
        for place, value in enumerate(values)
    )
    said = f"{sum(values):,} {noun} in {len(values)} days, {values[-1]:,} on the last"
    return Sparkline(" ".join(points), said)
