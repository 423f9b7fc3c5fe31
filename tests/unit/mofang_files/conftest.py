"""Fixtures: `storage` (home, project, a neighbour), `snapshots`, `server`."""

import os

import pytest
from traitlets.config import Config
from unit.mofang_training.notebook import running_notebook

HOURLY = "_mofang-hourly-20261130T040000Z_1099511627776"
DAILY = "_mofang-daily-20261129T000000Z_1099511627776"
API = "mofang/files/api"


@pytest.fixture
def storage(tmp_path):
    """A person's storage below one folder, and a neighbour's beside it."""
    root = tmp_path / "storage"
    for name in ("home/src", "projects/vision", "projects/speech"):
        (root / name).mkdir(parents=True)
    (root / "projects" / "speech" / "secret").write_text("secret")
    return root


@pytest.fixture
def keep():
    """Put a file into a snapshot of its directory, as CephFS shows it."""

    def keep(path, text, snapshot=HOURLY, *, modified=1_700_000_000):
        kept = path.parent / ".snap" / snapshot / path.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text)
        os.utime(kept, (modified, modified))
        return kept

    return keep


@pytest.fixture
async def server(monkeypatch, tmp_path, storage):
    """A notebook's server of the project vision, with this extension alone."""
    paths = {
        "home": str(storage / "home"),
        "project": str(storage / "projects" / "vision"),
    }
    config = Config({"FilesExtension": paths})
    async with running_notebook(
        monkeypatch, tmp_path, "mofang_files", config=config
    ) as notebook:
        # As the platform's, whose file browser begins at the root of all files.
        (tmp_path / "root" / "home").symlink_to(storage / "home")
        (tmp_path / "root" / "projects").symlink_to(storage / "projects")
        yield notebook
