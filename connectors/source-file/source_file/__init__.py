"""An Airbyte source: files of CSV or JSON Lines in, records out."""
