"""What is kept in the database: tables, one repository per table, migrations."""
