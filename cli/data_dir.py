"""The directory that an embedded stack keeps everything in; one stack at a time."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cli.errors import CommandError, DataDirTakenError

LOCK = "lock"


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Lock the directory while the block runs. A killed process holds no lock.

    Raises:
        DataDirTakenError: another stack runs there.
        CommandError: the directory cannot be written.
    """
    with _lock_file(directory) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataDirTakenError(
                f"another stack runs in {directory}. Stop it, or set DATA_DIR to another directory"
            ) from error
        yield


def _lock_file(directory: Path) -> TextIO:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (directory / LOCK).open("a", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"DATA_DIR cannot be used: {error}") from error


def wipe(directory: Path) -> None:
    """Remove everything that an earlier stack left; the caller holds the lock."""
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != LOCK:
            entry.unlink()
