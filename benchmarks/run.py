"""How fast the program is on a large monorepo: prints a table of ratios.

`python benchmarks/run.py [--images=200] [--only=list,no-op]`. Each figure is compared with
something measured in turns with it, so that a busy machine disturbs both. Images are removed
afterwards; what the builder keeps in its cache is the engine's to drop.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import check
import cold
import list_tasks
import no_op
import one_change
from bench import Bench
from engine_socket import find_engine
from figures import Figure
from tables import describe_machine, to_json, to_markdown

MEASUREMENTS: Mapping[str, Callable[[Bench], Iterator[Figure]]] = MappingProxyType(
    {
        "list": list_tasks.measure,
        "check": check.measure,
        "no-op": no_op.measure,
        "change": one_change.measure,
        "no-op-large": no_op.measure_large,
        "cold": cold.measure,
        "bake": cold.measure_bake,
    }
)
"""Every measurement by the word that chooses it; quick ones first."""


def main() -> None:
    """Measure what the flags say, print the table."""
    flags = _flags()
    engine = find_engine()
    machine = describe_machine(engine)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="connectoryard-benchmark-") as folder:
        bench = Bench(
            engine=engine,
            folder=Path(folder),
            images=flags.images,
            large=flags.large,
            jobs=flags.jobs,
            rounds=flags.rounds,
        )
        try:
            for name in flags.only:
                print(f"measuring {name} …", file=sys.stderr, flush=True)
                figures += MEASUREMENTS[name](bench)
        finally:
            bench.clean()
    print(to_markdown(machine, figures))
    if flags.json:
        flags.json.write_text(json.dumps(to_json(machine, figures), indent=2), encoding="utf-8")


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the program, compare, print a table.")
    parser.add_argument("--images", type=int, default=200, help="of a monorepo")
    parser.add_argument("--large", type=int, default=500, help="images of a large one")
    parser.add_argument("--jobs", type=int, default=4, help="builds at a time, ours and others'")
    parser.add_argument("--rounds", type=int, default=7, help="of what is quick")
    parser.add_argument("--json", type=Path, help="write every value there too")
    parser.add_argument(
        "--only",
        type=_names,
        default=list(MEASUREMENTS),
        help=f"a comma list of {', '.join(MEASUREMENTS)}",
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in MEASUREMENTS:
            raise argparse.ArgumentTypeError(f"{name}: not one of {', '.join(MEASUREMENTS)}")
    return names


if __name__ == "__main__":
    main()
