from collections.abc import Callable
from pathlib import Path

import pytest

from mofang_images.store import Store

REPOSITORY = Path(__file__).resolve().parents[3]


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
        name: str, parent: str = "debian", projects: tuple[str, ...] = ()
    ) -> Path:
        folder = images / name
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(f"# {name}\n")
        (folder / "image.toml").write_text(
            f'parent = "{parent}"\nprojects = {list(projects)}\nrevision = 1\n'
        )
        return images

    return write
