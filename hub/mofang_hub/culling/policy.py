"""How long a server may be idle, by whose rule. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

SHORTEST_NOTICE_MINUTES = 15


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class CullingRule(_Model):
    """A rule of one environment, project or person; None leaves it to a wider one."""

    enabled: bool | None = None
    """Whether idle servers are stopped at all."""
    idle_minutes: int | None = Field(default=None, ge=5, le=60 * 24 * 30)
    """A server is idle for so long before its people are notified."""
    doze_minutes: int | None = Field(default=None, ge=0, le=60 * 24 * 30)
    """A server is idle for so long before it gives back its CPU request; 0: never."""
    notice_minutes: int | None = Field(
        default=None, ge=SHORTEST_NOTICE_MINUTES, le=60 * 24
    )
    """Between notice and stop."""
    max_extension_hours: float | None = Field(default=None, ge=0, le=24 * 30)
    """For how long after the last activity people may keep a server."""
    dry_run: bool | None = None
    """Whether it is only logged and counted what would be stopped."""


class CullingNotices(_Model):
    """Who is told that a server will be stopped, beside its own JupyterLab."""

    mail: bool = False
    """Whether the server's person gets mail, by the mail server of ``jobs.notices``."""
    webhooks: tuple[str, ...] = ()
    """Names of webhooks in ``jobs.notices``."""


class CullingSettings(_Model):
    """The rule for all servers, and those that differ from it."""

    enabled: bool = False
    idle_minutes: int = Field(default=60, ge=5, le=60 * 24 * 30)
    doze_minutes: int = Field(default=30, ge=0, le=60 * 24 * 30)
    notice_minutes: int = Field(default=15, ge=SHORTEST_NOTICE_MINUTES, le=60 * 24)
    max_extension_hours: float = Field(default=12, ge=0, le=24 * 30)
    dry_run: bool = False
    notices: CullingNotices = CullingNotices()
    environments: dict[str, CullingRule] = {}
    """By the environment's name."""
    projects: dict[str, CullingRule] = {}
    users: dict[str, CullingRule] = {}
    """By the name in the hub."""


class ServerIdentity(NamedTuple):
    """Of what a server is."""

    user: str
    server: str
    project: str
    environment: str


class CullingPolicy(_Model):
    """What holds for one server."""

    enabled: bool
    idle_minutes: int
    doze_minutes: int
    notice_minutes: int
    max_extension_hours: float
    dry_run: bool

    @property
    def idle(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def doze(self) -> timedelta | None:
        """After how long a server gives back its CPU request; None for never."""
        if not (self.enabled and self.doze_minutes):
            return None
        return timedelta(minutes=self.doze_minutes)

    @property
    def notice(self) -> timedelta:
        return timedelta(minutes=self.notice_minutes)

    @property
    def max_extension(self) -> timedelta:
        return timedelta(hours=self.max_extension_hours)


def resolve_policy(settings: CullingSettings, server: ServerIdentity) -> CullingPolicy:
    """Return what holds for a server, value by value.

    A person's rule goes before that of the project, the project's before that of the
    environment, and each before the rule for all.
    """
    rules = (
        settings.environments.get(server.environment),
        settings.projects.get(server.project),
        settings.users.get(server.user),
    )
    values = settings.model_dump(
        exclude={"notices", "environments", "projects", "users"}
    )
    for rule in rules:
        if rule is not None:
            values |= rule.model_dump(exclude_none=True)
    return CullingPolicy.model_validate(values)
