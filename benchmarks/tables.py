"""Figures and the machine they were measured on in, Markdown and JSON out."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine_socket import Engine
from figures import Figure, Samples

_TITLES = ("what", "measured", "against", "measured", "ratio", "bar", "")


def describe_machine(engine: Engine) -> dict[str, str]:
    """What a reader has to know to compare; Linux only, as far as the processor goes."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "engine": engine.describe(),
        "python": f"{platform.python_version()}, invoke {version('invoke')}",
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def to_markdown(machine: dict[str, str], figures: Sequence[Figure]) -> str:
    """A line for each figure: the median, and the smallest and the largest in brackets."""
    described = "; ".join(f"{name}: {value}" for name, value in machine.items())
    head = (_line(_TITLES), _line(["---"] * len(_TITLES)))
    return "\n".join((*head, *map(_row, figures), "", described))


def to_json(machine: dict[str, str], figures: Sequence[Figure]) -> dict[str, Any]:
    """The same, with every measured value."""
    return {
        "machine": machine,
        "figures": [
            {
                "what": figure.what,
                "measured": figure.measured.values,
                "against": figure.against,
                "reference": figure.reference.values,
                "unit": figure.unit,
                "ratio": figure.ratio.median,
                "most_ratio": figure.most_ratio,
                "most": figure.most,
                "met": figure.is_met,
                "remark": figure.remark,
            }
            for figure in figures
        ],
    }


def _row(figure: Figure) -> str:
    bars = [f"ratio ≤ {figure.most_ratio:g}"] if figure.most_ratio else []
    bars += [f"≤ {figure.most:g} {figure.unit}"] if figure.most else []
    said = [("met" if figure.is_met else "**not met**")] if bars else []
    cells = (
        figure.what,
        f"{_spread(figure.measured)} {figure.unit}",
        figure.against,
        f"{_spread(figure.reference)} {figure.unit}",
        _spread(figure.ratio),
        ", ".join(bars),
        ", ".join((*said, *filter(None, (figure.remark,)))),
    )
    return _line(cells)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _spread(samples: Samples) -> str:
    if len(samples.values) == 1:
        return f"{samples.median:.2f}"
    return f"{samples.median:.2f} ({samples.low:.2f}-{samples.high:.2f})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
