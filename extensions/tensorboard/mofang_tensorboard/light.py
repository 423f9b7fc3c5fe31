"""Run TensorBoard without TensorFlow, also where TensorFlow is installed.

TensorBoard reads files with TensorFlow if it can. That costs seconds of its start and
hundreds of megabytes, for file systems that no server here has. It looks for a module
named ``tensorboard.compat.notf`` before: TensorBoard's own builds have it where they
leave TensorFlow out.
"""

from __future__ import annotations

import sys
from types import ModuleType

NO_TENSORFLOW = "tensorboard.compat.notf"


def leave_tensorflow_out() -> None:
    """Let TensorBoard in this process take its own file access."""
    sys.modules[NO_TENSORFLOW] = ModuleType(NO_TENSORFLOW)


if __name__ == "__main__":
    leave_tensorflow_out()

    from tensorboard.main import run_main

    run_main()
