"""What publishing withstands, in figures: `python tests/campaigns/proof.py [--only=faults,…]`.

Every fault at every request in every situation, a kill at every effect, two publishers at once. It
takes about half an hour; `--part` does what `pytest tests/campaigns` does, in a few minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    """Run what the flags say, print a line for each; 1 where something did not hold."""
    # the campaigns stand on what the tests stand on
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from campaigns import CAMPAIGNS

    parser = argparse.ArgumentParser(description="Measure what publishing withstands.")
    parser.add_argument("--only", default=",".join(CAMPAIGNS), help=f"of {', '.join(CAMPAIGNS)}")
    parser.add_argument("--part", action="store_true", help="a few minutes, as the tests")
    flags = parser.parse_args()
    wrong = 0
    for name in flags.only.split(","):
        figure = CAMPAIGNS[name](everything=not flags.part)
        sys.stdout.write(f"{figure}\n")
        sys.stdout.writelines(f"  {failure}\n" for failure in figure.count.failures)
        sys.stdout.flush()
        wrong += len(figure.count.failures)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
