"""Letting the kernel end a process when its parent dies, by SIGKILL too (Linux only)."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""From prctl(2)."""


def end_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a child runs before its program, to get this signal when this process dies.

    The library is loaded here and not in the child: between fork and exec it could deadlock.
    """
    if sys.platform != "linux":
        return lambda: None
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # the parent died before the call
            os.kill(os.getpid(), number)

    return prepare


def terminate_with_parent() -> None:
    """Have this process get SIGTERM when its parent, such as make, dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
