"""Fixtures: `extensions`, the front end of this checkout, and `folder` of a server."""

import zipfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from jupyterlab.handlers.announcements import NeverCheckForUpdate
from jupyterlab.handlers.build_handler import Builder
from traitlets.config import Config
from unit.mofang_training.notebook import Notebook, running_notebook

from mofang_images.store import Store, default_folder
from mofang_images.wheels import wheel_of
from support.platform import REPOSITORY


@pytest.fixture(scope="module")
def extensions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front end of this checkout, as it is in the images."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = wheel_of("extensions/files", REPOSITORY, Store(folder=default_folder()))
    with zipfile.ZipFile(wheel.path) as archive:
        archive.extractall(folder)
    [found] = folder.glob("*.data/data/share/jupyter/labextensions")
    return found


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the server, and of what the pod has at ``/etc/mofang/data``."""
    return tmp_path_factory.mktemp("server")


@asynccontextmanager
async def running_lab(
    patch: pytest.MonkeyPatch, folder: Path, extensions: Path, config: Config
) -> AsyncIterator[Notebook]:
    """Run JupyterLab with the extension of files and no other of ours."""
    # JupyterLab's own lives as long as the process.
    threads = ThreadPoolExecutor(1)
    patch.setattr(Builder, "executor", threads)
    lab = {"extra_labextensions_path": [str(extensions)]}
    quiet = {"news_url": None, "check_for_updates_class": NeverCheckForUpdate}
    config.merge(Config({"LabServerApp": lab, "LabApp": quiet}))
    async with running_notebook(
        patch, folder, "mofang_files", beside=["jupyterlab"], config=config
    ) as server:
        yield server
    threads.shutdown()
