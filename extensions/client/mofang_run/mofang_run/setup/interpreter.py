"""Choose the Python of a job: the image's, or the person's own for the environment."""

from __future__ import annotations

from dataclasses import replace

from mofang_run.environments.activation import activate
from mofang_run.environments.directory import PackagesError
from mofang_run.environments.image import Image
from mofang_run.environments.job_packages import choose
from mofang_run.job.interpreter import Interpreter
from mofang_run.job.replica import ReplicaContext
from mofang_run.process.exit_codes import CANNOT_EXECUTE, RefusalError


def choose_interpreter(replica: ReplicaContext) -> Interpreter:
    """Return the Python that has the packages of the job's environment.

    Packages in ``~/.local`` are nobody's: they would follow a person into every image.

    Raises:
        RefusalError: The job's environment is a saved one that cannot be used.
    """
    environment = replica.environment
    try:
        chosen = choose(environment)
    except PackagesError as error:
        raise RefusalError(str(error), CANNOT_EXECUTE) from error
    if chosen.message:
        replica.output.say(chosen.message)
    environment.setdefault("PYTHONNOUSERSITE", "1")
    own = Interpreter.own(environment)
    if chosen.prefix is None:
        return own
    environment.update(activate(environment, chosen.prefix))
    site = chosen.prefix / Image.running().site_folder
    python = str(chosen.prefix / "bin" / "python")
    below = own.sites if chosen.is_saved else ()
    return replace(own, executable=python, sites=(str(site), *below))
