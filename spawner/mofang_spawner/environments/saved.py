"""Saved environments: what a person made of another one, for others to start from.

Pure. A saved environment is an Environment with ``spec.saved``: the image, the sizes
and all else are those of the environment it stands on (its *base*), and its packages
are archives in the store, one directory per version. The reconciler puts them there and
says so in the status; only such versions are ever used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Manifest = dict[str, Any]

CLAIM = "mofang-environments"
"""In each project's namespace: the store; pods mount one version, read-only."""

FILES_VOLUME = "saved-environment"
EVERYONE = "0-everyone"
"""Directory of the store for all projects; no project has such a name."""

_ROOT = "/var/lib/mofang/environment"
ARCHIVES_PATH = f"{_ROOT}/archives"
FILES_PATH = f"{_ROOT}/files"
"""The same in servers and jobs: links in homes lead there."""

_BLOCK = 4096
_MARGIN = 64 << 20


class Visibility(StrEnum):
    """Who may start a saved environment."""

    PRIVATE = "private"
    PROJECT = "project"
    EVERYONE = "everyone"
    """Of all projects, once an admin has agreed; the project's until then."""


class VersionPhase(StrEnum):
    """Where a version is."""

    STORING = "Storing"
    READY = "Ready"
    FAILED = "Failed"


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class SavedVersion(_Model):
    """One version, as it was saved and as it is stored."""

    version: int
    digest: str
    """SHA-256 of its lock."""

    user: str
    """Who saved it."""

    notes: str = ""
    saved: datetime
    phase: VersionPhase = VersionPhase.STORING
    message: str = ""
    """Why it failed; a sentence."""

    bytes: int = 0
    files: int = 0
    packages: int = 0


class Saved(_Model):
    """What is told of a saved environment beside its base."""

    owner: str
    project: str
    base: str
    """Name of the environment it stands on."""

    visibility: Visibility = Visibility.PRIVATE
    approved_by: str = ""
    """The admin who agreed that all projects have it; empty for nobody."""

    current: int = 1
    """The version that starts use; an earlier one while that is not stored."""

    versions: tuple[SavedVersion, ...] = Field(default=())

    @classmethod
    def parse(cls, body: Manifest) -> Self | None:
        """Read what the custom resource says; None for one that is not saved.

        Raises:
            ValidationError: It cannot be read.
        """
        spec = body["spec"].get("saved")
        if spec is None:
            return None
        states = {
            each["version"]: each
            for each in (body.get("status") or {}).get("saved") or []
        }
        versions = [
            # A state of other content is that of a version that had the number before.
            {**_state_of(each, states.get(each["version"])), **each}
            for each in spec.get("versions") or []
        ]
        return cls.model_validate({**spec, "versions": versions})

    @property
    def is_for_everyone(self) -> bool:
        """Whether all projects have it."""
        return self.visibility is Visibility.EVERYONE and bool(self.approved_by)

    @property
    def usable(self) -> SavedVersion | None:
        """The version that a start uses; None as long as none is stored."""
        ready = [
            each
            for each in self.versions
            if each.phase is VersionPhase.READY and each.version <= self.current
        ]
        return max(ready, key=lambda each: each.version, default=None)

    def find(self, version: int) -> SavedVersion | None:
        """Return a version, if there is one of that number."""
        return next((each for each in self.versions if each.version == version), None)

    def is_visible_to(self, username: str, project: str) -> bool:
        """Whether somebody may start it in a project where they may start servers."""
        if self.is_for_everyone:
            return True
        is_private = self.visibility is Visibility.PRIVATE
        return project == self.project and (not is_private or username == self.owner)


class SavedPackages(_Model):
    """What a pod of a saved environment mounts and is told."""

    base: str
    version: int
    digest: str
    sub_path: str
    """Of the store."""

    bytes: int
    files: int

    @classmethod
    def of(cls, name: str, saved: Saved, version: SavedVersion) -> Self:
        """Return what pods get of one version.

        Args:
            name: Of the saved environment.
            saved: It.
            version: One that is stored.
        """
        place = EVERYONE if saved.is_for_everyone else saved.project
        return cls(
            base=saved.base,
            version=version.version,
            digest=version.digest,
            sub_path=f"{place}/{name}/{version.version}",
            bytes=version.bytes,
            files=version.files,
        )

    @property
    def disk_bytes(self) -> int:
        """What its files take of a node's disk."""
        return self.bytes + self.files * _BLOCK + _MARGIN

    @property
    def volumes(self) -> list[Manifest]:
        """The pod's volumes."""
        claim = {"claimName": CLAIM, "readOnly": True}
        size = {"sizeLimit": str(self.disk_bytes)}
        return [
            {"name": CLAIM, "persistentVolumeClaim": claim},
            {"name": FILES_VOLUME, "emptyDir": size},
        ]

    @property
    def mounts(self) -> list[Manifest]:
        """The container's mounts."""
        return [
            {
                "name": CLAIM,
                "mountPath": ARCHIVES_PATH,
                "subPath": self.sub_path,
                "readOnly": True,
            },
            {"name": FILES_VOLUME, "mountPath": FILES_PATH},
        ]

    @property
    def variables(self) -> dict[str, str]:
        """What ``mofang_run.environments.saved`` reads."""
        return {
            "MOFANG_BASE_ENVIRONMENT": self.base,
            "MOFANG_SAVED_VERSION": str(self.version),
            "MOFANG_SAVED_DIGEST": self.digest,
            "MOFANG_SAVED_ARCHIVES": ARCHIVES_PATH,
            "MOFANG_SAVED_FILES": FILES_PATH,
        }


def _state_of(version: Mapping[str, Any], state: Mapping[str, Any] | None) -> Manifest:
    if state is None or state.get("digest") != version.get("digest"):
        return {}
    return dict(state)
