"""Settle the tag of each image from everything it is made from.

Pure: the same tree gives the same plan on every machine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mofang_images.errors import SourceError
from mofang_images.sources import (
    ROOT_PARENT,
    SHARED_FOLDER,
    ImageSource,
    digest,
    folder_digest,
    read_sources,
)

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


def plan_images(repository: Path, root_identity: str) -> dict[str, PlannedImage]:
    """Return every image of the repository with its tag, parents first.

    ``root_identity`` names the Debian below them all: the recipe of a
    debootstrap root, or the reference of a registry's image.
    """
    images = repository / "images"
    planned: dict[str, PlannedImage] = {}
    shared = folder_digest(images / SHARED_FOLDER)
    projects: dict[str, str] = {}
    for name, source in read_sources(images).items():
        for project in source.projects:
            if project not in projects:
                projects[project] = folder_digest(repository / project)
        is_root = source.parent == ROOT_PARENT
        parts = [
            str(BUILDER_VERSION),
            root_identity if is_root else planned[source.parent].tag,
            shared,
            folder_digest(source.folder),
            *(f"{each} {projects[each]}" for each in source.projects),
        ]
        tag = digest(parts)[:TAG_LENGTH]
        planned[name] = PlannedImage(source=source, tag=tag)
    return planned


def select(
    planned: dict[str, PlannedImage], names: Iterable[str]
) -> list[PlannedImage]:
    """Return the images asked for, parents first; all of them without names.

    Raises:
        SourceError: A name is not an image.
    """
    wanted = set(names) or set(planned)
    if unknown := sorted(wanted - set(planned)):
        raise SourceError(
            f"No image is called {', '.join(unknown)}; "
            f"choose from {', '.join(planned)}."
        )
    return [image for name, image in planned.items() if name in wanted]
