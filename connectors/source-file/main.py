"""What the image starts."""

import sys

from source_file.run import main

sys.exit(main(sys.argv[1:]))
