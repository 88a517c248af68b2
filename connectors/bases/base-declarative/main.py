"""What the image starts."""

import sys

from base_declarative.run import main

sys.exit(main(sys.argv[1:]))
