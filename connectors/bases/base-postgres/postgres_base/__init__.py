"""What a source and a destination of PostgreSQL share: a connection, its errors, names in SQL."""
