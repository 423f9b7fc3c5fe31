"""Choose the Python of a job: the image's, or the person's own for the environment."""

from __future__ import annotations

from dataclasses import replace

from mofang_run.environments.activation import activate
from mofang_run.environments.image import Image
from mofang_run.environments.job_packages import choose
from mofang_run.job.interpreter import Interpreter
from mofang_run.job.replica import ReplicaContext


def choose_interpreter(replica: ReplicaContext) -> Interpreter:
    """Return the Python that has the packages of the job's environment.

    Packages in ``~/.local`` are nobody's: they would follow a person into every image.
    """
    environment = replica.environment
    chosen = choose(environment)
    if chosen.message:
        replica.output.say(chosen.message)
    environment.setdefault("PYTHONNOUSERSITE", "1")
    own = Interpreter.own(environment)
    if chosen.prefix is None:
        return own
    environment.update(activate(environment, chosen.prefix))
    site = chosen.prefix / Image.running().site_folder
    python = str(chosen.prefix / "bin" / "python")
    return replace(own, executable=python, sites=(str(site),))
