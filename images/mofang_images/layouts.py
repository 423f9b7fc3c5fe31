"""Lay out what archives hold as a folder that programs copy images from.

An OCI layout is a folder of blobs, each named by its hash, and a list of images. Layers
that several images share, and archives hold once, lie there once.
"""

import json
import shutil
import tarfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mofang_images.archives import Json, read_archive
from mofang_images.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """An image's archive, with those that hold what it leaves out."""

    archive: Path
    below: Sequence[Path] = ()


def write_layout(folder: Path, stacks: Mapping[str, Stack]) -> None:
    """Write the images of archives to a folder, each under the name it is given.

    Manifests and configurations stay as they are, to the byte.

    Raises:
        SourceError: A layer of an image is in none of its archives.
    """
    entries = [
        _add_image(folder, name, stack) for name, stack in sorted(stacks.items())
    ]
    index = {"schemaVersion": 2, "manifests": entries}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def _add_image(folder: Path, name: str, stack: Stack) -> Json:
    layers = read_archive(stack.archive).content.layers
    wanted = {f"blobs/{layer.replace(':', '/')}" for layer in layers}
    _extract(stack.archive, folder, None)
    for archive in stack.below:
        _extract(archive, folder, wanted)
    if missing := [each for each in wanted if not (folder / each).exists()]:
        raise SourceError(f"Layers of {name} are in none of its archives: {missing}.")
    with tarfile.open(stack.archive) as tar:
        entry: dict[str, Any] = _read_index(tar)["manifests"][0]
    return entry | {"annotations": {"org.opencontainers.image.ref.name": name}}


def _read_index(tar: tarfile.TarFile) -> Json:
    for member in tar:
        stream = tar.extractfile(member)
        if member.name.removeprefix("./") == "index.json" and stream:
            index: Json = json.load(stream)
            return index
    raise SourceError(f"{tar.name!r} is not an OCI archive: it has no index.json.")


def _extract(archive: Path, folder: Path, wanted: Collection[str] | None) -> None:
    """Extract blobs that are not there yet: those wanted, or all."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            target = folder / name
            is_blob = name.startswith("blobs/sha256/") and ".." not in target.parts
            is_wanted = wanted is None or name in wanted
            # None for what is no file.
            content = tar.extractfile(member) if is_blob and is_wanted else None
            if content is None or target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("wb") as out:
                shutil.copyfileobj(content, out)
