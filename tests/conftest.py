"""Fixtures that tests of several packages share. Imported here, each exists once in a session."""

import pytest
from hypothesis import settings

from tests.databases import (
    database,
    database_url,
    empty_database_url,
    migrated_postgresql,
    migrated_sqlite,
)
from tests.worlds import any_world, postgresql_world, real_world, world

__all__ = [
    "any_world",
    "database",
    "database_url",
    "empty_database_url",
    "migrated_postgresql",
    "migrated_sqlite",
    "postgresql_world",
    "real_world",
    "world",
]

# The same examples on every run: a search for new ones belongs on a desk, not between a change
# and its landing. `pytest --hypothesis-profile=default` searches.
settings.register_profile("repeatable", derandomize=True, deadline=None)
# Thousands of new cases: `pytest tests/journey_model --hypothesis-profile=thorough`.
settings.register_profile("thorough", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with slow modules: the last one of several processes would work on one alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
