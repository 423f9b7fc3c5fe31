"""Resolve the paths that a job names, by where it is submitted.

In a notebook its replicas see the same files, so paths are made absolute and what is
not there is refused at once. Elsewhere paths are those of the container, as written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mofang.archives import use_snapshot
from mofang.home import expand_home, expanded
from mofang.settings import ClientSettings
from mofang.shorthand import refused
from mofang.snapshot import create_snapshot
from mofang_api.models.delivery import S3_SCHEME, SOURCE_SCHEME

HOME = "/home/jovyan"
"""The home directory in every container."""

IN_IMAGE = Path("/opt")
"""Where images bring programs of their own, such as the platform's examples."""

OWNER = 1000
"""To whom the files in a home belong."""


@dataclass(frozen=True, slots=True)
class PathContext:
    """The directories and settings of a submission."""

    settings: ClientSettings
    here: Path
    """The current directory."""

    home: Path
    """The owner's home, where snapshots are kept."""

    def resolve(
        self, wanted: Mapping[str, Any], snapshot: bool | str | os.PathLike[str] | None
    ) -> dict[str, Any]:
        """Return the fields of a job with all paths as its replicas see them.

        Args:
            wanted: The fields; ``code`` in them is an earlier snapshot.
            snapshot: The directory to copy, or True for the working directory, or
                False for the code in place; None leaves ``code`` as it is.

        Raises:
            InvalidError: A file is missing, or replicas would not see it.
        """
        home = self.home if self.settings.is_inside else Path(HOME)
        resolved = expand_home(wanted, home)
        if isinstance(snapshot, (str, os.PathLike)):
            snapshot = expanded("snapshot", snapshot, home)
        if snapshot is False:
            resolved.pop("code", None)
        if not self.settings.is_inside:
            resolved.setdefault("working_directory", HOME)
            if snapshot:
                raise refused(
                    code="A snapshot is taken of files on the platform; these are on "
                    "your computer. Bring them to your home there first, by git clone "
                    "or an upload in JupyterLab, or by rsync or scp to a host that "
                    "mofang ssh-config names. Then submit their path there, without a "
                    "snapshot, or submit from a terminal in JupyterLab."
                )
            return resolved
        workdir = self._absolute(resolved.get("working_directory") or self._usual())
        self._check_shared("working_directory", workdir)
        resolved["working_directory"] = str(workdir)
        if resolved.get("code") and not snapshot:
            self._check_archive(resolved["code"])
        else:
            self._find_files(resolved, workdir)
        self._resolve_data_paths(resolved)
        if snapshot:
            if resolved.get("run_as_user", OWNER) != OWNER:
                raise refused(
                    run_as_user=f"A copy of code can be read by the user {OWNER} "
                    "alone. Leave run_as_user out, or use the code in place."
                )
            source = workdir if snapshot is True else self._absolute(snapshot)
            resolved["code"] = self._copied(source, resolved)
        return resolved

    def _usual(self) -> Path:
        """Return where a program starts whose place is not said."""
        return self.home if self.here.is_relative_to(IN_IMAGE) else self.here

    def _find_files(self, resolved: dict[str, Any], workdir: Path) -> None:
        for field in ("script", "requirements"):
            if resolved.get(field):
                found = self._find(field, str(resolved[field]), workdir)
                if not found.is_relative_to(IN_IMAGE):
                    self._check_shared(field, found)
                resolved[field] = str(found)

    def _find(self, field: str, name: str, workdir: Path) -> Path:
        # As the shell does, a file is looked for where we are; as the job does, where
        # it will work. Usually that is one place.
        for place in (self.here, workdir):
            if (place / name).is_file():
                return Path(os.path.normpath(place / name))
        raise refused(
            **{
                field: f"There is no file {name} in {self.here}. Save it, or correct "
                "the path."
            }
        )

    def _resolve_data_paths(self, resolved: dict[str, Any]) -> None:
        for field in ("inputs", "outputs"):
            for number, place in enumerate(resolved.get(field) or []):
                if isinstance(place, dict) and isinstance(place.get("path"), str):
                    if place["path"].startswith((SOURCE_SCHEME, S3_SCHEME)):
                        continue
                    path = self._absolute(place["path"])
                    self._check_shared(f"{field}.{number}.path", path)
                    place["path"] = str(path)

    def _copied(self, source: Path, resolved: Mapping[str, Any]) -> dict[str, str]:
        script = resolved.get("script")
        if script and not Path(script).is_relative_to(source):
            raise refused(
                script=f"{script} is not in {source}, which is copied. Copy another "
                "directory, or run the script in place."
            )
        shared = [Path(root) for root in self.settings.shared_directories]
        code = create_snapshot(source, home=self.home, shared=shared)
        with suppress(OSError):
            # Said once more, and seriously, when the job is submitted.
            use_snapshot(code.snapshot, self.settings.project, self.home)
        return code.model_dump()

    def _check_archive(self, code: Mapping[str, Any]) -> None:
        try:
            # Used again, so that it is not old.
            use_snapshot(str(code["snapshot"]), self.settings.project, self.home)
        except FileNotFoundError:
            raise refused(
                code="The code that the earlier job ran is not kept in your home. Copy "
                "it anew with a snapshot, or use the code in place."
            ) from None
        except OSError:
            # It is there; that it cannot be marked is said when it is submitted.
            return

    def _absolute(self, path: str | os.PathLike[str]) -> Path:
        return Path(os.path.normpath(self.here / path))

    def _check_shared(self, field: str, path: Path) -> None:
        """Refuse at once what the job would fail on a minute later."""
        roots = self.settings.shared_directories
        if not any(path.is_relative_to(root) for root in roots):
            raise refused(
                **{
                    field: f"{path} exists for this notebook only. Use a path in your "
                    "home or in the project's directory under /projects."
                }
            )
