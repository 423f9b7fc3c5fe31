"""Kernels run with the person's own packages and a job's variables.

The packages are for kernels of the image's Python, the variables for all kernels of a
server that looks into a job.
"""

# mypy: disable-error-code="misc"
# jupyter_client counts as untyped, so its classes are Any.

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from traitlets import Unicode
from typing_extensions import override

from mofang.job_variables import SCRATCH, read_variables
from mofang_run.environments.directory import find_directory

LAUNCHER = ("-I", "-m", "mofang_run.environments.kernel")
"""Starts a kernel once the directory of the person's packages is there."""

_PYTHON = re.compile(r"python(3(\.\d+)?)?")


class EnvironmentKernelSpecManager(KernelSpecManager):
    """Jupyter's own, but for what starts a kernel, and with which variables.

    Only the notebook server uses it: ``jupyter`` in a terminal, and papermill in a job,
    run in their environment already.
    """

    job_directory = Unicode(
        str(SCRATCH), config=True, help="Where the variables of a job are kept."
    )

    @override
    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        if spec.argv and _is_of_image(spec.argv[0]):
            spec.argv = [sys.executable, *LAUNCHER, *spec.argv[1:]]
        variables = read_variables(os.environ, Path(self.job_directory))
        # Jupyter puts other variables in where a value has a dollar sign.
        escaped = {name: text.replace("$", "$$") for name, text in variables.items()}
        spec.env = {**escaped, **spec.env}
        return spec


def _is_of_image(program: str) -> bool:
    # Jupyter takes a bare "python" for the one that runs the server.
    if "/" not in program:
        return _PYTHON.fullmatch(program) is not None
    places = {Path(sys.executable).parent}
    if directory := find_directory(os.environ):
        places.add(directory.python.parent)
    path = Path(program)
    return path.parent in places and _PYTHON.fullmatch(path.name) is not None
