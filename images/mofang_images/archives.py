"""Put a layer on top of an image by writing a new archive, with nothing run.

An OCI archive is a tar of blobs, each named by its hash. A new image needs a new
configuration and a new manifest; the layers themselves are copied as they are.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mofang_images.errors import SourceError

Json = dict[str, Any]

_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedImage:
    """The manifest and the configuration of the one image in an archive."""

    archive: Path
    manifest: Json
    config: Json

    @property
    def layers(self) -> list[Json]:
        """Descriptors of the layers, lowest first."""
        layers: list[Json] = self.manifest["layers"]
        return layers


def read_archive(archive: Path) -> ArchivedImage:
    """Read what an OCI archive says of its image.

    Raises:
        SourceError: It is no OCI archive, or one of several images.
    """
    with tarfile.open(archive) as tar:
        # Some programs write the folder before each name, some do not.
        members = {member.name.removeprefix("./"): member for member in tar}

        def read(name: str) -> Json:
            stream = tar.extractfile(members[name]) if name in members else None
            if stream is None:
                raise SourceError(
                    f"{archive} is not an OCI archive: it has no {name}. "
                    "docker writes them from version 25 on."
                )
            content: Json = json.load(stream)
            return content

        entries = read("index.json")["manifests"]
        if len(entries) != 1:
            raise SourceError(f"{archive} holds {len(entries)} images, not one.")
        manifest = read(_path(entries[0]["digest"]))
        config = read(_path(manifest["config"]["digest"]))
    return ArchivedImage(archive=archive, manifest=manifest, config=config)


def write_stacked(
    below: ArchivedImage,
    top: ArchivedImage,
    target: Path,
    *,
    ref: str,
    labels: Mapping[str, str],
) -> None:
    """Write the archive of an image with the layers of another on top.

    Everything but the layers and the labels is as it was below.
    """
    settings = below.config["config"]
    config = below.config | {
        "config": settings | {"Labels": (settings.get("Labels") or {}) | dict(labels)},
        "rootfs": {
            "type": "layers",
            "diff_ids": [*_diff_ids(below), *_diff_ids(top)],
        },
        "history": [*below.config.get("history", []), *top.config.get("history", [])],
    }
    config_blob = json.dumps(config).encode()
    manifest = below.manifest | {
        "config": _descriptor(_CONFIG, config_blob),
        "layers": [*below.layers, *top.layers],
    }
    manifest_blob = json.dumps(manifest).encode()
    entry = _descriptor(_MANIFEST, manifest_blob)
    entry["annotations"] = {
        "org.opencontainers.image.ref.name": ref,
        "io.containerd.image.name": ref,
    }
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    with tarfile.open(target, "w") as out:
        _add(out, "oci-layout", _LAYOUT)
        _add(out, "index.json", index)
        for blob in (manifest_blob, config_blob):
            _add(out, _path(_digest(blob)), blob)
        written: set[str] = set()
        for image in (top, below):
            wanted = {_path(layer["digest"]) for layer in image.layers} - written
            written |= wanted
            _copy(image.archive, wanted, out)


def _copy(archive: Path, names: Iterable[str], out: tarfile.TarFile) -> None:
    wanted = set(names)
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            stream = tar.extractfile(member) if name in wanted else None
            if stream is not None:
                header = tarfile.TarInfo(name)
                header.size, header.mode = member.size, 0o444
                out.addfile(header, stream)


def _diff_ids(image: ArchivedImage) -> list[str]:
    """Return the hashes of the layers as unpacked, lowest first."""
    diff_ids: list[str] = image.config["rootfs"]["diff_ids"]
    return diff_ids


def _descriptor(media_type: str, blob: bytes) -> Json:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _add(out: tarfile.TarFile, name: str, content: bytes) -> None:
    header = tarfile.TarInfo(name)
    header.size, header.mode = len(content), 0o444
    out.addfile(header, io.BytesIO(content))
