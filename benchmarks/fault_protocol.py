"""What passes between the benchmark of faults and its worker processes: lines of JSON.

A worker's standard input has the configuration, then commands; its standard output has answers.
"""

from pydantic import BaseModel


class WorkerConfig(BaseModel):
    """The first line of input."""

    database_url: str
    meta_url: str
    refusing_url: str
    """Refuses connections."""


class SendCommand(BaseModel):
    """A line of input: the message to send."""

    number: int
    refused_attempts: int = 0
    """How many attempts meet a refused connection."""


class SendAnswer(BaseModel):
    """A line of output: the result that the journey would get."""

    number: int
    result: str
