"""What the stand-in for Meta received, kept outside of the product that is being watched."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Received(BaseModel):
    """One request to send, and what became of it."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    method: str
    path: str
    headers: dict[str, str]
    """Without `Authorization`: the ledger may be shown around."""
    body: Any
    status: int | None
    """What was answered; None when it was left without an answer."""
    answer: Any
    message_id: str | None
    """Set when the message reached a phone, whatever was answered."""
    wrong: str | None = None
    """What about the request is not as Meta published it."""


class _Reset(BaseModel):
    """The line that says: what stands above no longer counts."""

    model_config = ConfigDict(extra="forbid")

    reset: bool = True


class Ledger:
    """An append-only list, with a file also through the death of the process."""

    def __init__(self, path: Path | None = None) -> None:
        """Begin empty, or with what the file of an earlier life holds."""
        self._path = path
        self._entries = [] if path is None else _read(path)

    @property
    def entries(self) -> list[Received]:
        """Everything received since the last reset, oldest first."""
        return list(self._entries)

    def append(self, entry: Received) -> None:
        """Keep an entry; it is on the disk when this returns, so before it is answered."""
        self._write(entry)
        self._entries.append(entry)

    def reset(self) -> None:
        """Forget everything; the file only grows by a line that says so."""
        self._write(_Reset())
        self._entries.clear()

    def _write(self, line: BaseModel) -> None:
        if self._path is None:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path) -> list[Received]:
    entries: list[Received] = []
    for line in _lines(path):
        try:
            entries.append(Received.model_validate_json(line))
        except ValidationError:
            _Reset.model_validate_json(line)
            entries.clear()
    return entries


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines only: a process killed while it wrote leaves half a line, which is cut off."""
    content = path.read_bytes() if path.exists() else b""
    whole, newline, torn = content.rpartition(b"\n")
    if torn:
        os.truncate(path, len(whole + newline))
    yield from filter(None, whole.split(b"\n"))
