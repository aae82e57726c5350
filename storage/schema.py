"""The whole schema: every table that migrations make."""

from storage import result_tables, tables

TABLES = (tables, result_tables)
"""The modules that define them."""

metadata = tables.metadata
