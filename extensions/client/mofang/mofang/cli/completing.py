"""What a shell offers while one types: jobs, replicas, roles, environments.

There is no place for an error then: what cannot be found out is not offered.
"""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from mofang.cli.app import Platform
from mofang.client import Client
from mofang.errors import MofangError
from mofang.settings import ClientOptions
from mofang_api.frameworks import DEFAULT_FRAMEWORK
from mofang_api.models import Framework, Job, role_rules

MOST = 50


def complete_job(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the ids of the newest jobs."""
    try:
        with _client(ctx) as client:
            jobs = client.list_jobs(limit=MOST).jobs
    except MofangError:
        return []
    return [
        CompletionItem(job.id, help=f"{job.spec.name}: {job.state}")
        for job in jobs
        if job.id.startswith(incomplete)
    ]


def complete_replica(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the replicas of the job that was named before."""
    # An option that still waits for its value keeps click from naming arguments.
    job_id = ctx.params.get("job_id") or next(iter(ctx.args), "")
    try:
        with _client(ctx) as client:
            job = client.get_job(job_id)
    except MofangError:
        return []
    return [
        CompletionItem(name) for name in _replicas(job) if name.startswith(incomplete)
    ]


def complete_role(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the roles of the framework that was named before."""
    framework = Framework(ctx.params.get("framework") or DEFAULT_FRAMEWORK)
    return [
        CompletionItem(
            f"{rule.name}={rule.default_replicas}", help=rule.description or None
        )
        for rule in role_rules(framework)
        if rule.name.startswith(incomplete)
    ]


def complete_environment(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the project's environments that can run the framework, if one was named."""
    framework = ctx.params.get("framework")
    try:
        with _client(ctx) as client:
            found = client.list_environments().environments
    except MofangError:
        return []
    return [
        CompletionItem(each.name, help=each.display_name)
        for each in found
        if each.name.startswith(incomplete) and framework in {None, *each.frameworks}
    ]


def _replicas(job: Job) -> list[str]:
    return [
        f"{role.name}-{index}"
        for role in job.spec.resolved_roles()
        for index in range(role.replicas)
    ]


def _client(ctx: click.Context) -> Client:
    # Nothing has run the group, which would tell the platform what was said.
    platform = ctx.find_object(Platform) or Platform()
    said: dict[str, Any] = ctx.find_root().params
    given = ClientOptions(project=said.get("project"), url=said.get("url"))
    return platform.connect(**given)
