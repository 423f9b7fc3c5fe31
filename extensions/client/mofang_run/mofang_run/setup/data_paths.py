"""Settle where a job's inputs and outputs are, and tell the script of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mofang_run.job.replica import Replica
from mofang_run.job.settings import DataPath
from mofang_run.process.exit_codes import CANNOT_EXECUTE, NOT_FOUND, RefusalError
from mofang_run.setup.staging import Staged, preload


@dataclass(frozen=True)
class DataPaths:
    """What the script hears of its places, but for its environment."""

    parameters: dict[str, str]
    staged: tuple[Staged, ...]


def resolve_data_paths(replica: Replica) -> DataPaths:
    """Check inputs, make outputs, fill staged ones with what is there if asked to.

    A restarted job always finds what its last attempt left.

    Raises:
        RefusalError: An input is not there, or an output cannot be made or loaded.
        StoppedError: A signal came meanwhile.
    """
    parameters: dict[str, str] = {}
    staged: list[Staged] = []
    for place in replica.settings.places:
        path = place.path
        if place.kind == "input":
            _check_input(place)
        else:
            _make(place, path)
        if place.is_staged:
            path = str(Path(replica.settings.cache, "outputs", place.name))
            _make(place, path)
            stage = Staged(place.name, Path(path), Path(place.path))
            if place.preload or replica.settings.attempt > 1:
                preload(replica, stage)
            staged.append(stage)
        if place.deliver == "environment":
            replica.environment[place.name.upper()] = path
        else:
            parameters[place.name] = path
    return DataPaths(parameters, tuple(staged))


def _check_input(place: DataPath) -> None:
    if not os.path.exists(place.path):  # noqa: PTH110 - never raises
        raise RefusalError(
            f"The input {place.name} is not there: {place.path} does not exist. Jobs "
            "see your home, the project's directory and /global.",
            NOT_FOUND,
        )
    if not os.access(place.path, os.R_OK):
        raise RefusalError(
            f"The input {place.name}, {place.path}, cannot be read by user "
            f"{os.getuid()}. Change its permissions.",
            CANNOT_EXECUTE,
        )


def _make(place: DataPath, path: str) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusalError(
            f"The directory {path} of the output {place.name} cannot be made: "
            f"{error.strerror}. Choose another path, or change the permissions there.",
            CANNOT_EXECUTE,
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise RefusalError(
            f"The output {place.name}, {path}, cannot be written to by user "
            f"{os.getuid()}. Choose another path, or change its permissions.",
            CANNOT_EXECUTE,
        )
