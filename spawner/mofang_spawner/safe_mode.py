"""A start without a person's own files: what the pod's container gets for it. Pure.

Of the home, Jupyter reads its configuration, kernels and extensions before it answers,
a start-up script and kernels use the person's packages, and shells their start-up
files. Any of these can keep a server from being of use, and then none is left to mend
them with. In safe mode none is read; the files themselves stay as they are.
"""

from typing import Any

Manifest = dict[str, Any]

VARIABLE = "MOFANG_SAFE_MODE"
FAILURE_VARIABLE = "MOFANG_LAST_FAILURE"
"""Why the last start failed, for the person who looks for the cause."""

OFFER = (
    "If a file in your home directory is the cause, start the server in safe mode: it "
    "loads neither your Jupyter configuration nor your packages, so that you can fix "
    "them."
)
MAX_FAILURE_LENGTH = 4000

_FOLDER = "/tmp/mofang-safe-mode"  # noqa: S108 - in the pod, and nobody else's
_VARIABLES = {
    VARIABLE: "1",
    # JupyterHub's own switch: configuration and extensions of the home are passed over.
    "JUPYTERHUB_DISABLE_USER_CONFIG": "1",
    # It leaves settings and workspaces of JupyterLab where they are.
    "JUPYTER_CONFIG_DIR": f"{_FOLDER}/jupyter",
    "JUPYTER_DATA_DIR": f"{_FOLDER}/data",
    "IPYTHONDIR": f"{_FOLDER}/ipython",
    "PYTHONNOUSERSITE": "1",
}
_OPTIONS = (
    '--ServerApp.terminado_settings={"shell_command":["/bin/bash","--noprofile","--norc"]}',
    # The files to fix are hidden ones.
    "--ContentsManager.allow_hidden=True",
)


def variables(failure: str) -> dict[str, str]:
    """The variables of a server in safe mode.

    Args:
        failure: Why the last start failed; empty if that is not known.
    """
    # The end is where a program says what it ended of. Kubernetes puts other variables
    # in where a value has a dollar sign.
    shown = failure[-MAX_FAILURE_LENGTH:].replace("$", "$$")
    return _VARIABLES | ({FAILURE_VARIABLE: shown} if shown else {})


def apply(container: Manifest) -> None:
    """Add a server's options, and start it where it can be whatever the home is."""
    container["args"] = [*(container.get("args") or []), *_OPTIONS]
    container["workingDir"] = "/tmp"  # noqa: S108 - in the pod
