"""Runs a source that is only a `manifest.yaml`, on the declarative runtime of airbyte-cdk."""
