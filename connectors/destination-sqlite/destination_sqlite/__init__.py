"""An Airbyte destination: records in, tables of one SQLite file out."""
