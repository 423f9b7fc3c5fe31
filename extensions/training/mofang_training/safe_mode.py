"""What JupyterLab says of a server in safe mode: why, and what may be the cause.

The page itself has it, so that it is told whatever else does not work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from mofang_run.environments.directory import SAFE_MODE_VARIABLE

PAGE_OPTION = "mofangSafeMode"
"""Name of the page's option; absent where the server is not in safe mode."""

_FAILURE_VARIABLE = "MOFANG_LAST_FAILURE"
_READ_AT_START = (
    "jupyter_server_config.py",
    "jupyter_server_config.json",
    "*_config.py",
    "*_config.json",
    "*_config.d/*.json",
    "labconfig/*.json",
)
"""Of ``~/.jupyter``, what Jupyter reads before it answers, the likeliest first."""


def add_page_config(
    settings: MutableMapping[str, Any], environment: Mapping[str, str]
) -> None:
    """Put it into the options of JupyterLab's page, in safe mode.

    Args:
        settings: The web application's.
        environment: The server's variables.
    """
    if environment.get(SAFE_MODE_VARIABLE):
        page = settings.setdefault("page_config_data", {})
        page[PAGE_OPTION] = notice(environment)


def notice(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return why the last start failed, and the user's files that a start reads."""
    failure = environment.get(_FAILURE_VARIABLE, "")
    files = list(dict.fromkeys(_files(Path(environment.get("HOME", "/")))))
    # What the failure itself names comes first.
    files.sort(key=lambda path: path not in failure)
    return {"failure": failure, "files": files}


def _files(home: Path) -> Iterator[str]:
    for pattern in _READ_AT_START:
        try:
            yield from sorted(map(str, (home / ".jupyter").glob(pattern)))
        except OSError:
            # A home that cannot be read is one more thing to mend.
            return
