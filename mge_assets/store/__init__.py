"""Values to rows and rows to values: tables, migrations and one store a room of the database."""
