"""The one writer of OCI archives: from layers of other archives, or from files.

An archive is a tar of blobs, each named by its hash. What an image is made of is said
by its configuration and its manifest alone, so a layer is put on top of an image by
writing these two anew. Nothing is run, and no layer is unpacked or compressed.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from mofang_images.errors import SourceError

Json = dict[str, Any]

_CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContent:
    """What an image says of itself."""

    manifest: Json
    config: Json

    @property
    def layers(self) -> list[str]:
        """Hashes of the layers as archives hold them, lowest first."""
        return [layer["digest"] for layer in self.manifest["layers"]]

    @property
    def diff_ids(self) -> list[str]:
        """Hashes of the layers as unpacked, lowest first."""
        return list(self.config["rootfs"]["diff_ids"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive of one image, which need not hold all of its layers."""

    path: Path
    content: ImageContent

    present: frozenset[str]
    """Hashes of the layers that are in it."""


def read_archive(path: Path) -> Archive:
    """Read what an OCI archive says of its image.

    Raises:
        SourceError: It is no OCI archive, or one of several images.
    """
    with tarfile.open(path) as tar:
        members = {_name(member): member for member in tar}

        def read(name: str) -> Json:
            stream = tar.extractfile(members[name]) if name in members else None
            if stream is None:
                raise SourceError(
                    f"{path} is not an OCI archive: it has no {name}. "
                    "docker writes them from version 25 on."
                )
            said: Json = json.load(stream)
            return said

        entries = read("index.json")["manifests"]
        if len(entries) != 1:
            raise SourceError(f"{path} holds {len(entries)} images, not one.")
        manifest = read(_path(entries[0]["digest"]))
        config = read(_path(manifest["config"]["digest"]))
    content = ImageContent(manifest=manifest, config=config)
    present = frozenset(each for each in content.layers if _path(each) in members)
    return Archive(path=path, content=content, present=present)


def is_complete(archives: Sequence[Archive]) -> bool:
    """Tell whether the archives together hold every layer of the last one's image."""
    present = frozenset[str]().union(*(each.present for each in archives))
    return present.issuperset(archives[-1].content.layers)


def stacked(
    below: ImageContent, top: ImageContent, labels: Mapping[str, str]
) -> ImageContent:
    """Return an image with the layers of another on top, and more labels.

    All else is as it was below.

    Args:
        below: Image that is extended.
        top: Its further layers.
        labels: Added to those of ``below``.
    """
    settings = below.config["config"]
    labelled = {**(settings.get("Labels") or {}), **labels}
    config = below.config | {
        "config": settings | {"Labels": labelled},
        "rootfs": {"type": "layers", "diff_ids": below.diff_ids + top.diff_ids},
        "history": [*below.config.get("history", []), *top.config.get("history", [])],
    }
    layers = below.manifest["layers"] + top.manifest["layers"]
    return ImageContent(manifest=below.manifest | {"layers": layers}, config=config)


def described_by(content: ImageContent, others: Sequence[Archive]) -> ImageContent:
    """Return the same image with each layer described as others hold it, if one does.

    One layer may be compressed in many ways, which gives it as many names.
    """
    known = {
        diff_id: layer
        for other in others
        for diff_id, layer in zip(
            other.content.diff_ids, other.content.manifest["layers"], strict=True
        )
    }
    layers = [
        known.get(diff_id, layer)
        for diff_id, layer in zip(
            content.diff_ids, content.manifest["layers"], strict=True
        )
    ]
    return ImageContent(
        manifest=content.manifest | {"layers": layers}, config=content.config
    )


def write_archive(
    target: Path,
    content: ImageContent,
    ref: str,
    sources: Sequence[Archive] = (),
    *,
    without: Collection[str] = (),
    files: Mapping[str, Path] = MappingProxyType({}),
) -> None:
    """Write an image's archive.

    Args:
        target: The archive to write.
        content: The image, but for the description of its configuration.
        ref: Its name and tag.
        sources: Archives from which layers are copied.
        without: Layers to leave out, for readers that have them already.
        files: Layers that are files, by hash.

    Args:
        target: File to write.
        content: Configuration and layers.
        ref: Reference, with a tag.
        sources: Archives that hold the layers.
        without: Digests of layers that are left out.

    Raises:
        SourceError: A layer is in none of these.
    """
    config = json.dumps(content.config).encode()
    described = content.manifest | {"config": _descriptor(_CONFIG, config)}
    manifest = json.dumps(described).encode()
    entry = _descriptor(MANIFEST, manifest)
    entry["annotations"] = {
        "org.opencontainers.image.ref.name": ref,
        "io.containerd.image.name": ref,
    }
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    missing = set(content.layers) - set(without)
    with tarfile.open(target, "w") as out:
        _add(out, "oci-layout", _LAYOUT)
        _add(out, "index.json", index)
        for blob in (manifest, config):
            _add(out, _path(_digest(blob)), blob)
        for digest, path in files.items():
            with path.open("rb") as stream:
                _add_stream(out, _path(digest), stream, path.stat().st_size)
        missing -= files.keys()
        for source in sources:
            wanted = source.present & missing
            _copy(source.path, {_path(each) for each in wanted}, out)
            missing -= wanted
    if missing:
        raise SourceError(
            f"Layers of {ref} are in none of its archives: {sorted(missing)}."
        )


def _copy(path: Path, names: Collection[str], out: tarfile.TarFile) -> None:
    with tarfile.open(path) as tar:
        for member in tar:
            stream = tar.extractfile(member) if _name(member) in names else None
            if stream is not None:
                _add_stream(out, _name(member), stream, member.size)


def _name(member: tarfile.TarInfo) -> str:
    # Some programs write the folder before each name, some do not.
    return member.name.removeprefix("./")


def _descriptor(media_type: str, blob: bytes) -> Json:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _add(out: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_stream(out, name, io.BytesIO(content), len(content))


def _add_stream(out: tarfile.TarFile, name: str, stream: IO[bytes], size: int) -> None:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o444
    out.addfile(header, stream)
