"""Fixtures: `storage` (home, projects, global), `notebook_with`, `notebook`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config
from unit.mofang_training.notebook import Notebook, running_notebook

from mofang_tensorboard.light import leave_tensorflow_out

leave_tensorflow_out()

from tensorboard.compat.proto.event_pb2 import Event  # noqa: E402
from tensorboard.compat.proto.summary_pb2 import Summary  # noqa: E402
from tensorboard.summary.writer.event_file_writer import (  # noqa: E402
    EventFileWriter,
)

API = "mofang/tensorboard/api/instances"


def write_run(folder: Path, tag: str = "loss", points: int = 5) -> Path:
    """Write what a training script's summary writer writes."""
    writer = EventFileWriter(str(folder))
    for step in range(points):
        value = Summary.Value(tag=tag, simple_value=1 / (step + 1))
        event = Event(
            step=step, wall_time=1_700_000_000 + step, summary=Summary(value=[value])
        )
        writer.add_event(event)
    writer.close()
    return folder


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A person's storage below one folder, and a neighbour's project beside it."""
    root = tmp_path / "storage"
    for name in ("home", "projects/vision", "projects/speech", "global"):
        (root / name).mkdir(parents=True)
    return root


async def until(check: Callable[[], Awaitable[object]], seconds: float = 60) -> None:
    """Return when ``check`` answers with something true."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - there is no event to await
            await asyncio.sleep(0.1)


NotebookWith = Callable[..., AbstractAsyncContextManager[Notebook]]


@pytest.fixture
def notebook_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, storage: Path
) -> NotebookWith:
    """Runs a notebook of the project vision with those settings of the extension."""

    @asynccontextmanager
    async def run(**settings: Any) -> AsyncIterator[Notebook]:
        roots = [str(storage / each) for each in ("home", "projects/vision", "global")]
        config = Config({"TensorBoardExtension": {"roots": roots, **settings}})
        async with running_notebook(
            monkeypatch, tmp_path, "mofang_tensorboard", config=config
        ) as server:
            yield server

    return run


@pytest.fixture
async def notebook(notebook_with: NotebookWith) -> AsyncIterator[Notebook]:
    async with notebook_with() as server:
        yield server
