"""An Airbyte source: tables and views of a PostgreSQL database in, records out."""
