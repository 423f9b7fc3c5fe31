"""Small JSON files that lie beside the logs, written in users' containers.

A job's containers may write what they like there, so they are bounded, read strictly
and believed only for what they are shown as, of that job.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from mofang_jobs.domain.log_paths import LogName, folder_parts
from mofang_storage.confined_fs import UnsafePathError, open_file

log = structlog.get_logger(__name__)

MAX_BYTES = 64 * 1024
RESULT = "result.json"


class RetainedReplica(BaseModel):
    """A failed replica whose container is held for debugging."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    exit_code: int = Field(ge=-255, le=255)
    ended: AwareDatetime
    held_until: AwareDatetime
    termination_message: str = Field(default="", max_length=4096)
    """The replica's last words."""


class RecordStorage:
    """Reads records beneath the root of the logs."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def result(self, project: str, job: str) -> dict[str, Any]:
        """Return what a job's script reported; empty if nothing readable is there."""
        parts = (*folder_parts(project, job), RESULT)
        found = await asyncio.to_thread(self._read, parts)
        return found if isinstance(found, dict) else {}

    async def retained(
        self, names: Iterable[LogName]
    ) -> dict[tuple[str, int], RetainedReplica]:
        """Return the replicas that are kept, by role and index."""
        return await asyncio.to_thread(self._retained, list(names))

    def _retained(self, names: list[LogName]) -> dict[tuple[str, int], RetainedReplica]:
        found = {}
        for name in names:
            *folder, file = name.parts
            path = (*folder, f"{file.removesuffix('.log')}.held.json")
            try:
                found[name.role, name.index] = RetainedReplica.model_validate(
                    self._read(path)
                )
            except (ValidationError, ValueError, OverflowError):
                continue
        return found

    def _read(self, parts: tuple[str, ...]) -> Any:
        try:
            file = open_file(self._root, parts)
        except FileNotFoundError:
            return None
        except (UnsafePathError, OSError) as err:
            log.warning("record is not used", path="/".join(parts), error=str(err))
            return None
        try:
            content = os.pread(file, MAX_BYTES + 1, 0)
        except OSError as err:
            log.warning("record is not read", path="/".join(parts), error=str(err))
            return None
        finally:
            os.close(file)
        if len(content) > MAX_BYTES:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            return None
