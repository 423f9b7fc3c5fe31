"""Make a project's directory in the shared storage.

The kubelet makes missing sub-paths itself, but as root's, so that people could
not write there. The name is a checked project name and never a person's text.
"""

from pathlib import Path

from mofang_projects.models import VolumeCategory

_MODE = 0o770


def make_project_directory(storage_root: Path, project: str) -> Path:
    """Make ``<root>/projects/<project>`` unless it is there. Idempotent."""
    directory = storage_root / VolumeCategory.PROJECT.directory / project
    directory.mkdir(mode=_MODE, exist_ok=True)
    return directory
