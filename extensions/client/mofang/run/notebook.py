"""Run one notebook by papermill: ``notebook.py NOTEBOOK OUTPUT [PARAMETERS…]``.

A program of its own, started by path, so that it needs no import path: torchrun and
mpirun start it in as many processes as they start scripts. OUTPUT is empty where the
executed notebook is not to be kept; of several processes that of rank 0 keeps it.
"""

from __future__ import annotations

import importlib.util
import os
import sys

NOT_FOUND = 127

_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK")


def main(arguments: list[str]) -> int:
    """Become papermill, or say why not."""
    notebook, output, *parameters = arguments
    found = importlib.util.find_spec("papermill")
    if found is None or found.origin is None:
        print(  # noqa: T201 - the wrapper copies it to the log
            f"The notebook {notebook} needs the package papermill, which "
            f"{sys.executable} does not have. Choose an image that has it, or name a "
            "requirements file with papermill in it."
        )
        return NOT_FOUND
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    kept = output if output and ranks[:1] in ([], ["0"]) else os.devnull
    os.execv(  # noqa: S606 - no shell is wanted
        sys.executable,
        [
            sys.executable,
            *("-m", "papermill", notebook, kept),
            *("--cwd", os.getcwd()),  # noqa: PTH109 - os is enough here
            *("--log-output", "--no-progress-bar"),
            *parameters,
        ],
    )
    return NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
