"""Run the tests whose right answer takes minutes, and remember that they passed.

Words on the command line go to pytest; the run is remembered only without any.
"""

import subprocess
import sys
import time

from tests.support import passed

FOLDERS = ("unit", "cluster", "ceph", "e2e")
"""Each is a run of its own: the browser's event loop stays to the end of a run."""

NAME = "test-long"


def run(folder: str, arguments: list[str]) -> bool:
    """Return whether the long tests of one folder passed."""
    command = [sys.executable, "-m", "pytest", f"tests/{folder}", "-m", "long"]
    done = subprocess.run([*command, *arguments], cwd=passed.REPOSITORY, check=False)
    return done.returncode == 0


def main() -> int:
    """Return 0 when all passed."""
    arguments = sys.argv[1:]
    print(passed.message(NAME), flush=True)
    tested, began = passed.begin(), time.monotonic()
    results = [run(folder, arguments) for folder in FOLDERS]
    if not all(results):
        return 1
    if not arguments:
        passed.record(NAME, tested, time.monotonic() - began)
        print(passed.message(NAME))
    return 0


if __name__ == "__main__":
    sys.exit(main())
