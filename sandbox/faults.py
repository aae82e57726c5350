"""Failures queued for a stand-in, in the order in which they were added."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """A failure, and how many requests it affects."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    times: Annotated[int, Field(ge=1)] = 1


FaultT = TypeVar("FaultT", bound=Fault)


class FaultQueue(Generic[FaultT]):
    """Faults that wait for requests."""

    def __init__(self) -> None:
        self._waiting: list[FaultT] = []

    def add(self, fault: FaultT) -> None:
        """Queue a fault as often as it is to happen."""
        self._waiting.extend([fault] * fault.times)

    def take(self, matches: Callable[[FaultT], bool] = lambda _: True) -> FaultT | None:
        """Remove and return the first fault that matches."""
        for index, fault in enumerate(self._waiting):
            if matches(fault):
                return self._waiting.pop(index)
        return None

    def clear(self) -> None:
        """Drop all faults."""
        self._waiting.clear()
