"""Generated hostile requests: a part of what `make attack` sends."""

import secrets
import subprocess
import sys

from support.platform import REPOSITORY

REQUESTS = 2400


def test_hostile_requests_get_nothing_and_break_nothing() -> None:
    seed = secrets.randbelow(2**32)
    # A process of its own: the browser's event loop runs in this one.
    command = [sys.executable, "-m", "tests.attack", "--generated"]
    command += [f"--requests={REQUESTS}", f"--seed={seed}"]

    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    print(done.stdout)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr}"
