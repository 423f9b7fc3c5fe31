"""``mofang-debug``: start a notebook server in the place of a training job.

    mofang-debug jupyterhub-singleuser --port 8888

The server opens in the job's working directory. If the job's owner, as the training
service names it, is the server's user, kernels and terminals get its variables and the
paths of its inputs and outputs, and ``/cache/<job id>.sh`` runs what the job ran. Of a
colleague's job nothing is taken over that could run code. Secrets are never there; only
the job's own containers are given those.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mofang.client import Client
from mofang.errors import MofangError
from mofang.job_variables import (
    JOB_VARIABLE,
    SCRATCH,
    job_variables,
    variables_file,
    write_variables,
)
from mofang_api.models import Job, JobSpec, PassAs

_USER_VARIABLE = "JUPYTERHUB_USER"
"""Set by the hub for each server; unlike a setting, no file of the home has a say."""


def main(
    argv: Sequence[str] | None = None,
    *,
    connect: Callable[[], Client] = Client,
    scratch: Path = SCRATCH,
) -> None:
    """Prepare, then become the given command; without a job, that alone.

    Args:
        argv: The command; None for the program's own arguments.
        connect: Makes the client that the job is read with.
        scratch: Directory for the job's variables, private to this server.
    """
    command = list(sys.argv[1:] if argv is None else argv)
    if not command:
        sys.exit("mofang-debug needs the command to run, such as jupyterhub-singleuser")
    job_id = os.environ.get(JOB_VARIABLE)
    if job_id:
        try:
            with connect() as client:
                job = client.get_job(job_id)
        except MofangError as error:
            # A server without the job's settings is better than none.
            _say(f"The settings of {job_id} are not known: {error}")
        else:
            command += prepare(job, os.environ.get(_USER_VARIABLE, ""), scratch)
    os.execvp(command[0], command)  # noqa: S606 - the command is ours


def prepare(job: Job, user: str, scratch: Path) -> list[str]:
    """Write what the job's owner may have of it; return options of the server.

    Args:
        job: The failed job.
        user: Owner of this server; only the job's owner gets its variables.
        scratch: Directory for the file of variables, private to this server.
    """
    if job.owner != user:
        _say(
            f"{job.id} is the job of {job.owner}: the server has its directory, and "
            "neither its variables nor its command."
        )
    else:
        try:
            write_variables(job.spec, variables_file(job.id, scratch))
            write_script(job.spec, scratch / f"{job.id}.sh")
        except (OSError, ValueError) as error:
            _say(f"{scratch} cannot be written: {error}")
    return directory_options(job.spec)


def job_command(spec: JobSpec) -> list[str]:
    """Return what one process of the job runs."""
    data_paths = [
        f"--{each.name}={each.path}"
        for each in spec.data_paths()
        if each.pass_as is PassAs.PARAMETER
    ]
    start = spec.command or ["python3", spec.script]
    return [*start, *spec.arguments, *spec.parameter_arguments(), *data_paths]


def write_script(spec: JobSpec, path: Path) -> None:
    """Write a shell script that runs what the job ran, in its place.

    It is a process of its own, so it has all of the job's variables.

    Raises:
        OSError: It cannot be written.
    """
    variables = [f"{name}={value}" for name, value in job_variables(spec).items()]
    command = shlex.join(["env", *variables, *job_command(spec)])
    text = (
        f"#!/bin/bash\n# One process of the job {shlex.quote(spec.name)}.\n"
        f"cd {shlex.quote(spec.working_directory)} || exit 2\n"
        f'exec {command} "$@"\n'
    )
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def directory_options(spec: JobSpec) -> list[str]:
    """Return the options that open the file browser where the job worked."""
    if not Path(spec.working_directory).is_dir():
        return []
    # The directory must be beneath the root, whatever the user's own settings say.
    return [
        "--ServerApp.root_dir=/",
        f"--ServerApp.preferred_dir={spec.working_directory}",
    ]


def _say(message: str) -> None:
    """Write into the server's log."""
    sys.stderr.write(f"[Mofang] {message}\n")
