"""Environments and projects as the spawner sees their custom resources."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mofang_spawner.data_sources.models import DataSource
from mofang_spawner.environments.availability import Unavailable, read_unavailable
from mofang_spawner.environments.saved import Saved, SavedPackages

Quantity = Annotated[
    str, BeforeValidator(lambda v: str(v) if isinstance(v, int | float) else v)
]
"""Kubernetes' form, such as ``500m`` or ``2Gi``; YAML reads some as numbers."""


class _Model(BaseModel):
    # What a newer definition adds is not this version's to judge.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class Bounds(_Model):
    """What one click takes and what may be chosen."""

    default: Quantity
    min: Quantity | None = None
    max: Quantity | None = None
    limit: Quantity | None = None
    """Limit of CPU, where it differs from ``max``."""


class GpuBounds(_Model):
    """Whole GPUs."""

    default: int = 0
    min: int = 0
    max: int = 0


class Resources(_Model):
    """The machine of an environment."""

    cpu: Bounds
    memory: Bounds
    gpu: GpuBounds = GpuBounds()
    cache: Bounds | None = None
    """Size of ``/cache``, of which 90 % are usable; 0 for none. Where it is left out,
    what a container asks for decides."""

    @property
    def cache_default(self) -> str | None:
        """The environment's own size of ``/cache``; None where it has none."""
        return self.cache.default if self.cache else None


class Access(_Model):
    """Who may start it."""

    everyone: bool = False
    projects: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class PackageVersion(_Model):
    """What an image has of something that people choose it for."""

    name: str
    version: Quantity


class Environment(_Model):
    """One environment of the catalogue."""

    name: str
    display_name: str
    description: str = ""
    image: str
    """Full reference."""
    frameworks: tuple[str, ...] = ()
    versions: tuple[PackageVersion, ...] = ()
    """In the card's order."""
    access: Access = Access()
    resources: Resources
    startup_script: str = ""
    env: dict[str, str] = {}
    data_sources: tuple[DataSource, ...] = ()
    order: int = 100
    unavailable: Unavailable | None = None
    """Why it cannot be started; None when its image is there."""
    saved: Saved | None = None
    """What tells a saved environment from its base; None for any other."""
    packages: SavedPackages | None = None
    """Of a saved environment: what a start mounts; None as long as none is stored."""
    base_access: Access | None = None
    """Of a saved environment: who may start its base."""

    @classmethod
    def parse(cls, body: dict[str, Any], images: Mapping[str, str] = {}) -> Self:
        """Read the custom resource with its status.

        Args:
            body: The resource; its image is a reference or one of ``images``.
            images: References of the platform's images by name.
        """
        image = body["spec"].get("image")
        name = body["metadata"]["name"]
        environment = cls.model_validate(
            {
                **body["spec"],
                # A name that is not the platform's may be a registry's: ubuntu:24.04.
                "image": images.get(image, image),
                "name": name,
                "unavailable": read_unavailable(body),
                "saved": Saved.parse(body),
            }
        )
        declared = [each.declared_by(name) for each in environment.data_sources]
        return environment.model_copy(update={"data_sources": tuple(declared)})


class Member(_Model):
    """A user or a group, and their role: viewer, member or admin."""

    user: str | None = None
    group: str | None = None
    role: str


class ProjectSecret(_Model):
    """Who may use a Secret of a project; one that is not listed is open to members."""

    name: str
    """Without the prefix ``mofang-secret-``."""
    owner: str = ""
    """Raw name of a user; empty for nobody."""
    roles: tuple[str, ...] = ()
    """Members of these roles may use it besides."""


class Project(_Model):
    """What the spawner needs to know of a project."""

    name: str
    display_name: str
    description: str = ""
    members: tuple[Member, ...] = ()
    global_editors: tuple[str, ...] = ()
    pool: str = ""
    phase: str = ""
    """``Ready`` once its namespace is made."""
    message: str = ""
    quota: dict[str, Any] = Field(default={})
    storage: dict[str, Any] = Field(default={})
    """What its directories take, as its status says."""
    high_priority: str = "admin"
    """The least role whose jobs may have priority high: member or admin."""
    secrets: tuple[ProjectSecret, ...] = ()
    data_sources: tuple[DataSource, ...] = ()
    data_states: dict[str, str] = Field(default={})
    """Of sources, those of environments included, by their keys: why one cannot be
    mounted, empty for one that can. One without a state is not prepared yet."""

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Self:
        """Read the custom resource with its status."""
        status = body.get("status") or {}
        return cls.model_validate(
            {
                **body["spec"],
                "name": body["metadata"]["name"],
                "phase": status.get("phase", ""),
                "message": status.get("message", ""),
                "storage": status.get("storage") or {},
                "data_states": {
                    each["key"]: "" if each["ready"] else each.get("message", "")
                    for each in status.get("dataSources") or []
                },
            }
        )
