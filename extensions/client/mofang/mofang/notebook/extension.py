"""``%%mofang`` and ``%mofang_jobs`` in every kernel, imported when they are used.

Each kernel of the platform loads this as it starts, most of them to never use it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mofang.notebook.magic import MofangMagic


def register(shell: Any) -> None:
    """Make the magics known to an interpreter."""

    @cache
    def magic() -> MofangMagic:
        from mofang.notebook.magic import MofangMagic  # noqa: PLC0415 - takes half a second

        return MofangMagic(shell)

    def mofang(line: str, cell: str | None = None) -> object:
        """Run a cell as a training job; without a cell, show a job or all of them.

        ``%%mofang --replicas 2 --memory 2Gi --set lr=0.1 [--follow] [-- arguments]``
        takes the options of ``mofang submit``. With ``--follow`` the cell waits for
        the job, and fails if the job does.
        """
        return magic()(line, cell)

    def mofang_jobs(line: str) -> object:
        """List the project's jobs, filtered as ``mofang jobs`` does."""
        return magic().list_jobs(line)

    shell.register_magic_function(mofang, "line_cell", "mofang")
    shell.register_magic_function(mofang_jobs, "line", "mofang_jobs")
