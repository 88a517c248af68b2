from collections.abc import Iterator

import pytest
from sample_api import SampleApi, sample_api


@pytest.fixture
def server() -> Iterator[SampleApi]:
    """A server of this test's own."""
    with sample_api() as running:
        yield running
