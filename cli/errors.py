"""Errors of commands. Each is printed as it is, without a traceback.

CommandError
├── PortsTakenError        a port is in use
├── DataDirTakenError      another stack runs in the same directory
├── TemporalMissingError   the dev server is not installed
├── ChildFailedError       a process dies again and again
├── NotReadyError          the processes run, but the API does not get ready
└── UnexpectedOutcomeError a journey of the demo did not end as expected
"""


class CommandError(Exception):
    """A command that cannot go on; the message says why, and what to do about it."""


class PortsTakenError(CommandError):
    """A port is in use."""


class DataDirTakenError(CommandError):
    """Another stack runs in the same directory."""


class TemporalMissingError(CommandError):
    """The dev server is not installed."""


class ChildFailedError(CommandError):
    """A process dies again and again."""


class NotReadyError(CommandError):
    """The processes run, but the API does not get ready."""


class UnexpectedOutcomeError(CommandError):
    """A journey of the demo did not end as expected."""


class Interrupted(BaseException):
    """A signal to stop. Not an Exception, so that `except Exception` does not catch it."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.exit_code = 128 + number
