from collections.abc import Iterator

import pytest
from sample_api import SampleApi, sample_api


@pytest.fixture
def api() -> Iterator[SampleApi]:
    """A server of this test's own."""
    with sample_api() as server:
        yield server
