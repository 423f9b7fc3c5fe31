"""Who may use what: membership of projects, access to environments. Pure."""

from collections.abc import Set as AbstractSet

from mofang_kube.errors import ForbiddenError, InvalidError, NotFoundError
from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.environments.models import Access, Environment, Project

_RANK = {"viewer": 0, "member": 1, "admin": 2}


def project_role(
    project: Project, username: str, groups: AbstractSet[str]
) -> str | None:
    """The strongest role the user has, or None for an outsider.

    Args:
        project: The project.
        username: Name in the hub.
        groups: The user's groups in the hub.
    """
    roles = [
        member.role
        for member in project.members
        if member.user == username or (member.group and member.group in groups)
    ]
    return max(roles, key=lambda role: _RANK.get(role, -1), default=None)


def can_start(project: Project, username: str, groups: AbstractSet[str]) -> bool:
    """Whether the user may start servers there: members and admins.

    Args:
        project: The project.
        username: Name in the hub.
        groups: The user's groups in the hub.
    """
    return project_role(project, username, groups) in {"member", "admin"}


def can_use(
    environment: Environment, project: Project, groups: AbstractSet[str], username: str
) -> bool:
    """Whether a member of ``project`` in ``groups`` may start the environment.

    A saved one takes who may start its base, too: its image is that of the base.

    Args:
        environment: The environment.
        project: The chosen project; None for a server without one.
        groups: The user's groups in the hub.
        username: Name in the hub.
    """
    access = environment.access
    if environment.saved is not None:
        if not environment.saved.is_visible_to(username, project.name):
            return False
        access = environment.base_access or Access(everyone=True)
    return (
        access.everyone
        or project.name in access.projects
        or bool(groups & set(access.groups))
    )


def can_use_secret(
    project: Project, secret: str, username: str, role: str | None
) -> bool:
    """Whether somebody may use a Secret of the project; any member one without a rule.

    Args:
        project: The project.
        secret: Its name without ``mofang-secret-``.
        username: Name in the hub.
        role: What they are in the project.
    """
    rule = next((each for each in project.secrets if each.name == secret), None)
    if rule is None:
        return role in {"member", "admin"}
    return username == rule.owner or role in rule.roles


def data_sources(
    project: Project, environment: Environment | None
) -> tuple[DataSource, ...]:
    """Return the sources of a pod's project and environment, ready or not.

    Where both have one of the same name, the project's counts.
    """
    found = {source.name: source for source in project.data_sources}
    for source in environment.data_sources if environment else ():
        found.setdefault(source.name, source)
    return tuple(found.values())


def usable_sources(
    project: Project, environment: Environment | None, username: str, role: str | None
) -> tuple[DataSource, ...]:
    """Return the sources that are ready and, of those of S3, whose keys one may use.

    Args:
        project: The project.
        environment: What the pod runs; None for an image of no environment.
        username: Name in the hub.
        role: What they are in the project.
    """
    return tuple(
        each
        for each in data_sources(project, environment)
        if project.data_states.get(each.key) == ""
        and (each.s3 is None or can_use_secret(project, each.s3.secret, username, role))
    )


def validate_project(
    project: Project | None, asked: str, username: str, groups: AbstractSet[str]
) -> Project:
    """The project, when the user may start servers in it now.

    An unknown project and somebody else's are refused alike, so that names of
    projects do not leak.

    Args:
        project: As the catalogue has it; None if it does not exist.
        asked: Name that the form or the URL gave; empty for none.
        username: Name in the hub.
        groups: The user's groups in the hub.

    Raises:
        NotFoundError: It is unknown, or not the user's.
        ForbiddenError: The user only looks on, or it is not ready yet.
    """
    role = project and project_role(project, username, groups)
    if project is None or role is None:
        raise NotFoundError(
            f"There is no project {asked} that you belong to. Choose one of your "
            "projects in the gallery, or ask its administrator to add you.",
            fields={"project": "unknown or not yours"},
        )
    if not can_start(project, username, groups):
        raise ForbiddenError(
            f"You may view the project {asked}, but not start servers in it. "
            "Ask its administrator to make you a member.",
            fields={"project": "viewers start no servers"},
        )
    if project.phase != "Ready":
        why = project.message or "its namespace is being made"
        raise ForbiddenError(
            f"The project {asked} is not ready: {why}. Try again in a minute.",
            fields={"project": "not ready"},
        )
    return project


def validate_environment(
    environment: Environment | None,
    asked: str,
    project: Project,
    groups: AbstractSet[str],
    username: str,
) -> Environment:
    """The environment, when it may be used in that project and can be started.

    Args:
        environment: As the catalogue has it; None if it does not exist.
        asked: Name that the form or the URL gave; empty for none.
        project: The chosen project.
        groups: The user's groups in the hub.
        username: Name in the hub.

    Raises:
        NotFoundError: It is unknown, or not for this user.
        InvalidError: Its image is not available.
    """
    if environment is None or not can_use(environment, project, groups, username):
        raise NotFoundError(
            f"There is no environment {asked} that you may start in the project "
            f"{project.name}. Choose one in the gallery.",
            fields={"environment": "unknown or not yours"},
        )
    if environment.unavailable:
        raise InvalidError(
            environment.unavailable.start_refusal(environment.display_name),
            fields={"environment": environment.unavailable.message},
        )
    return environment
