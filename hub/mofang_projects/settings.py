"""What is the same for all projects: the file that the chart renders."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field

from mofang_projects.egress import EgressSettings
from mofang_projects.fields import DirectoryLimits, Model, Quantity
from mofang_storage.registry import StorageType

SETTINGS_FILE = Path("/etc/mofang/reconciler.yaml")


class VolumeCategory(StrEnum):
    """Whose directories a volume holds."""

    USERS = "users"
    PROJECT = "project"
    GLOBAL = "global"
    LOGS = "logs"
    ENVIRONMENTS = "environments"

    @property
    def directory(self) -> str:
        """What ``$(category)`` stands for in the storage template."""
        match self:
            case VolumeCategory.USERS:
                return "users"
            case VolumeCategory.PROJECT:
                return "projects"
            case VolumeCategory.GLOBAL:
                return "global"
            case VolumeCategory.LOGS:
                return "logs"
            case VolumeCategory.ENVIRONMENTS:
                return "environments"


class QuotaSettings(Model):
    """Limits of directories that say nothing themselves."""

    home: DirectoryLimits = DirectoryLimits()
    project: DirectoryLimits = DirectoryLimits()
    logs: DirectoryLimits = DirectoryLimits()
    """Of all jobs of a project."""
    users: dict[str, DirectoryLimits] = Field(default_factory=dict)
    """Of homes, by the user's name."""


class SnapshotSettings(Model):
    """How many snapshots are kept; 0 makes none."""

    hourly: Annotated[int, Field(ge=0, le=72)] = 24
    daily: Annotated[int, Field(ge=0, le=60)] = 14
    requested: Annotated[int, Field(ge=0, le=20)] = 5
    """Of one directory, before something that somebody may want to undo."""


class StorageSettings(Model):
    """What the storage is, and where the volumes of a project come from."""

    type: StorageType = StorageType.PLAIN
    quotas: QuotaSettings = QuotaSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    usage_seconds: Annotated[int, Field(ge=10)] = 60
    """How often usage is read; ten times that where files must be counted."""

    persistent_volume: dict[str, Any]
    """A PersistentVolume's source. ``$(category)`` and ``$(project)`` in its
    strings are replaced, by users, projects, global, logs or environments and by the
    project's name."""

    mount_options: tuple[str, ...] = ()
    capacity: Quantity = "1Ti"
    """What the volumes and claims say of their size; static volumes are not
    measured by it."""


class NamespaceSettings(Model):
    """What is the same for all projects. One file, rendered by the chart."""

    platform_namespace: str
    gateway_namespace: str
    gateway_labels: dict[str, str]
    dns_namespace: str = "kube-system"
    hub_service_account: str = "hub"
    training_service_account: str = "training"
    operator_service_account: str = "reconciler"
    storage: StorageSettings
    storage_root: Path | None = None
    """Where the root of the storage is mounted, to make a project's directories."""

    image_pull_secrets: tuple[str, ...] = ()
    """Secrets of the platform's namespace that are copied into each project's."""

    egress: EgressSettings = EgressSettings()
    jobs_per_project: Annotated[int, Field(ge=1)] = 500
    """Jobs in a project that does not say another number."""

    resync_seconds: Annotated[int, Field(ge=5)] = 60
    """How often each namespace is put right again."""

    @classmethod
    def load(cls, path: Path = SETTINGS_FILE) -> Self:
        """Read the file that the chart renders."""
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
