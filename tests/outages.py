"""A database that goes away at a chosen statement, and comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError


@dataclass
class Outage:
    """Statements and commits of every database of this process fail from one of them on."""

    statements_left: int | None = None
    """How many still succeed; None: all of them."""
    failures: int = 0
    """How many failed."""
    lasts: int = 10**9
    """How many fail before the database is back."""
    only: str = ""
    """Part of the statements that fail; empty: all fail."""

    def begin(self, after: int = 0, lasts: int = 10**9, only: str = "") -> None:
        """Go away after so many statements; come back after so many failures."""
        self.statements_left, self.lasts, self.only, self.failures = after, lasts, only, 0

    def end(self) -> None:
        """Come back."""
        self.statements_left = None

    def meets(self, what: str) -> None:
        """Fail a statement or a commit, if it is its turn."""
        if self.statements_left is None or self.only not in what:
            return
        if self.statements_left > 0:
            self.statements_left -= 1
            return
        self.failures += 1
        if self.failures >= self.lasts:
            self.end()
        raise OperationalError(what, None, ConnectionRefusedError("the database is away"))


@contextmanager
def outages(*, commits_are_lost: bool = False) -> Iterator[Outage]:
    """Outages for the time of the block.

    Args:
        commits_are_lost: a commit that fails has happened, and its answer was lost.
    """
    outage = Outage()

    def before_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        del connection
        outage.meets(statement)

    def before_commit(connection: Connection) -> None:
        try:
            outage.meets("COMMIT")
        except OperationalError:
            if commits_are_lost:
                connection.connection.commit()
            raise

    event.listen(Engine, "before_cursor_execute", before_statement)
    event.listen(Engine, "commit", before_commit)
    try:
        yield outage
    finally:
        event.remove(Engine, "before_cursor_execute", before_statement)
        event.remove(Engine, "commit", before_commit)
