"""What a project asks for, and what its namespace is made from.

Pure: nothing here talks to Kubernetes. The custom resource's own schema
(``helm/mofang/crds/projects.mofang.dev.yaml``) refuses most bad input before
it gets here; what it cannot express is checked here again.
"""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from mofang_kube.names import SNAPSHOT_REQUEST_ANNOTATION, is_name, user_slug
from mofang_kube.quantities import parse_quantity
from mofang_spawner.data_sources.models import MAX_SOURCES, DataSource, check_names
from mofang_storage.base import Quota as DirectoryQuota
from mofang_storage.registry import StorageType

SETTINGS_FILE = Path("/etc/mofang/reconciler.yaml")


class BadProjectError(Exception):
    """A Project asks for what cannot be made, with the reason as a sentence."""


class BadPullSecretError(Exception):
    """An image pull secret is missing or of another kind, said as a sentence."""


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class VolumeCategory(StrEnum):
    """Whose directories a volume holds."""

    USERS = "users"
    PROJECT = "project"
    GLOBAL = "global"
    LOGS = "logs"

    @property
    def directory(self) -> str:
        """What ``$(category)`` stands for in the storage template."""
        match self:
            case VolumeCategory.USERS:
                return "users"
            case VolumeCategory.PROJECT:
                return "projects"
            case VolumeCategory.GLOBAL:
                return "global"
            case VolumeCategory.LOGS:
                return "logs"


# Kubernetes' own form of a quantity. YAML reads some of them as numbers.
Quantity = Annotated[
    str,
    BeforeValidator(
        lambda value: str(value) if isinstance(value, int | float) else value
    ),
    Field(pattern=r"^(\d+|\d*\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"),
]


class DirectoryLimits(_Model):
    """The maximum of a directory; what is left out is not limited."""

    storage: Quantity | None = None
    files: Annotated[int, Field(ge=1)] | None = None

    @field_validator("storage")
    @classmethod
    def _is_a_limit(cls, value: str | None) -> str | None:
        if value is not None and parse_quantity(value) < 1:
            raise ValueError("a limit is 1 byte or more; leave it out for none")
        return value

    def over(self, other: "DirectoryLimits") -> "DirectoryLimits":
        """Return these limits, with another's where these say nothing."""
        return DirectoryLimits(
            storage=self.storage or other.storage, files=self.files or other.files
        )

    @property
    def quota(self) -> DirectoryQuota:
        """The same in bytes."""
        size = None if self.storage is None else int(parse_quantity(self.storage))
        return DirectoryQuota(bytes=size, files=self.files)


class Member(_Model):
    """One user, or one group of users, and what they may do."""

    user: str | None = None
    group: str | None = None
    role: Literal["viewer", "member", "admin"]

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.user is None) == (self.group is None):
            raise ValueError("a member names either a user or a group")
        return self


class Quota(_Model):
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

    storage: Quantity | None = None
    """Of the project's directory."""
    files: Annotated[int, Field(ge=1)] | None = None
    """Files and directories in it."""
    logs: Quantity | None = None
    """Of the logs of all its jobs."""

    @field_validator("storage", "logs")
    @classmethod
    def _is_a_limit(cls, value: str | None) -> str | None:
        if value is not None and parse_quantity(value) < 1:
            raise ValueError("a limit is 1 byte or more; leave it out for none")
        return value


class SecretRule(_Model):
    """Who may use a Secret of the project in jobs."""

    name: str
    owner: str = ""
    roles: tuple[Literal["member", "admin"], ...] = ()


class ProjectSpec(_Model):
    """The ``spec`` of a Project."""

    display_name: str
    description: str = ""
    members: tuple[Member, ...] = ()
    global_editors: tuple[str, ...] = ()
    quota: Quota = Quota()
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


class Project(_Model):
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
            raise BadProjectError(_message(err)) from err
        return cls(
            name=name,
            uid=metadata.get("uid", ""),
            generation=metadata.get("generation", 0),
            spec=spec,
        )


class QuotaSettings(_Model):
    """Limits of directories that say nothing themselves."""

    home: DirectoryLimits = DirectoryLimits()
    project: DirectoryLimits = DirectoryLimits()
    logs: DirectoryLimits = DirectoryLimits()
    """Of all jobs of a project."""
    users: dict[str, DirectoryLimits] = {}
    """Of homes, by the user's name."""


class SnapshotSettings(_Model):
    """How many snapshots are kept; 0 makes none."""

    hourly: Annotated[int, Field(ge=0, le=72)] = 24
    daily: Annotated[int, Field(ge=0, le=60)] = 14
    requested: Annotated[int, Field(ge=0, le=20)] = 5
    """Of one directory, before something that somebody may want to undo."""


class StorageSettings(_Model):
    """What the storage is, and where the four volumes of a project come from."""

    type: StorageType = StorageType.PLAIN
    quotas: QuotaSettings = QuotaSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    usage_seconds: Annotated[int, Field(ge=10)] = 60
    """How often usage is read; ten times that where files must be counted."""

    persistent_volume: dict[str, Any]
    """A PersistentVolume's source. ``$(category)`` and ``$(project)`` in its
    strings are replaced, by users, projects, global or logs and by the project's
    name."""

    mount_options: tuple[str, ...] = ()
    capacity: Quantity = "1Ti"
    """What the volumes and claims say of their size; static volumes are not
    measured by it."""


Network = IPv4Network | IPv6Network


def _check_network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError as err:
        msg = f"{text} is not a network: write it as 10.1.0.0/16"
        raise ValueError(msg) from err
    return text


Cidr = Annotated[str, AfterValidator(_check_network)]

METADATA_SERVICES = (
    "169.254.169.254/32",  # nearly all clouds
    "169.254.170.2/32",  # roles of ECS tasks
    "169.254.170.23/32",  # identities of EKS pods
    "169.254.0.23/32",  # Tencent
    "100.100.100.200/32",  # Alibaba
    "168.63.129.16/32",  # Azure's wire server
    "192.0.0.192/32",  # Oracle
    "fd00:ec2::254/128",  # AWS
    "fd00:ec2::23/128",  # identities of EKS pods
    "fd20:ce::254/128",  # Google
    "fd00:42::42/128",  # Scaleway
)
"""Where clouds tell their machines what they are, credentials included."""


class EgressSettings(_Model):
    """Which networks a project's pods may call; never a metadata service."""

    internet: bool = True
    except_cidrs: tuple[Cidr, ...] = (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "198.18.0.0/15",
    )
    """Left out of ``internet``: private networks, those of carriers and of
    benchmarks, which clusters use as well, and link-local addresses."""

    cluster_cidrs: tuple[Cidr, ...] = ()
    """Addresses of nodes and of the API server outside these networks; left out of
    ``internet`` and of ``extra_cidrs``."""

    extra_cidrs: tuple[Cidr, ...] = ()
    """Allowed besides, such as an object store in a private network."""

    @model_validator(mode="after")
    def _allows_something(self) -> Self:
        for cidr in self.extra_cidrs:
            for held_back in self.never:
                if contains(held_back, ip_network(cidr, strict=False)):
                    msg = (
                        f"extraCidrs may not name {cidr}: {held_back} is a metadata "
                        "service of a cloud or in clusterCidrs. Take it out"
                    )
                    raise ValueError(msg)
        return self

    @property
    def never(self) -> list[Network]:
        """What no pod of a project may call, whatever else is allowed."""
        cidrs = (*METADATA_SERVICES, *self.cluster_cidrs)
        return [ip_network(cidr, strict=False) for cidr in cidrs]


def contains(outer: Network, inner: Network) -> bool:
    """Whether a network has all addresses of another."""
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)


class NamespaceSettings(_Model):
    """What is the same for all projects. One file, rendered by the chart."""

    platform_namespace: str
    gateway_namespace: str
    gateway_labels: dict[str, str]
    dns_namespace: str = "kube-system"
    hub_service_account: str = "hub"
    training_service_account: str = "training"
    operator_service_account: str = "reconciler"
    storage: StorageSettings
    storage_root: Path | None = None
    """Where the root of the storage is mounted, to make a project's directories."""

    image_pull_secrets: tuple[str, ...] = ()
    """Secrets of the platform's namespace that are copied into each project's."""

    egress: EgressSettings = EgressSettings()
    jobs_per_project: Annotated[int, Field(ge=1)] = 500
    """Jobs in a project that does not say another number."""

    resync_seconds: Annotated[int, Field(ge=5)] = 60
    """How often each namespace is put right again."""

    @classmethod
    def load(cls, path: Path = SETTINGS_FILE) -> Self:
        """Read the file that the chart renders."""
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class BadHomeError(Exception):
    """A Home says what cannot be made, with the reason as a sentence."""


class Home(_Model):
    """A Home, checked."""

    name: str
    user: str
    quota: DirectoryLimits = DirectoryLimits()
    snapshot_request: str = ""
    """Names a snapshot that somebody has asked for."""

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
                    "snapshot_request": (metadata.get("annotations") or {}).get(
                        SNAPSHOT_REQUEST_ANNOTATION, ""
                    ),
                }
            )
        except ValidationError as err:
            raise BadHomeError(
                _message(err, "The home's spec cannot be used.")
            ) from err
        if user_slug(home.user) != home.name:
            raise BadHomeError(
                f"The home of {home.user or 'nobody'} is called "
                f"{user_slug(home.user)}, not {home.name}: delete this one. No file is "
                "lost by that."
            )
        return home


def _message(
    err: ValidationError, subject: str = "The project's spec cannot be used."
) -> str:
    faults = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'spec'}: {fault['msg']}"
        for fault in err.errors()
    ]
    return f"{subject} {'; '.join(faults)}."
