"""Inserting a row unless it is there, by a statement that is built once."""

from collections.abc import Mapping

from sqlalchemy import Insert, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert


def insert_if_new(table: Table) -> Mapping[str, Insert]:
    """By the database's name: adds a row unless a unique key of it is taken.

    Returns the primary key of the row that it added, and no row otherwise.
    """
    return {
        "sqlite": _if_new(SqliteInsert(table), table),
        "postgresql": _if_new(PostgresqlInsert(table), table),
    }


def _if_new(statement: SqliteInsert | PostgresqlInsert, table: Table) -> Insert:
    return statement.on_conflict_do_nothing().returning(*table.primary_key)
