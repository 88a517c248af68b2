"""The records of runs in, their timeline and their trace in a folder out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from build_config.atomic_files import rewrite
from build_config.run_record import RunRecord
from build_config.timeline.page import timeline_page
from build_config.timeline.trace import trace

TIMELINE = "timeline.html"
TRACE = "trace.json"


def write_pictures(folder: Path, records: Sequence[RunRecord]) -> None:
    """Write `timeline.html` and `trace.json`.

    Args:
        folder: made where it is missing.
        records: at least one.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rewrite(folder / TIMELINE, timeline_page(records), durable=False)
    rewrite(folder / TRACE, trace(records).encode(), durable=False)
