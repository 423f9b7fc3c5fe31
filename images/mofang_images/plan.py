"""Settle the tag of each image from everything it is made from.

Pure: the same tree gives the same plan on every machine.

A *recipe* is a Dockerfile to run, an *image* what pods run. The image of an
environment is made of two recipes, its own and that of the layer on top; so what is
below keeps its tag, and is not built again, when our own sources change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mofang_images.sources import (
    IMAGES,
    LAYER,
    ROOT_PARENT,
    ImageSource,
    SourceKind,
    Variant,
)
from mofang_images.trees import digest, folder_digest

REGISTRY = "docker.io/mofang"

BUILDER_VERSION = 3
"""Raise it when this package begins to make different images of the same inputs."""

TAG_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRecipe:
    """A Dockerfile to run, with the tag of what it makes settled."""

    source: ImageSource
    tag: str
    variant: Variant = Variant.CPU

    @property
    def name(self) -> str:
        """What the result is called; unlike that of any image people run."""
        name = self.image_name
        return name if self.source.kind is SourceKind.PLATFORM else f"{name}-layers"

    @property
    def image_name(self) -> str:
        """What an image made of it is called."""
        name = self.source.name
        return name if self.variant is Variant.CPU else f"{name}-{self.variant}"

    @property
    def ref(self) -> str:
        """Full reference of the result."""
        return f"{REGISTRY}/{self.name}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedImage:
    """An image with its tag settled."""

    name: str
    """The image's short name, as in the chart's values."""

    tag: str

    below: PlannedRecipe
    """Most of it, or all."""

    top: PlannedRecipe | None
    """The layer to put on top, if it is an environment's."""

    @property
    def ref(self) -> str:
        """Full reference, as a pod names it."""
        return f"{REGISTRY}/{self.name}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything there is to build, parents first."""

    recipes: Mapping[str, PlannedRecipe]
    """By the name of their source."""

    images: Mapping[str, PlannedImage]
    """Likewise."""


def make_plan(
    sources: Mapping[str, ImageSource],
    projects: Mapping[str, str],
    shared: Path,
    root_identity: str,
    variant: Variant = Variant.CPU,
) -> Plan:
    """Settle the tag of every recipe and every image.

    Args:
        sources: Folders by name, each after its parent.
        projects: Hash of the sources of each of our projects they install or keep.
        shared: Folder of the files that go into every build.
        root_identity: Name of the Debian below them all: the recipe of a
            debootstrap root, or the reference of a registry's image.
        variant: What to build those for that can be built for more than one.
    """
    shared_digest = folder_digest(shared)
    recipes: dict[str, PlannedRecipe] = {}
    for name, source in sources.items():
        is_root = source.parent == ROOT_PARENT
        parts = [
            str(BUILDER_VERSION),
            root_identity if is_root else recipes[source.parent].tag,
            shared_digest,
            folder_digest(source.folder),
            *(f"{each} {projects[each]}" for each in source.projects),
            *(f"{each} {projects[each]} kept" for each in source.downloads),
            *(f"{each} {projects[each]} loaded" for each in source.labextensions),
            *(folder_digest(each, for_people=True) for each in source.folders),
        ]
        own = variant if source.gpu else Variant.CPU
        if own is not Variant.CPU:
            parts.append(own)
        recipes[name] = PlannedRecipe(source=source, tag=_tag(parts), variant=own)
    images = {
        name: _image(recipe, recipes.get(LAYER))
        for name, recipe in recipes.items()
        if recipe.source.kind in IMAGES
    }
    return Plan(recipes=recipes, images=images)


def _image(below: PlannedRecipe, layer: PlannedRecipe | None) -> PlannedImage:
    name = below.image_name
    if below.source.kind is SourceKind.PLATFORM or layer is None:
        return PlannedImage(name=name, tag=below.tag, below=below, top=None)
    tag = _tag([below.tag, layer.tag])
    return PlannedImage(name=name, tag=tag, below=below, top=layer)


def _tag(parts: list[str]) -> str:
    return digest(parts)[:TAG_LENGTH]
