"""What ``import mofang`` offers for one line in a notebook."""

from __future__ import annotations

import os
from typing import Any, Unpack

from mofang.client import Client
from mofang.comparison import Comparison, compare_jobs
from mofang.endpoints import JobFilter
from mofang.handle import JobHandle, JobHandles
from mofang.options import RerunOptions, SubmitOptions
from mofang.settings import ClientSettings
from mofang.submission import build_spec, rerun_spec
from mofang_api.models import Environment, Job, JobSpec


def submit(
    script: str | os.PathLike[str] | None = None,
    *arguments: str,
    client: Client | None = None,
    **options: Unpack[SubmitOptions],
) -> JobHandle:
    """Run a script as a training job.

    Every replica runs the same script, so the data is shared by rank in it::

        job = mofang.submit("train.py", replicas=2, hyperparameters={"lr": 0.1})
        job.wait()

    Args:
        script: Its path; seen from here in a notebook, in the container elsewhere.
            None where a ``command`` is given.
        arguments: What the script is called with.
        client: Who submits; by default one made from the environment.
        options: See ``SubmitOptions``.

    Raises:
        MofangError: It was not accepted; the sentence says why, by field.
    """
    client = client or Client()
    return send(client, build_spec(script, arguments, options, client.settings))


def rerun(
    job_id: str, *, client: Client | None = None, **changes: Unpack[RerunOptions]
) -> JobHandle:
    """Run an earlier job again, with changes.

    Hyper-parameters, variables, inputs, outputs and roles that are given replace those
    of the same name; None removes one: ``rerun(id, hyperparameters={"lr": 0.2})``.
    Flags are added to those that it had.
    """
    client = client or Client()
    earlier = client.get_job(job_id)
    return send(client, rerun_spec(earlier, changes, client.settings))


def send(client: Client, spec: JobSpec) -> JobHandle:
    """Submit a specification."""
    return JobHandle(client, client.submit(spec))


def spec(
    script: str | os.PathLike[str] | None = None,
    *arguments: str,
    settings: ClientSettings | None = None,
    **options: Unpack[SubmitOptions],
) -> JobSpec:
    """Return what ``submit`` would send, for ``AsyncClient.submit`` or for inspection.

    Args:
        script: Path of the script or notebook; None with ``command``.
        settings: None for those of the environment and the settings file.
        *arguments: Of the script.
        **options: As ``submit`` takes them.
    """
    return build_spec(script, arguments, options, settings or ClientSettings.find())


def respec(
    job: Job,
    *,
    settings: ClientSettings | None = None,
    **changes: Unpack[RerunOptions],
) -> JobSpec:
    """Return what ``rerun`` would send."""
    return rerun_spec(job, changes, settings or ClientSettings.find())


def job(job_id: str, *, client: Client | None = None) -> JobHandle:
    """Return the job of this id."""
    client = client or Client()
    return JobHandle(client, client.get_job(job_id))


def jobs(
    limit: int = 50, *, client: Client | None = None, **wanted: Unpack[JobFilter]
) -> JobHandles:
    """Return the project's newest jobs, or those of them that a filter leaves."""
    client = client or Client()
    page = client.list_jobs(limit, **wanted)
    return JobHandles(JobHandle(client, found) for found in page.jobs)


def list_environments(*, client: Client | None = None) -> list[Environment]:
    """Return the environments whose names ``environment`` takes."""
    client = client or Client()
    return client.list_environments().environments


def compare(
    left: str | JobHandle, right: str | JobHandle, *, client: Client | None = None
) -> Comparison:
    """Return how two jobs differ: in their settings, and in what came of them.

    Args:
        left: One job, or its id.
        right: The other.
        client: None for one with the settings that are found.
    """
    client = client or Client()
    ids = [each if isinstance(each, str) else each.id for each in (left, right)]
    first, second = (client.get_job(job_id) for job_id in ids)
    results: list[dict[str, Any]] = [client.result(job_id) for job_id in ids]
    return compare_jobs((first, second), (results[0], results[1]))
