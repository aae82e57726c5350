"""Failures that a stand-in was told to have, in the order in which it was told."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """Something that goes wrong the next so many times."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    times: Annotated[int, Field(ge=1)] = 1


FaultT = TypeVar("FaultT", bound=Fault)


class FaultQueue(Generic[FaultT]):
    """Faults that wait for requests."""

    def __init__(self) -> None:
        """Begin with nothing that goes wrong."""
        self._waiting: list[FaultT] = []

    def add(self, fault: FaultT) -> None:
        """Queue a fault, once for each time that it is to happen."""
        self._waiting.extend([fault] * fault.times)

    def take(self, matches: Callable[[FaultT], bool] = lambda _: True) -> FaultT | None:
        """The first waiting fault that matches, which then no longer waits."""
        for index, fault in enumerate(self._waiting):
            if matches(fault):
                return self._waiting.pop(index)
        return None

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._waiting.clear()
