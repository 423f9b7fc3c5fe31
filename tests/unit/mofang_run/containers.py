"""Pretended containers: processes that see another directory as their /tmp."""

from __future__ import annotations

from pathlib import Path

_RUN = """\
import sys
from mofang_run.mpi_ssh import private_tmp
private_tmp.CANDIDATES = ({folder!r},)
from {module} import main
sys.exit(main())
"""


def start_in(folder: Path, module: str) -> list[str]:
    """Return Python's words that run a module, with its keys in that directory."""
    return ["-c", _RUN.format(folder=str(folder), module=module)]
