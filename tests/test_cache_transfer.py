"""News of the layers of a pull in, one figure of bytes out."""

from __future__ import annotations

import asyncio

from fakes import Told

from build_config.cache.transfer import Transfer


def test_a_layer_that_came_counts_whole_whatever_was_told_last() -> None:
    transfer = Transfer(tell=Told(), limit=asyncio.Timeout(None))
    transfer.activity("Downloading aa", 3_700, 300_000)
    transfer.activity("Downloading bb", 50, 100)
    transfer.activity("Download complete aa")
    transfer.activity("Download complete cc")  # was there: nothing of it was told
    assert transfer.size == 300_050
