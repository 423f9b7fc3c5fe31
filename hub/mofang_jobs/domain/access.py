"""Who may do what with the jobs of a project. Pure: one table, one question."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import lru_cache

from mofang_jobs.domain.models import Caller, MemberRole
from mofang_kube.errors import ForbiddenError, NotFoundError

SERVICE_SCOPE = "access:services!service=training"
"""What JupyterHub asks of every token that is used with this service."""


class Action(StrEnum):
    """What is asked of a job or of a project's jobs."""

    READ = "read"
    SUBMIT = "submit"
    STOP = "stop"
    """Cancel or delete."""

    SHELL = "shell"


_SCOPES = {
    Action.READ: "custom:mofang:jobs:read",
    Action.SUBMIT: "custom:mofang:jobs:write",
    Action.STOP: "custom:mofang:jobs:write",
    Action.SHELL: "custom:mofang:shell",
}

_LEAST_ROLE = {
    Action.READ: MemberRole.VIEWER,
    Action.SUBMIT: MemberRole.MEMBER,
    Action.STOP: MemberRole.MEMBER,
    Action.SHELL: MemberRole.MEMBER,
}

_DEEDS = {
    Action.READ: "see jobs",
    Action.SUBMIT: "submit jobs",
    Action.STOP: "cancel or delete jobs",
    Action.SHELL: "open shells",
}


def check_access(
    action: Action,
    caller: Caller,
    *,
    project: str,
    role: MemberRole | None,
    owner: str | None = None,
) -> None:
    """Return if the caller may do it.

    Args:
        action: What is asked.
        caller: Who asks.
        project: Named in the refusal.
        role: The caller's role in the project; None for outsiders.
        owner: Whose job it is about; None where it is about no single one.

    Raises:
        NotFoundError: To outsiders a project looks as if it did not exist.
        ForbiddenError: The token, the role or the ownership does not suffice.
    """
    if not caller.is_person:
        raise ForbiddenError(
            "This is the token of a service. Jobs belong to people: use the token of "
            "a user."
        )
    if role is None:
        raise NotFoundError(
            f"There is no project {project}, or you are not a member of it. "
            "Ask one of its admins to add you."
        )
    _check_scopes(action, caller.scopes)
    least = _LEAST_ROLE[action]
    if role.rank < least.rank:
        raise ForbiddenError(
            f"You are a {role} of {project}, and only a {least} may "
            f"{_DEEDS[action]} there. Ask an admin of the project for that role."
        )
    if owner is None or owner == caller.name:
        return
    if action is Action.SHELL:
        raise ForbiddenError(
            f"This job is {owner}'s. A shell is open to the owner of a job only."
        )
    if action is Action.STOP and role is not MemberRole.ADMIN:
        raise ForbiddenError(
            f"This job is {owner}'s. Only {owner} and the project's admins may cancel "
            "or delete it."
        )


def check_project(caller: Caller, project: str) -> None:
    """Return if the caller's token is good for a project.

    Code that gets into a server has the server's token. It must not reach the other
    projects of the server's user by it.

    Raises:
        ForbiddenError: It is the token of a server of another project.
    """
    if caller.projects is None or project in caller.projects:
        return
    if not caller.projects:
        raise ForbiddenError(
            "The hub does not say of which project the server is whose token this is. "
            "Stop the server and start it again."
        )
    raise ForbiddenError(
        f"This is the token of a server of {', '.join(sorted(caller.projects))}, and "
        f"good for nothing in {project}. Use a server of {project}, or a token of your "
        "own: the hub's page Token makes one."
    )


def _check_scopes(action: Action, scopes: AbstractSet[str]) -> None:
    for needed in (SERVICE_SCOPE, _SCOPES[action]):
        if not has_scope(needed, scopes):
            raise ForbiddenError(
                f"Your token lacks the scope {needed}, so it may not be used to "
                f"{_DEEDS[action]}. Use a token that has it; that of your server does."
            )


def has_scope(needed: str, scopes: AbstractSet[str]) -> bool:
    """Say whether the scopes of a token contain one, filters of the hub included.

    A scope contains itself with any filter. ``jupyterhub.services.auth.check_scopes``
    answers the same, but loads SQLAlchemy and the models of the hub: some 20 MiB.

    Args:
        needed: One scope; it may have a filter.
        scopes: Those of the token, expanded by the hub.
    """
    return needed in scopes or needed.partition("!")[0] in scopes


# A page of jobs asks it for each of them, and most of those are a few people's.
@lru_cache(maxsize=1024)
def may_open_shell(caller: Caller, role: MemberRole | None, owner: str) -> bool:
    """Say whether a shell would be opened, without refusing anything.

    Args:
        caller: Who asks; what is visible depends on it.
        role: The caller's role in the project; None for no member.
        owner: Who submitted the job.
    """
    try:
        check_access(Action.SHELL, caller, project="", role=role, owner=owner)
    except (ForbiddenError, NotFoundError):
        return False
    return True
