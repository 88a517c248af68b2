"""What the image starts."""

import signal
import sys


def main() -> int:
    """Run one command of the protocol: the arguments of the program."""
    # The first process of a container ends on SIGTERM only if it says so itself: before any import.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    from base_declarative import run

    return run.main(sys.argv[1:])


sys.exit(main())
