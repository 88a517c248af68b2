"""What the image starts."""

import sys

from destination_postgres.run import run

sys.exit(run(sys.argv[1:]))
