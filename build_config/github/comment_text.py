"""Records of runs in, the text of a comment on a pull request out: the same for the same runs."""

from __future__ import annotations

from collections.abc import Sequence

from build_config.run_record import RunRecord
from build_config.run_table import run_table

MARKER = "<!-- connector-yard: results -->"
LIMIT = 65_536
"""What a comment may have; GitHub means characters, we count bytes, which are never fewer."""


def comment_text(runs: Sequence[RunRecord]) -> str:
    """The whole comment, its marker first."""
    head = f"{MARKER}\n"
    return head + run_table(runs, limit=LIMIT - len(head), rest="see the run's summary")
