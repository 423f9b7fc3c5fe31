"""Resolve the paths of a job's inputs and outputs, and pass them to the script."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mofang_run.job.replica import ReplicaContext
from mofang_run.job.settings import DataPath
from mofang_run.process.exit_codes import CANNOT_EXECUTE, NOT_FOUND, RefusalError
from mofang_run.setup.staging import Staged, preload


@dataclass(frozen=True)
class DataPaths:
    """What the script is told of its inputs and outputs, but for its environment."""

    parameters: dict[str, str]
    staged: tuple[Staged, ...]


def resolve_data_paths(replica: ReplicaContext) -> DataPaths:
    """Check inputs, make outputs, fill staged ones with what is there if asked to.

    A restarted job always finds what its last attempt left.

    Raises:
        RefusalError: An input is not there, or an output cannot be made or loaded.
        StoppedError: A signal came meanwhile.
    """
    parameters: dict[str, str] = {}
    staged: list[Staged] = []
    for data_path in replica.settings.data_paths:
        path = data_path.path
        if data_path.is_remote:
            # The script's libraries read and write it, by keys that they find.
            pass
        elif data_path.kind == "input":
            _check_input(data_path)
        else:
            _make(data_path, path)
        if data_path.is_staged:
            path = str(Path(replica.settings.cache, "outputs", data_path.name))
            _make(data_path, path)
            stage = Staged(data_path.name, Path(path), Path(data_path.path))
            if data_path.preload or replica.settings.attempt > 1:
                preload(replica, stage)
            staged.append(stage)
        if data_path.is_variable:
            replica.environment[data_path.name.upper()] = path
        else:
            parameters[data_path.name] = path
    return DataPaths(parameters, tuple(staged))


def _check_input(data_path: DataPath) -> None:
    if not os.path.exists(data_path.path):  # noqa: PTH110 - never raises
        raise RefusalError(
            f"The input {data_path.name} is not there: {data_path.path} does not "
            "exist. Jobs see your home, the project's directory, /global and the data "
            "sources below /data.",
            NOT_FOUND,
        )
    if not os.access(data_path.path, os.R_OK):
        raise RefusalError(
            f"The input {data_path.name}, {data_path.path}, cannot be read by user "
            f"{os.getuid()}. Change its permissions.",
            CANNOT_EXECUTE,
        )


def _make(data_path: DataPath, path: str) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusalError(
            f"The directory {path} of the output {data_path.name} cannot be made: "
            f"{error.strerror}. Choose another path, or change the permissions there.",
            CANNOT_EXECUTE,
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise RefusalError(
            f"The output {data_path.name}, {path}, cannot be written to by user "
            f"{os.getuid()}. Choose another path, or change its permissions.",
            CANNOT_EXECUTE,
        )
