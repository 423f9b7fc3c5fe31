"""A job's variables, for kernels and terminals of a server that looks into it.

They are kept in a file of the container, ``/cache/<job id>.env``. The server's own
process never has them: what a variable can change there is which code it loads and whom
it trusts, and the server holds its user's token.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from mofang_api.models import JobSpec, PassAs

JOB_VARIABLE = "MOFANG_DEBUG_JOB"
"""Names the job that the server looks into."""
SCRATCH = Path(os.environ.get("MOFANG_CACHE_DIRECTORY") or "/cache")
"""Belongs to one container; the platform names another where that has no /cache."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXPORT = "export"

_RESERVED = frozenset(
    {
        # What a shell runs or looks up.
        *("BASHOPTS", "CDPATH", "ENV", "IFS", "INPUTRC", "PROMPT_COMMAND", "PS4"),
        *("SHELLOPTS", "TERMCAP"),
        # Who and where one is.
        *("HOME", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "USER", "VIRTUAL_ENV"),
        # What other programs start or load.
        *("BROWSER", "CLASSPATH", "EDITOR", "GCONV_PATH", "GETCONF_DIR", "LESSCLOSE"),
        *("LESSOPEN", "LOCPATH", "MANPAGER", "NLSPATH", "PAGER", "VISUAL"),
        *("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"),
        # Which hosts and certificates are trusted.
        *("HOSTALIASES", "LOCALDOMAIN", "NETRC", "REQUESTS_CA_BUNDLE", "RES_OPTIONS"),
    }
)
_RESERVED_PREFIXES = (
    *("BASH_", "COMP_", "CONDA_", "CURL_", "DBUS_", "DOCKER_", "GIT_", "GLIBC_"),
    *("GNUPG", "IPYTHON", "JPY_", "JUPYTER", "KRB5", "KUBE", "LD_", "MOFANG_"),
    *("NODE_", "NPM_", "OPENSSL_", "PERL", "PIP_", "PYTHON", "RUBY", "SSH_", "SSL"),
    *("SUDO_", "TERMINFO", "UV_", "XDG_"),
)
_RESERVED_SUFFIXES = ("_PROXY",)


def is_allowed(name: str) -> bool:
    """Whether a variable is the job's alone, read by no program of the notebook.

    Names count in whatever case: ``http_proxy`` is read as ``HTTP_PROXY`` is.
    """
    upper = name.upper()
    return (
        _NAME.fullmatch(name) is not None
        and upper not in _RESERVED
        and not upper.startswith(_RESERVED_PREFIXES)
        and not upper.endswith(_RESERVED_SUFFIXES)
    )


def job_variables(spec: JobSpec) -> dict[str, str]:
    """Return what the job's containers have in variables, whatever their names."""
    data_paths = {
        each.name.upper(): each.path
        for each in spec.data_paths()
        if each.pass_as is PassAs.ENVIRONMENT
    }
    return {**spec.env, **data_paths}


def variables_file(job_id: str, scratch: Path = SCRATCH) -> Path:
    """Return the file that kernels and terminals read; shells can source it."""
    return scratch / f"{job_id}.env"


def write_variables(spec: JobSpec, path: Path) -> None:
    """Write the allowed variables of a job, for its owner alone.

    Raises:
        OSError: It cannot be written.
    """
    lines = [
        f"{_EXPORT} {name}={shlex.quote(value)}\n"
        for name, value in job_variables(spec).items()
        if is_allowed(name)
    ]
    path.touch(mode=0o600)
    path.write_text("".join(lines), encoding="utf-8")


def read_variables(
    environment: Mapping[str, str], scratch: Path = SCRATCH
) -> dict[str, str]:
    """Return the variables for a kernel of the server that has this environment.

    Empty for a server that looks into no job, or into that of somebody else. The file
    is its user's to change; one that is no longer readable is passed over.
    """
    job_id = environment.get(JOB_VARIABLE)
    if not job_id:
        return {}
    try:
        # As bytes: text would not keep carriage returns.
        text = variables_file(job_id, scratch).read_bytes().decode()
        words = shlex.split(text, comments=True)
    except (OSError, ValueError):
        return {}
    pairs = (word.partition("=") for word in words if word != _EXPORT)
    return {name: value for name, _, value in pairs if is_allowed(name)}
