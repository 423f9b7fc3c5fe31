"""What ``import mofang`` offers for one line in a notebook."""

from __future__ import annotations

import os
from typing import Unpack

from mofang.client import Client
from mofang.handle import JobHandle, JobHandles
from mofang.submission import SubmitOptions, build_spec


def submit(
    script: str | os.PathLike[str],
    *arguments: str,
    client: Client | None = None,
    **options: Unpack[SubmitOptions],
) -> JobHandle:
    """Run a script as a training job.

    Every replica runs the same script, so the data is shared by rank in it::

        job = mofang.submit("train.py", "--epochs", "3", replicas=2, memory="2Gi")
        job.wait()

    Args:
        script: Its path; seen from here in a notebook, in the container elsewhere.
        arguments: What the script is called with.
        client: Who submits; by default one made from the environment.
        options: See ``SubmitOptions``.

    Raises:
        MofangError: It was not accepted; the sentence says why.
    """
    client = client or Client()
    spec = build_spec(script, arguments, options, client.settings)
    return JobHandle(client, client.submit(spec))


def job(job_id: str, *, client: Client | None = None) -> JobHandle:
    """Return the job of this id."""
    client = client or Client()
    return JobHandle(client, client.get_job(job_id))


def jobs(limit: int = 50, *, client: Client | None = None) -> JobHandles:
    """Return the project's newest jobs."""
    client = client or Client()
    page = client.list_jobs(limit)
    return JobHandles(JobHandle(client, found) for found in page.jobs)
