"""Titles and rows in, aligned text out: for long lists, which rich takes long to lay out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from build_config.wording import harmless


def aligned(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One line for each row, never folded: what stands in it can be searched for and copied.

    The last column has nothing beside it, so its rule need not be as long as a sentence in it.
    """
    table = [tuple(titles), *(tuple(map(harmless, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(_lines(table, [*widths[:-1], len(titles[-1])]))


def _lines(table: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for number, row in enumerate(table):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)
