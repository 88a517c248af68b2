"""An Airbyte destination: records in, files out."""
