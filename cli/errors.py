"""What can keep a command from doing its work. Each is shown as it is, without a traceback.

CommandError
├── PortsTakenError      somebody else listens where we would
├── DataDirTakenError    another stack runs in the same directory
├── TemporalMissingError the dev server is not installed
├── ChildFailedError     a process dies again and again
├── NotReadyError        everything runs, but not together
└── DifferentEndError    a journey of the demo did not end as it should
"""


class CommandError(Exception):
    """A command that cannot go on; the message says why, and what to do about it."""


class PortsTakenError(CommandError):
    """Somebody else listens where we would."""


class DataDirTakenError(CommandError):
    """Another stack runs in the same directory."""


class TemporalMissingError(CommandError):
    """The dev server is not installed."""


class ChildFailedError(CommandError):
    """A process dies again and again."""


class NotReadyError(CommandError):
    """Everything runs, but not together."""


class DifferentEndError(CommandError):
    """A journey of the demo did not end as it should."""


class Interrupted(BaseException):
    """A signal asked for the end. Not an Exception, so that nothing on the way handles it."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.exit_code = 128 + number
