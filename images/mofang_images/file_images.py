"""Container images made of a few files and nothing else, as OCI archives."""

import hashlib
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from mofang_images.archives import LAYER, MANIFEST, ImageContent, write_archive


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
        """Name and tag."""
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


def write_file_image(image: FileImage, folder: Path) -> Path:
    """Write the image's archive in ``folder``, unless it is there; return its path.

    Archives of the same image that are older go.
    """
    archive = folder / f"{image.name.rpartition('/')[2]}-{image.tag}.tar"
    if archive.exists():
        return archive
    folder.mkdir(parents=True, exist_ok=True)
    layer = folder / f".{archive.name}.layer"
    _layer(image, layer)
    with layer.open("rb") as stream:
        digest = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
    temporary = archive.with_name(f".{archive.name}.new")
    content = _content(image, digest, layer.stat().st_size)
    write_archive(temporary, content, image.reference, files={digest: layer})
    temporary.replace(archive)
    layer.unlink()
    for old in folder.glob(f"{image.name.rpartition('/')[2]}-????????????.tar"):
        if old != archive:
            old.unlink()
    return archive


def _content(image: FileImage, digest: str, size: int) -> ImageContent:
    return ImageContent(
        manifest={
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "layers": [{"mediaType": LAYER, "digest": digest, "size": size}],
        },
        config={
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": list(image.entrypoint),
                "User": image.user,
                "Env": [f"{k}={v}" for k, v in image.environment.items()],
            },
            "rootfs": {"type": "layers", "diff_ids": [digest]},
        },
    )
