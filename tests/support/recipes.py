"""Packages as a recipe of the documentation changes them, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_with_packages(program: str, *arguments: str, paths: tuple[Path, ...]) -> Any:
    """Run a program that prints JSON, and return what it printed.

    Args:
        program: Its text.
        *arguments: What it is called with.
        paths: Where packages are looked for before those that are installed.
    """
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
