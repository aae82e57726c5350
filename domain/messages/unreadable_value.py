"""What a filter raises for a value that it cannot write."""

from liquid.exceptions import LiquidError


class UnreadableValueError(LiquidError):
    """A value is not what a filter is for."""

    def __init__(self, because: str) -> None:
        """Take the reason, which goes on from the field's name and does not tell the value."""
        super().__init__(because, token=None)
        self.because = because
