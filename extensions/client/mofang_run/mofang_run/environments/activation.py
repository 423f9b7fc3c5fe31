"""The variables of a process that uses a person's packages."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path


def activate(environment: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """Return the variables of a process that uses the packages below a prefix.

    With PYTHONUSERBASE ``pip install --user`` ends in the same place, and never in
    ``~/.local``, which all environments would share.
    """
    programs = str(prefix / "bin")
    paths = environment.get("PATH", os.defpath).split(os.pathsep)
    return {
        **{n: value for n, value in environment.items() if n != "PYTHONHOME"},
        "PATH": os.pathsep.join([programs, *(p for p in paths if p != programs)]),
        "VIRTUAL_ENV": str(prefix),
        "PYTHONUSERBASE": str(prefix),
    }


def without_user_site(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process that uses the image's packages alone."""
    return {"PYTHONNOUSERSITE": "1", **environment}


def exports(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return lines for a shell that lead from one environment to the other."""
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in after.items()
        if before.get(name) != value
    ]
    lines += [f"unset {name}" for name in before if name not in after]
    return "".join(f"{line}\n" for line in lines)
