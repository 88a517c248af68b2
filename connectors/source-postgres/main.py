"""What the image starts."""

import os
import signal
import sys


def main() -> int:
    """Run one command of the protocol: the arguments of the program."""
    # The first process of a container ends on SIGTERM only if it says so itself: before any import.
    # Without an exception: in the middle of an import one can get lost.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    from source_postgres.run import run

    return run(sys.argv[1:])


sys.exit(main())
