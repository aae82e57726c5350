"""Letting the kernel end a process when its parent is gone, however the parent went (Linux)."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""From prctl(2)."""


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a child is to run before its program, so that it gets this signal.

    Everything is looked up here and now: between fork and exec there should be no surprises.
    """
    if sys.platform != "linux":
        return lambda: None
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before we could ask
            os.kill(os.getpid(), number)

    return prepare


def ask_to_end_with_parent() -> None:
    """Ask for SIGTERM for this very process when its parent, such as make, is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
