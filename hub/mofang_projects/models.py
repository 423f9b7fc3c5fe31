"""What a project and a home ask for.

Pure: nothing here talks to Kubernetes. The custom resources' own schemas
(``helm/mofang/crds``) refuse most bad input before it gets here; what they cannot
express is checked here again.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from mofang_kube.names import is_name, user_slug
from mofang_projects.fields import (
    DirectoryLimits,
    Model,
    Quantity,
    SizeLimit,
    fault_message,
)
from mofang_spawner.data_sources.models import MAX_SOURCES, DataSource, check_names


class BadProjectError(Exception):
    """A Project asks for what cannot be made, with the reason as a sentence."""


class Member(Model):
    """One user, or one group of users, and what they may do."""

    user: str | None = None
    group: str | None = None
    role: Literal["viewer", "member", "admin"]

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.user is None) == (self.group is None):
            raise ValueError("a member names either a user or a group")
        return self


class ProjectQuota(Model):
    """The most that all pods of a project may ask for together."""

    cpu: Quantity | None = None
    memory: Quantity | None = None
    gpu: Annotated[int, Field(ge=0)] | None = None
    pods: Annotated[int, Field(ge=1)] | None = None
    ephemeral_storage: Quantity | None = None
    """Of nodes' disks, by the limits of containers."""
    jobs: Annotated[int, Field(ge=1)] | None = None
    """Jobs, those that have ended included; None for what the settings say."""

    jobs_per_user: Annotated[int, Field(ge=1)] | None = None
    """Jobs of one person that have not ended; the training service sees to it."""

    storage: SizeLimit | None = None
    """Of the project's directory."""
    files: Annotated[int, Field(ge=1)] | None = None
    """Files and directories in it."""
    logs: SizeLimit | None = None
    """Of the logs of all its jobs."""


class SecretRule(Model):
    """Who may use a Secret of the project in jobs."""

    name: str
    owner: str = ""
    roles: tuple[Literal["member", "admin"], ...] = ()


class ProjectSpec(Model):
    """The ``spec`` of a Project."""

    display_name: str
    description: str = ""
    members: tuple[Member, ...] = ()
    global_editors: tuple[str, ...] = ()
    quota: ProjectQuota = ProjectQuota()
    pool: str = ""
    high_priority: Literal["member", "admin"] = "admin"
    secrets: tuple[SecretRule, ...] = ()
    data_sources: Annotated[tuple[DataSource, ...], Field(max_length=MAX_SOURCES)] = ()

    @field_validator("data_sources")
    @classmethod
    def _have_names_of_their_own(
        cls, value: tuple[DataSource, ...]
    ) -> tuple[DataSource, ...]:
        check_names(value)
        return value


class Project(Model):
    """A Project, checked."""

    name: str
    uid: str = ""
    generation: int = 0
    spec: ProjectSpec

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Self:
        """Read a Project as Kubernetes gives it.

        Raises:
            BadProjectError: Says which field is wrong and why.
        """
        metadata = body["metadata"]
        name = metadata["name"]
        if not is_name(name):
            msg = (
                f"The name {name} is not usable: at most 20 small letters, digits "
                "and dashes, beginning with a letter."
            )
            raise BadProjectError(msg)
        try:
            spec = ProjectSpec.model_validate(body.get("spec") or {})
        except ValidationError as err:
            subject = "The project's spec cannot be used."
            raise BadProjectError(fault_message(err, subject)) from err
        return cls(
            name=name,
            uid=metadata.get("uid", ""),
            generation=metadata.get("generation", 0),
            spec=spec,
        )


class BadHomeError(Exception):
    """A Home says what cannot be made, with the reason as a sentence."""


class Home(Model):
    """A Home, checked."""

    name: str
    user: str
    quota: DirectoryLimits = DirectoryLimits()

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Self:
        """Read a Home as Kubernetes gives it.

        Raises:
            BadHomeError: Says which field is wrong and why.
        """
        metadata, spec = body["metadata"], body.get("spec") or {}
        try:
            home = cls.model_validate(
                {
                    "name": metadata["name"],
                    "user": spec.get("user", ""),
                    "quota": spec.get("quota") or {},
                }
            )
        except ValidationError as err:
            raise BadHomeError(
                fault_message(err, "The home's spec cannot be used.")
            ) from err
        if user_slug(home.user) != home.name:
            raise BadHomeError(
                f"The home of {home.user or 'nobody'} is called "
                f"{user_slug(home.user)}, not {home.name}: delete this one. No file is "
                "lost by that."
            )
        return home
