"""Read the folders that images are made from, as their ``image.toml`` declare them.

Pure reading: nothing is run and nothing is written.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mofang_images.errors import SourceError

ROOT_PARENT = "debian"
"""The parent that is not an image of ours: a plain Debian."""

SHARED_FOLDER = "shared"
"""Files beside the images that count for the build of each."""

LAYER = "ours"
"""The layer on top of every environment."""


class SourceKind(StrEnum):
    """What becomes of that which a Dockerfile makes."""

    PLATFORM = "platform"
    """An image as it is, for a process of the platform."""

    FOUNDATION = "foundation"
    """No image of its own: what others build on."""

    ENVIRONMENT = "environment"
    """An image once the layer on top is on it; others may build on what is below."""

    LAYER = "layer"
    """No image of its own: the layer on top of every environment."""


IMAGES = frozenset({SourceKind.PLATFORM, SourceKind.ENVIRONMENT})
"""The kinds that a pod can run."""


class Variant(StrEnum):
    """What the machines have for which an image is built."""

    CPU = "cpu"
    """Processors only: the smallest image."""

    GPU = "gpu"
    """GPUs of NVIDIA: the same with the frameworks' own builds for CUDA."""


_REQUIRED = {"kind", "parent", "revision"}
_OPTIONAL = {
    "title",
    "projects",
    "downloads",
    "labextensions",
    "folders",
    "gpu",
    "optional",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """One folder with a Dockerfile, as it declares itself."""

    name: str
    folder: Path
    kind: SourceKind

    parent: str
    """Name of another image, or ``debian``."""

    revision: int
    """Raised by hand to build again with the newest Debian packages."""

    title: str = ""
    """What the image calls itself in its label."""

    projects: tuple[str, ...] = ()
    """Folders of our Python projects whose wheels it installs, from the root."""

    downloads: tuple[str, ...] = ()
    """Likewise, whose wheels it keeps as files for others to install."""

    labextensions: tuple[str, ...] = ()
    """Likewise, of whose wheels it takes what JupyterLab loads in browsers."""

    folders: tuple[Path, ...] = ()
    """More folders it copies, each under its own name."""

    gpu: bool = False
    """Whether it can be built for GPUs, too."""

    optional: bool = False
    """Whether it counts only where it is named."""


def read_sources(images: Path) -> dict[str, ImageSource]:
    """Return everything declared in a folder of images, parents first.

    Raises:
        SourceError: A declaration is incomplete, or parents go round in circles.
    """
    found = {
        declaration.parent.name: _read_source(declaration, images.parent)
        for declaration in sorted(images.glob("*/image.toml"))
    }
    return with_needed(found, found)


def default_names(sources: Mapping[str, ImageSource]) -> list[str]:
    """Return what counts where no image is named."""
    return [name for name, source in sources.items() if not source.optional]


def with_needed(
    sources: Mapping[str, ImageSource], names: Iterable[str]
) -> dict[str, ImageSource]:
    """Return what these names are made of: them and their ancestors, parents first.

    Environments bring the layer that goes on top of them.

    Raises:
        SourceError: A name is not an image's.
    """
    ordered: dict[str, ImageSource] = {}
    for name in names:
        line = _lineage(name, sources)
        if line and line[-1].kind is SourceKind.ENVIRONMENT:
            line += _lineage(LAYER, sources)
        for source in line:
            ordered.setdefault(source.name, source)
    return ordered


def _read_source(declaration: Path, repository: Path) -> ImageSource:
    text = tomllib.loads(declaration.read_text())
    if unknown := text.keys() - _REQUIRED - _OPTIONAL:
        raise SourceError(f"{declaration} has unknown keys: {sorted(unknown)}.")
    if missing := _REQUIRED - text.keys():
        raise SourceError(f"{declaration} does not say {sorted(missing)}.")
    if text["kind"] not in list(SourceKind):
        raise SourceError(f"{declaration}: kind is one of {', '.join(SourceKind)}.")
    return ImageSource(
        name=declaration.parent.name,
        folder=declaration.parent,
        kind=SourceKind(text["kind"]),
        parent=text["parent"],
        revision=text["revision"],
        title=text.get("title", ""),
        projects=tuple(text.get("projects", ())),
        downloads=tuple(text.get("downloads", ())),
        labextensions=tuple(text.get("labextensions", ())),
        folders=tuple(repository / each for each in text.get("folders", ())),
        gpu=text.get("gpu", False),
        optional=text.get("optional", False),
    )


def _lineage(name: str, sources: Mapping[str, ImageSource]) -> list[ImageSource]:
    """Return an image and its ancestors, oldest first."""
    line: list[ImageSource] = []
    while name != ROOT_PARENT:
        if name not in sources:
            raise SourceError(f"No image is called {name}; {_known(sources)}.")
        if any(source.name == name for source in line):
            raise SourceError(f"The image {name} is its own ancestor.")
        line.insert(0, sources[name])
        name = sources[name].parent
    return line


def _known(sources: Mapping[str, ImageSource]) -> str:
    names = [each.name for each in sources.values() if each.kind in IMAGES]
    return f"there are {', '.join(names)}"
