"""The Python that runs a job's program: which one, and what it finds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder

from mofang_run.environments.image import Image

_ASK = (
    "import importlib.util, sys; found = importlib.util.find_spec(sys.argv[1]); "
    "print(found.origin or '' if found else '')"
)
_ASK_SECONDS = 60.0
_SAFE_PATH = (3, 11)


@dataclass(frozen=True)
class Interpreter:
    """One Python, of the same version as ours."""

    executable: str
    sites: tuple[str, ...]
    """Where its packages are."""

    path: tuple[str, ...] = ()
    """Folders of PYTHONPATH, which come before its packages."""

    @classmethod
    def own(cls, environment: Mapping[str, str]) -> Interpreter:
        """Return the one that runs us."""
        sites = tuple(map(str, Image.running().sites))
        return cls(sys.executable, sites, _python_path(environment))

    def find_package(self, name: str) -> str | None:
        """Return the file that a package is imported from; a mere folder is none."""
        found = PathFinder.find_spec(name, [*self.path, *self.sites])
        if found is not None and found.origin is not None:
            return found.origin
        # Only Python itself knows what was installed in place (pip install -e).
        return self._ask(name)

    def module(self, name: str) -> list[str]:
        """Return how a module that is a program of others is run.

        Apart from the working directory, whose files may be called as modules of
        Python's are, and from PYTHONPATH unless the module comes from there. What the
        program starts finds both as always.
        """
        package = name.partition(".")[0]
        if self.path and PathFinder.find_spec(package, list(self.path)) is not None:
            safe = ["-P"] if sys.version_info >= _SAFE_PATH else []
        else:
            safe = ["-I", "-u"]
        return [self.executable, *safe, "-m", name]

    def _ask(self, name: str) -> str | None:
        try:
            # The name is ours; the environment is what the program will have.
            answer = subprocess.run(  # noqa: S603
                [self.executable, "-I", "-c", _ASK, name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_ASK_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return os.fsdecode(answer.stdout).strip() or None


def _python_path(environment: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)))
