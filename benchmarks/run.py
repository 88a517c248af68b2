"""How fast the program is on a large monorepo: prints a table of ratios.

`python benchmarks/run.py [--quick] [--only=list,no-op]`. Each figure is compared with something
measured in turns with it, so that a busy machine disturbs both. Images are removed afterwards;
what the builder keeps in its cache is the engine's to drop. All of it needs a quarter of an hour
and 2 GB of disk; `--quick` leaves the longest rows out.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import bake
import check
import cold
import growth
import list_tasks
import memory
import no_op
import one_change
import scheduling
from bench import Bench, CommandFailedError
from engine_socket import find_engine
from figures import Figure
from tables import describe_machine, to_json, to_markdown

MEASUREMENTS: Mapping[str, Callable[[Bench], Iterator[Figure]]] = MappingProxyType(
    {
        "scheduling": scheduling.measure,
        "list": list_tasks.measure,
        "check": check.measure,
        "no-op": no_op.measure,
        "change": one_change.measure,
        "bake": bake.measure,
        "memory": memory.measure,
        "cold": cold.measure,
        "growth": growth.measure,
    }
)
"""Every measurement by the word that chooses it; quick ones first."""

_LONG = ("memory", "cold", "growth")
"""Those that take minutes."""
_QUICK_ROUNDS = 3


def main() -> None:
    """Measure what the flags say, print the table."""
    flags = _flags()
    engine = find_engine()
    machine = describe_machine(engine)
    figures: list[Figure] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="connectoryard-benchmark-") as folder:
        bench = Bench(
            engine=engine,
            folder=Path(folder),
            images=flags.images,
            large=flags.large,
            huge=flags.huge,
            jobs=flags.jobs,
            rounds=_QUICK_ROUNDS if flags.quick else flags.rounds,
        )
        try:
            for name in flags.only or _usual(quick=flags.quick):
                print(f"measuring {name} …", file=sys.stderr, flush=True)
                try:
                    figures += MEASUREMENTS[name](bench)
                except CommandFailedError as error:
                    failed.append(f"{name}: {error}")
        finally:
            bench.clean()
    print(to_markdown(machine, figures))
    if flags.json:
        flags.json.write_text(json.dumps(to_json(machine, figures), indent=2), encoding="utf-8")
    if failed:
        raise SystemExit("\n".join(failed))


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the program, compare, print a table.")
    parser.add_argument("--images", type=int, default=200, help="of what is built from nothing")
    parser.add_argument("--large", type=int, default=500, help="images of a large one")
    parser.add_argument("--huge", type=int, default=2000, help="images of the largest one")
    parser.add_argument("--jobs", type=int, default=4, help="builds at a time, ours and others'")
    parser.add_argument("--rounds", type=int, default=7, help="of what is quick")
    parser.add_argument(
        "--quick", action="store_true", help=f"{_QUICK_ROUNDS} rounds, and not {', '.join(_LONG)}"
    )
    parser.add_argument("--json", type=Path, help="write every value there too")
    parser.add_argument(
        "--only",
        type=_names,
        default=[],
        help=f"a comma list of {', '.join(MEASUREMENTS)}",
    )
    return parser.parse_args()


def _usual(*, quick: bool) -> list[str]:
    return [name for name in MEASUREMENTS if not quick or name not in _LONG]


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in MEASUREMENTS:
            raise argparse.ArgumentTypeError(f"{name}: not one of {', '.join(MEASUREMENTS)}")
    return names


if __name__ == "__main__":
    main()
