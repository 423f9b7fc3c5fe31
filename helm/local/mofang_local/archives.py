"""Container images made of a few files and nothing else, as OCI archives."""

import hashlib
import io
import json
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImage:
    """An image from scratch: files, an entry point, a user."""

    name: str
    """Repository without tag, such as ``docker.io/mofang/coredns``."""
    files: dict[str, Path]
    """Path in the image → file on this machine (links are followed)."""
    entrypoint: tuple[str, ...]
    user: str = "65532:65532"
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """A hash of what the image is made from."""
        digest = hashlib.sha256(repr((self.entrypoint, self.user)).encode())
        for target, source in sorted(self.files.items()):
            digest.update(target.encode())
            with source.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()[:12]

    @property
    def reference(self) -> str:
        return f"{self.name}:{self.tag}"


def _layer(image: FileImage, path: Path) -> None:
    """Write the one layer: parents first, owned by root, dated at the epoch."""
    with tarfile.open(path, "w") as layer:
        made: set[str] = set()
        folders = {"tmp", *(str(Path(f).parent).lstrip("/") for f in image.files)}
        for folder in sorted(folders):
            for depth in range(1, folder.count("/") + 2):
                part = "/".join(folder.split("/")[:depth])
                if part and part not in made:
                    entry = tarfile.TarInfo(part)
                    entry.type = tarfile.DIRTYPE
                    entry.mode = 0o1777 if part == "tmp" else 0o755
                    layer.addfile(entry)
                    made.add(part)
        for target, source in sorted(image.files.items()):
            entry = tarfile.TarInfo(target.lstrip("/"))
            facts = source.stat()
            entry.size = facts.st_size
            entry.mode = stat.S_IMODE(facts.st_mode) | 0o444
            with source.open("rb") as stream:
                layer.addfile(entry, stream)


def _descriptor(media: str, content: bytes) -> _JSON:
    digest = hashlib.sha256(content).hexdigest()
    return {
        "mediaType": f"application/vnd.oci.image.{media}",
        "digest": f"sha256:{digest}",
        "size": len(content),
    }


def write(image: FileImage, folder: Path) -> Path:
    """The image's archive in ``folder``, written unless it is there."""
    archive = folder / f"{image.name.rpartition('/')[2]}-{image.tag}.tar"
    if archive.exists():
        return archive
    folder.mkdir(parents=True, exist_ok=True)
    layer = folder / f".{archive.name}.layer"
    _layer(image, layer)
    with layer.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    layer_descriptor = {
        "mediaType": "application/vnd.oci.image.layer.v1.tar",
        "digest": f"sha256:{digest}",
        "size": layer.stat().st_size,
    }
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": list(image.entrypoint),
                "User": image.user,
                "Env": [f"{k}={v}" for k, v in image.environment.items()],
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _descriptor("config.v1+json", config),
            "layers": [layer_descriptor],
        }
    ).encode()
    _pack(archive, image, (config, manifest), layer)
    layer.unlink()
    for old in folder.glob(f"{image.name.rpartition('/')[2]}-????????????.tar"):
        if old != archive:
            old.unlink()
    return archive


def _pack(
    archive: Path, image: FileImage, blobs: tuple[bytes, bytes], layer: Path
) -> None:
    manifest = blobs[1]
    entry = _descriptor("manifest.v1+json", manifest)
    entry["annotations"] = {"io.containerd.image.name": image.reference}
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    temporary = archive.with_name(f".{archive.name}.new")
    with tarfile.open(temporary, "w") as out:

        def add(name: str, content: bytes) -> None:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            out.addfile(header, io.BytesIO(content))

        add("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        add("index.json", index)
        for content in blobs:
            add(f"blobs/sha256/{hashlib.sha256(content).hexdigest()}", content)
        with layer.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        out.add(layer, f"blobs/sha256/{digest}")
    temporary.replace(archive)
