"""The statements that code runs, and how PostgreSQL would read its tables for them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, event, make_url

READS: Final = ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")
_PLACE: Final = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Statement:
    """A statement, and the parameters of its first execution."""

    sql: str
    parameters: Mapping[str, Any] = field(compare=False)


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Every different statement that this process executes while the block runs."""
    found: dict[str, Statement] = {}

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        first = parameters[0] if isinstance(parameters, list) else parameters
        if sql.lstrip().startswith(READS):
            found.setdefault(sql, Statement(sql, dict(first or {})))

    statements: list[Statement] = []
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        statements += found.values()


@dataclass(frozen=True)
class Plan:
    """How a statement would be executed."""

    statement: Statement
    root: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Every node, the root first."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", [])

    def scanned(self) -> set[str]:
        """The tables that are read from end to end."""
        return {node["Relation Name"] for node in self.nodes() if node["Node Type"] == "Seq Scan"}

    def rows_read(self) -> int:
        """How many rows of tables were looked at, of a plan that was executed."""
        read = 0.0
        for node in self.nodes():
            if "Relation Name" in node and "Actual Rows" in node:
                rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                read += rows * node["Actual Loops"]
        return int(read)

    def __str__(self) -> str:
        """The statement and its nodes."""
        lines = (
            f"  {node['Node Type']} {node.get('Relation Name', '')}"
            f" {node.get('Index Name', '')} cost {node['Total Cost']:.0f} rows {node['Plan Rows']}"
            f" {node.get('Index Cond', '')} {node.get('Filter', '')}"
            for node in self.nodes()
        )
        return "\n".join([self.statement.sql, *lines])


class Planner:
    """Asks a PostgreSQL database for its plans."""

    def __init__(self, url: str) -> None:
        """Connect to the database."""
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.ClientCursor(psycopg.connect(plain, autocommit=True))

    def close(self) -> None:
        """Disconnect."""
        self._connection.connection.close()

    def plans(self, statement: Statement) -> list[Plan]:
        """The plan for these parameters, and the one for any, which a prepared statement may have.

        Psycopg prepares what it executes often.
        """
        return [self._plan_of_these(statement), self._plan_of_any(statement)]

    def executed(self, statement: Statement) -> Plan:
        """The plan after it was executed, without effect."""
        with self._connection.connection.transaction(force_rollback=True):
            return self._explain(statement, statement.sql, "ANALYZE, ")

    def _plan_of_these(self, statement: Statement) -> Plan:
        return self._explain(statement, statement.sql)

    def _plan_of_any(self, statement: Statement) -> Plan:
        names = list(dict.fromkeys(_PLACE.findall(statement.sql)))
        numbered = _PLACE.sub(lambda place: f"${names.index(place[1]) + 1}", statement.sql)
        self._connection.execute(f"PREPARE of_any AS {numbered.replace('%%', '%')}")
        self._connection.execute("SET plan_cache_mode = force_generic_plan")
        values = ", ".join(f"%({name})s" for name in names)
        try:
            return self._explain(statement, f"EXECUTE of_any{f'({values})' if names else ''}")
        finally:
            self._connection.execute("RESET plan_cache_mode")
            self._connection.execute("DEALLOCATE of_any")

    def _explain(self, statement: Statement, what: str, options: str = "") -> Plan:
        explain = f"EXPLAIN ({options}FORMAT JSON) {what}"
        explained = self._connection.execute(explain, statement.parameters)
        [[found]] = explained.fetchall()
        return Plan(statement, found[0]["Plan"])
