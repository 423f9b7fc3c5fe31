"""``mofang-debug``: start a notebook server in the place of a training job.

    mofang-debug jupyterhub-singleuser --port 8888

The server gets the job's variables, the paths of its inputs and outputs and its working
directory, and a script that runs what the job ran: ``/cache/<job id>.sh``. Secrets are
not among them; only the job's own containers are given those.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from mofang.client import Client
from mofang.errors import MofangError
from mofang.models import Delivery, JobSpec

JOB_VARIABLE = "MOFANG_DEBUG_JOB"
SCRATCH = Path("/cache")

# What the server itself needs is not the job's to change.
_KEPT = ("HOME", "PATH", "PYTHONPATH", "LD_PRELOAD", "LD_LIBRARY_PATH")


def main(argv: Sequence[str] | None = None) -> None:
    """Prepare, then become the given command; without a job, that alone."""
    command = list(sys.argv[1:] if argv is None else argv)
    if not command:
        sys.exit("mofang-debug needs the command to run, such as jupyterhub-singleuser")
    environment = dict(os.environ)
    job_id = environment.get(JOB_VARIABLE)
    if job_id:
        try:
            with Client() as client:
                spec = client.get_job(job_id).spec
        except MofangError as error:
            # A server without the job's settings is better than none.
            _say(f"The settings of {job_id} are not known: {error}")
        else:
            environment |= job_environment(spec)
            write_script(spec, SCRATCH / f"{job_id}.sh")
            command += directory_option(spec)
    os.execvpe(command[0], command, environment)  # noqa: S606 - the command is ours


def job_environment(spec: JobSpec) -> dict[str, str]:
    """Return what the job's containers have in variables."""
    places = {
        place.name.upper(): place.path
        for place in spec.places()
        if place.deliver is Delivery.ENVIRONMENT
    }
    return {
        name: value
        for name, value in {**spec.environment, **places}.items()
        if name not in _KEPT
    }


def job_command(spec: JobSpec) -> list[str]:
    """Return what one process of the job runs."""
    places = [
        f"--{place.name}={place.path}"
        for place in spec.places()
        if place.deliver is Delivery.PARAMETER
    ]
    start = spec.command or ["python3", spec.script]
    return [*start, *spec.arguments, *spec.parameter_arguments(), *places]


def write_script(spec: JobSpec, path: Path) -> None:
    """Write a shell script that runs what the job ran, in its working directory."""
    text = (
        f"#!/bin/bash\n# One process of the job {shlex.quote(spec.name)}.\n"
        f"cd {shlex.quote(spec.working_directory)} || exit 2\n"
        f'exec {shlex.join(job_command(spec))} "$@"\n'
    )
    try:
        path.write_text(text)
    except OSError as error:
        _say(f"{path} is not written: {error.strerror}.")


def directory_option(spec: JobSpec) -> list[str]:
    """Return the option that opens the file browser where the job worked."""
    if not Path(spec.working_directory).is_dir():
        return []
    return [f"--ServerApp.preferred_dir={spec.working_directory}"]


def _say(sentence: str) -> None:
    """Write into the server's log."""
    sys.stderr.write(f"[Mofang] {sentence}\n")
