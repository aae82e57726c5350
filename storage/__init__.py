"""The database: tables, one repository per table, migrations."""
