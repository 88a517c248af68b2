"""An Airbyte source: a config in, records out."""
