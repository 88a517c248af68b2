"""An image and a kind of test in, the record of a pass that would be the same today out."""

from __future__ import annotations

from build_config import test_records
from build_config.acceptance.config_reading import read_config
from build_config.connector import Connector
from build_config.settings import Settings
from build_config.steps import Kind
from build_config.test_records import TestRecord


def passed(
    settings: Settings, connector: Connector, image_id: str, kind: Kind
) -> TestRecord | None:
    """The record of this very image; None where the tests did not pass, or follow another config.

    Raises:
        RepositoryError: the acceptance config cannot be read.
    """
    record = test_records.read(settings.state, image_id, kind)
    if record is None or not record.passed:
        return None
    if kind is Kind.UNIT:
        return record
    config = read_config(settings.root / connector.path, connector.path)
    return record if config and config.digest == record.config_hash else None
