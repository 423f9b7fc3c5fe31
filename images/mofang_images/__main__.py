"""Run the command line: ``python -m mofang_images``."""

import sys

from mofang_images.cli import main
from mofang_images.commands import end_on_signals

if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
