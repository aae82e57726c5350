"""What the stand-in for Meta received, kept apart from the product's own database."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class ReceivedRequest(BaseModel):
    """One request to send, and its answer."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    method: str
    path: str
    headers: dict[str, str]
    """Without `Authorization`, so that the ledger may be shown."""
    body: Any
    status: int | None
    """None when the request was left without an answer."""
    answer: Any
    message_id: str | None
    """Set when the message reached a phone, also if the answer was an error."""
    problem: str | None = None
    """What in the request differs from what Meta published."""


class _Reset(BaseModel):
    """A line of the file: the lines above no longer count."""

    model_config = ConfigDict(extra="forbid")

    reset: bool = True


class Ledger:
    """An append-only list. With a file it survives the death of the process."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._entries = [] if path is None else _read(path)

    @property
    def entries(self) -> list[ReceivedRequest]:
        """Everything received since the last reset, oldest first."""
        return list(self._entries)

    def append(self, entry: ReceivedRequest) -> None:
        """Keep an entry. It is on disk on return, thus before the request is answered."""
        self._write(entry)
        self._entries.append(entry)

    def reset(self) -> None:
        """Forget everything. The file keeps its lines and gets one that says so."""
        self._write(_Reset())
        self._entries.clear()

    def _write(self, line: BaseModel) -> None:
        if self._path is None:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path) -> list[ReceivedRequest]:
    entries: list[ReceivedRequest] = []
    for line in _lines(path):
        try:
            entries.append(ReceivedRequest.model_validate_json(line))
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
