"""Run TensorBoard without TensorFlow, until whoever started it has gone.

TensorBoard reads files with TensorFlow if it can. That costs seconds of its start and
hundreds of megabytes, for file systems that no server here has. It looks for a module
named ``tensorboard.compat.notf`` before: TensorBoard's own builds have it where they
leave TensorFlow out.

Its standard input is a pipe from the notebook's server. That closes also where the
server had no time to end what it started.
"""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread
from types import ModuleType

NO_TENSORFLOW = "tensorboard.compat.notf"


def leave_tensorflow_out() -> None:
    """Let TensorBoard in this process take its own file access."""
    sys.modules[NO_TENSORFLOW] = ModuleType(NO_TENSORFLOW)


def end_with_starter() -> None:
    """End this process as soon as its standard input closes."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    end_with_starter()
    leave_tensorflow_out()

    from tensorboard.main import run_main

    run_main()
