"""Run the command line: ``python -m mofang_images``."""

import sys

from mofang_images.cli import main

if __name__ == "__main__":
    sys.exit(main())
