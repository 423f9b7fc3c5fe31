"""Settle the tag of each image from everything it is made from.

Pure: the same tree gives the same plan on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_images.sources import ROOT_PARENT, ImageSource, digest, folder_digest

REGISTRY = "docker.io/mofang"

BUILDER_VERSION = 1
"""Raise it when this package begins to make different images of the same inputs."""

TAG_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedImage:
    """An image with its tag settled."""

    source: ImageSource
    tag: str

    @property
    def name(self) -> str:
        """The image's short name, as in the chart's values."""
        return self.source.name

    @property
    def ref(self) -> str:
        """Full reference, as a pod names it."""
        return f"{REGISTRY}/{self.name}:{self.tag}"


def plan_images(
    sources: Mapping[str, ImageSource],
    projects: Mapping[str, str],
    shared: Path,
    root_identity: str,
) -> dict[str, PlannedImage]:
    """Settle the tag of each image; parents come first, here and in the result.

    Args:
        sources: Images by name, each after its parent.
        projects: Hash of the sources of each of our projects they install.
        shared: Folder of the files that go into every build.
        root_identity: Name of the Debian below them all: the recipe of a
            debootstrap root, or the reference of a registry's image.
    """
    shared_digest = folder_digest(shared)
    planned: dict[str, PlannedImage] = {}
    for name, source in sources.items():
        is_root = source.parent == ROOT_PARENT
        parts = [
            str(BUILDER_VERSION),
            root_identity if is_root else planned[source.parent].tag,
            shared_digest,
            folder_digest(source.folder),
            *(f"{each} {projects[each]}" for each in source.projects),
        ]
        tag = digest(parts)[:TAG_LENGTH]
        planned[name] = PlannedImage(source=source, tag=tag)
    return planned
