"""What of a job only some members of a project may ask for. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mofang_api.models import JobSpec, Priority
from mofang_jobs.domain.models import MemberRole
from mofang_jobs.domain.validation import FieldErrors
from mofang_spawner.environments.models import Project, ProjectSecret
from mofang_spawner.environments.policy import can_use_secret


def check_privileges(
    spec: JobSpec, project: Project, user: str, role: MemberRole
) -> FieldErrors:
    """Check priority and Secrets of a job against the rules of its project.

    Args:
        spec: What is asked.
        project: With its rules.
        user: Who asks; the raw name.
        role: What they are in the project.
    """
    faults: FieldErrors = {}
    is_open = project.high_priority == MemberRole.MEMBER or role is MemberRole.ADMIN
    if spec.priority is Priority.HIGH and not is_open:
        faults["priority"] = (
            f"Only admins of {project.display_name} submit jobs with priority high, "
            "which goes before the jobs of other projects. Choose normal, or ask one "
            "of them."
        )
    rules = {each.name: each for each in project.secrets}
    for variable, kept in spec.secrets.items():
        rule = rules.get(kept.secret)
        if rule and not can_use_secret(project, kept.secret, user, role):
            faults[f"secrets.{variable}"] = (
                f"The Secret {kept.secret} is open to {_allowed(rule)} only. Use "
                "another, or ask an administrator to open it to you."
            )
    return faults


def _allowed(rule: ProjectSecret) -> str:
    return " and ".join(_named(rule)) or "nobody"


def _named(rule: ProjectSecret) -> Iterator[str]:
    if rule.owner:
        yield rule.owner
    for each in rule.roles:
        yield f"{each}s of the project"
