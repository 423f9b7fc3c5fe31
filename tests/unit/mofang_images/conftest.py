import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mofang_images.store import Store

REPOSITORY = Path(__file__).resolve().parents[3]


def digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def blob_name(blob_digest: str) -> str:
    return f"blobs/{blob_digest.replace(':', '/')}"


def write_tar(archive: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(archive, "w") as tar:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return archive


def write_image(archive: Path, *layers: bytes, labels: dict | None = None) -> Path:
    """Write the archive of an image with these layers, as builders do."""
    config = {
        "architecture": "amd64",
        "config": {"User": "1000:1000", "Labels": labels},
        "rootfs": {
            "type": "layers",
            "diff_ids": [digest(b"raw " + layer) for layer in layers],
        },
        "history": [{"created_by": f"step {n}"} for n in range(len(layers))],
    }
    config_blob = json.dumps(config).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "config": {"digest": digest(config_blob)},
            "layers": [
                {"mediaType": "zstd", "digest": digest(each), "size": len(each)}
                for each in layers
            ],
        }
    ).encode()
    index = json.dumps({"manifests": [{"digest": digest(manifest)}]}).encode()
    blobs = {blob_name(digest(b)): b for b in (config_blob, manifest, *layers)}
    return write_tar(archive, {"index.json": index} | blobs)


@pytest.fixture
def repository() -> Path:
    """The tree these tests are part of."""
    return REPOSITORY


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(folder=tmp_path / "store")


@pytest.fixture
def declare(tmp_path) -> Callable[..., Path]:
    """Write an image's folder as a person would; return the folder of images."""
    images = tmp_path / "repository" / "images"
    (images / "shared").mkdir(parents=True)
    (images / "shared" / "uv.txt").write_text("uv==1\n")

    def write(
        name: str,
        parent: str = "debian",
        kind: str = "platform",
        projects: tuple[str, ...] = (),
        downloads: tuple[str, ...] = (),
        folders: tuple[str, ...] = (),
        gpu: bool = False,
    ) -> Path:
        folder = images / name
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(f"# {name}\n")
        (folder / "image.toml").write_text(
            f'kind = "{kind}"\nparent = "{parent}"\nrevision = 1\ntitle = "{name}"\n'
            f"projects = {list(projects)}\ndownloads = {list(downloads)}\n"
            f"folders = {list(folders)}\n"
            f"gpu = {str(gpu).lower()}\n"
        )
        return images

    return write


@pytest.fixture
def images(declare) -> Path:
    """A tree like ours: a hub, two environments, and the layer on top of them."""
    declare("foundation", kind="foundation")
    declare("base", parent="foundation", kind="environment")
    declare("pytorch", parent="foundation", kind="environment")
    declare("hub", projects=("hub",), downloads=("extensions/client/mofang",))
    images = declare(
        "ours",
        parent="foundation",
        kind="layer",
        projects=("extensions/client/mofang",),
        folders=("images/examples",),
    )
    (images / "examples" / "single").mkdir(parents=True)
    (images / "examples" / "single" / "README.md").write_text("Read me.\n")
    return images
