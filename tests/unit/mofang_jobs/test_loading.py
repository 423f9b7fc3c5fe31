"""The training service and the operator load nothing of JupyterHub's."""

import subprocess
import sys

import pytest

FOREIGN = ("sqlalchemy", "jupyterhub", "kubespawner", "traitlets")


@pytest.mark.parametrize("module", ["mofang_jobs.app", "mofang_projects.reconciler"])
def test_a_program_loads_no_jupyterhub(module: str) -> None:
    program = (
        f"import sys, {module}; "
        f"print(*(name for name in {FOREIGN!r} if name in sys.modules))"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert found.stdout.split() == []
