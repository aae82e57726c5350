"""Two arms compared: everything that is known of one figure of an experiment today."""

from dataclasses import dataclass
from typing import Self

from domain.experiments.confidence import Interval, difference
from domain.experiments.planning import Setup, weeks_to_answer
from domain.experiments.summary import ArmSummary


@dataclass(frozen=True)
class Comparison:
    """What the treated came to beside the control, per shopper."""

    treated: ArmSummary
    control: ArmSummary
    wanted: float
    """The difference per shopper that the experiment is to find."""
    interval: Interval | None
    """None: too little is known."""
    weeks_to_go: float | None
    """Until the wanted difference would show; None: no time can be told."""

    @classmethod
    def of(
        cls,
        treated: ArmSummary,
        control: ArmSummary,
        lift: float,
        setup: Setup,
        shoppers_per_week: float,
    ) -> Self:
        """Compare two arms.

        Args:
            treated: who got messages, or the first of two variants.
            control: who was held out, or the second.
            lift: the relative difference to find: 0.2 is a fifth more than the control.
            setup: how the experiment is set up.
            shoppers_per_week: who come into either arm.
        """
        wanted = control.mean * lift
        interval = difference(treated, control, expected=setup.expected, alpha=setup.alpha)
        weeks = weeks_to_answer(treated, control, wanted, setup, shoppers_per_week)
        return cls(treated, control, wanted, interval, weeks)

    @property
    def is_answered(self) -> bool:
        """Whether there is a difference, or none as large as the wanted one."""
        return self.interval is not None and (self.interval.excludes_zero or self.is_ruled_out)

    @property
    def is_ruled_out(self) -> bool:
        """Whether the difference, if there is one, is smaller than the wanted one, either way."""
        interval = self.interval
        return interval is not None and -self.wanted < interval.low <= interval.high < self.wanted
