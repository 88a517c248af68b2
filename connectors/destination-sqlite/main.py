"""What the image starts."""

import sys

from destination_sqlite.run import main

sys.exit(main(sys.argv[1:]))
