"""Make the directories of projects in the shared storage.

The kubelet makes missing sub-paths itself, but as root's, so that people could
not write there. The name is a checked project name and never a person's text.
"""

import os
from pathlib import Path

from mofang_kube.names import UID
from mofang_projects.models import VolumeCategory

_MODES = {
    # The kubelet is somebody else on an NFS that squashes root: it may pass through,
    # and sees no names.
    VolumeCategory.USERS: 0o711,
    VolumeCategory.PROJECT: 0o711,
    VolumeCategory.GLOBAL: 0o755,
    VolumeCategory.LOGS: 0o711,
}
_AUDIT = "audit"
_AUDIT_MODE = 0o700
"""Of the platform's services alone; no volume of a project holds it."""

_PROJECT_MODE = 0o770
_LOGS_MODE = 0o711
"""Of the directories below, one per job, nobody but their owner reads any."""


def make_directories(storage_root: Path) -> None:
    """Make what is not there of the directories that volumes begin with. Idempotent.

    Raises:
        OSError: One of them cannot be made.
    """
    for category, mode in _MODES.items():
        _make(storage_root / category.directory, mode)
    _make(storage_root / _AUDIT, _AUDIT_MODE)


def make_project_directories(storage_root: Path, project: str) -> None:
    """Make the directory of a project's files, and that of its logs. Idempotent.

    Raises:
        OSError: One of them cannot be made.
    """
    make_directories(storage_root)
    _make(storage_root / VolumeCategory.PROJECT.directory / project, _PROJECT_MODE)
    _make(storage_root / VolumeCategory.LOGS.directory / project, _LOGS_MODE)


def _make(directory: Path, mode: int) -> None:
    try:
        directory.mkdir(mode=mode)
    except FileExistsError:
        return
    if os.geteuid() == 0:
        os.chown(directory, UID, UID, follow_symlinks=False)
    # The mask of this process is not to count.
    directory.chmod(mode)
