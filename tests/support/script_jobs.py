"""A script as a job, and what its logs and its directory must hold afterwards."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from support.public_scripts import SourceArchive

PACKAGES = "/opt/mofang/lib/python3.13/site-packages"
"""Where an environment's image has its packages."""

OWN = Path(__file__).parents[1] / "data" / "scripts"

LEAST = {"cpu": "150m", "memory": "768Mi"}


class Source(Protocol):
    """Where a script comes from."""

    def path_of(self, folder: Path, inside: str) -> str:
        """Put the script into a job's directory; return its path in the containers.

        Args:
            folder: The directory, as it is on this machine.
            inside: The same, as it is in the containers.
        """


@dataclass(frozen=True, slots=True)
class Installed:
    """A script of a package that the image has."""

    path: str

    def path_of(self, folder: Path, inside: str) -> str:
        return f"{PACKAGES}/{self.path}"


@dataclass(frozen=True, slots=True)
class Published:
    """A script of a source archive, with what it imports from its own folder."""

    archive: SourceArchive
    path: str
    also: tuple[str, ...] = ()

    def path_of(self, folder: Path, inside: str) -> str:
        self.archive.extract([self.path, *self.also], folder)
        return f"{inside}/{self.path}"


@dataclass(frozen=True, slots=True)
class Own:
    """A script of ours that makes the calls of a public example."""

    name: str

    def path_of(self, folder: Path, inside: str) -> str:
        shutil.copy(OWN / self.name, folder)
        return f"{inside}/{self.name}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a replica's log, whose first group may be a number within bounds."""

    replica: str
    pattern: str
    minimum: float | None = None
    maximum: float | None = None

    def check(self, log: str) -> None:
        """Find the line.

        Raises:
            AssertionError: It is not there, or its number is out of bounds.
        """
        found = re.search(self.pattern, log, re.MULTILINE)
        assert found, f"{self.replica} does not say {self.pattern!r}:\n{log[-4000:]}"
        if self.minimum is not None or self.maximum is not None:
            number = float(found[1])
            minimum = number if self.minimum is None else self.minimum
            maximum = number if self.maximum is None else self.maximum
            assert minimum <= number <= maximum, f"{self.replica}: {found[0]!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptJob:
    """One script, how it is submitted, and its right result."""

    source: Source
    environment: str
    framework: str
    lines: tuple[Line, ...]
    replicas: int = 1
    arguments: tuple[str, ...] = ()

    stdin: str = ""
    """What each process reads."""

    resources: Mapping[str, str] = field(default_factory=lambda: LEAST)
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further settings of the job."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Text files in the job's directory, which is the working directory."""

    leaves: tuple[str, ...] = ()
    """Files that the directory has afterwards, as glob patterns."""

    def prepare(self, folder: Path, inside: str) -> dict[str, Any]:
        """Fill the job's directory; return what is submitted."""
        folder.mkdir(parents=True)
        script = self.source.path_of(folder, inside)
        for name, text in self.files.items():
            (folder / name).write_text(text)
        # The containers' user is another than the tests'.
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        return {
            "framework": self.framework,
            "replicas": self.replicas,
            "resources": dict(self.resources),
            "working_directory": inside,
            **self._program(script),
            **self.more,
        }

    def check(self, logs: Mapping[str, str], folder: Path) -> None:
        """Compare the result.

        Raises:
            AssertionError: It is another one.
        """
        for line in self.lines:
            line.check(logs[line.replica])
        for pattern in self.leaves:
            assert list(folder.glob(pattern)), f"{pattern} was not written"

    def _program(self, script: str) -> dict[str, Any]:
        if not self.stdin:
            return {"script": script, "arguments": list(self.arguments)}
        feed = 'printf "$1" | python "$2"'
        return {"command": ["bash", "-c", feed, "feed", self.stdin, script]}
