from tests.databases import database, database_url, migrated_postgresql, migrated_sqlite

__all__ = ["database", "database_url", "migrated_postgresql", "migrated_sqlite"]
