"""An Airbyte destination: records in, tables of a PostgreSQL database out."""
