"""The settings file of hub and training service, as the chart renders it.

Keys are camelCase in the file, as everywhere in Kubernetes. Unknown keys are
refused, so that a misspelt one never goes unnoticed. No secret is in it: those
come as files of a Secret (``Secrets``).
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from mofang_audit.address import parse_networks
from mofang_http.limits import KIB, ServerLimits
from mofang_hub.culling.policy import CullingSettings
from mofang_hub.sizing.settings import SizingSettings
from mofang_hub.start_ahead.policy import StartAheadSettings
from mofang_hub.static_files import PREFIX as STATIC_PREFIX
from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.names import GROUP
from mofang_spawner.data_sources.hadoop import HdfsSettings

SETTINGS_FILE = Path("/etc/mofang/settings.yaml")
SECRETS_FOLDER = Path("/etc/mofang/secrets")
NOTICES_FOLDER = Path("/etc/mofang/notices")
"""Files of the Secret of notices: addresses of webhooks, the password for mail."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
RESERVED_VARIABLES = ("MOFANG_", "JUPYTERHUB_", "JPY_")
RESERVED_LABELS = (f"{GROUP}/", "hub.jupyter.org/", "app.kubernetes.io/")


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class ImageSettings(_Model):
    """One of the platform's images."""

    reference: str
    """Full, with registry and tag."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class GatewaySettings(_Model):
    """The static Gateway that routes attach to."""

    name: str
    """``namespace/name`` of Istio's Gateway."""
    namespace: str
    """Where the gateway's own pods run."""
    hosts: tuple[str, ...] = ("*",)
    """Where the hub answers; ``*`` for any host."""
    probe_url: str
    """Where the hub reaches the gateway to see whether a route is live."""


class OAuthSettings(_Model):
    """Log-in by an identity provider."""

    class_name: str = "generic-oauth"
    """Entry point of ``jupyterhub.authenticators``."""
    config: dict[str, Any] = {}
    """Traits of that class, as its documentation names them."""


class AuthSettings(_Model):
    """Who may log in."""

    method: Literal["shared-password", "oauth"]
    admin_users: tuple[str, ...] = ()
    allowed_users: tuple[str, ...] = ()
    oauth: OAuthSettings = OAuthSettings()


class SingleuserSettings(_Model):
    """What holds for every user's server."""

    start_timeout: int = Field(default=600, ge=10)
    """In seconds, without the time in the queue."""
    queue_timeout: int = Field(default=24 * 60 * 60, ge=0)
    """In seconds, for which a start may wait for its project's quota and for nodes; 0:
    it fails at once that the quota does not hold."""
    limit_per_user: int = Field(default=5, ge=0)
    """Running servers of one user; 0 for no limit."""
    default_url: str = "/lab"
    """What the browser opens below the server's address."""
    extra_env: dict[str, str | dict[str, Any]] = {}
    """Variables by name: a value, or an EnvVar of Kubernetes without its name."""
    extra_labels: dict[str, str] = {}
    extra_annotations: dict[str, str] = {}
    node_selector: dict[str, str] = {}
    extra_tolerations: tuple[dict[str, Any], ...] = ()
    init_containers: tuple[dict[str, Any], ...] = ()
    extra_containers: tuple[dict[str, Any], ...] = ()
    lifecycle_hooks: dict[str, Any] = {}
    priority_class_name: str = ""
    ephemeral_storage: EphemeralStorage = EphemeralStorage()
    """What a server may write to its node's disk, beside ``/cache``."""
    hdfs: HdfsSettings = HdfsSettings()
    """What clients of HDFS read."""

    @field_validator("extra_env")
    @classmethod
    def _leaves_own_variables(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name.startswith(RESERVED_VARIABLES):
                raise ValueError(
                    f"{name} is set by Mofang: variables of yours begin with none of "
                    f"{', '.join(RESERVED_VARIABLES)}."
                )
        return value

    @field_validator("extra_labels")
    @classmethod
    def _leaves_own_labels(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name in {"app", "component"} or name.startswith(RESERVED_LABELS):
                raise ValueError(
                    f"{name} is set by Mofang or KubeSpawner, to find servers by it."
                )
        return value


class DatabaseSettings(_Model):
    """Where JupyterHub keeps its state."""

    type: Literal["sqlite", "postgres", "url"] = "sqlite"
    url: str = "sqlite:////srv/mofang/hub/jupyterhub.sqlite"
    """Without a password. Of the type ``url`` it is in the Secret, as ``db-url``."""


class GangSettings(_Model):
    """How the replicas of a job start together or not at all."""

    policy: Literal["auto", "native", "volcano", "coscheduling", "none"] = "auto"
    scheduler_name: str = ""
    """Who places jobs' pods; empty for the policy's usual scheduler."""
    volcano_queue: str = "default"
    """``$(project)`` in it becomes the project's name."""


class ProgressSettings(_Model):
    """When a job counts as hung; see ``mofang_jobs.domain.hang_rule``."""

    sample_seconds: float = Field(default=10, ge=1, le=600)
    """How often each replica is measured."""
    idle_periods: int = Field(default=30, ge=2)
    """So many periods without any I/O end the first stage of the rule."""
    gpu_window: int = Field(default=15, ge=1)
    """Samples in each of the two windows that the second stage compares."""
    median_tolerance: float = Field(default=1.0, ge=0)
    """Percentage points by which their medians may differ and still be the same."""
    variance_tolerance: float = Field(default=1.0, ge=0)
    """By how much their variances may differ, in squared percentage points."""
    cpu_idle_cores: float = Field(default=0.05, ge=0)
    """Less than this is no computing."""

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if 2 * self.gpu_window > self.idle_periods:
            raise ValueError("Twice gpuWindow must fit into idlePeriods.")
        return self


class LimitSettings(_Model):
    """What one caller may ask of the hub and of the training service."""

    hub_body_kib: int = Field(default=256, ge=16, le=16 * 1024)
    """The longest body of a request to the hub."""
    training_body_kib: int = Field(default=128, ge=64, le=16 * 1024)
    """The longest body of a request to the training service."""
    body_seconds: float = Field(default=10, ge=1, le=600)
    """How long a body may take."""
    connections: int = Field(default=1000, ge=10)
    """Open connections to each of the two."""
    requests_per_second: int = Field(default=100, ge=1)
    """Requests of one person to the training service, on average."""
    requests_at_once: int = Field(default=40, ge=1)
    """Requests of one person that are being answered, streams left out."""
    submissions_at_once: int = Field(default=4, ge=1)
    """Submissions and previews of one person that are worked on; others of theirs wait.
    """
    streams_per_user: int = Field(default=20, ge=1)
    """Watches and logs that one person follows."""
    charts_per_user: int = Field(default=8, ge=1)
    """Charts that one person waits for; they are made one after the other."""
    lookups_per_second: int = Field(default=10, ge=1)
    """Tokens from one address, and jobs of one person, that nobody has seen yet."""

    def hub_server_limits(self) -> ServerLimits:
        """Return the bounds of the hub's server."""
        return ServerLimits(
            body_bytes=self.hub_body_kib * KIB,
            body_seconds=self.body_seconds,
            connections=self.connections,
            advice="Split it, such as a list of users.",
        )

    def training_server_limits(self) -> ServerLimits:
        """Return the bounds of the training service's server."""
        return ServerLimits(
            body_bytes=self.training_body_kib * KIB,
            body_seconds=self.body_seconds,
            connections=self.connections,
            advice="Put long values into a file and pass its path.",
        )


class WebhookSettings(_Model):
    """An address that is told of jobs; it is a secret, and in the Secret of notices."""

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
    """Of the key of the Secret that holds the address."""
    projects: tuple[str, ...] = ()
    """Whose jobs it is told of; none for all."""


class MailSettings(_Model):
    """How owners of jobs get mail; nobody does without a host."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = ""
    """Address that mails come from."""
    domain: str = ""
    """What is added, after an @, to the names of users that are no addresses."""
    username: str = ""
    """With which the service logs in at the host; empty for without a log-in."""

    @model_validator(mode="after")
    def _has_sender(self) -> Self:
        if self.host and "@" not in self.sender:
            raise ValueError("Mail needs a sender: the address that it comes from.")
        return self


class NoticeSettings(_Model):
    """Who is told that a job has ended or hangs."""

    minimum_minutes: int = Field(default=0, ge=0)
    """Of jobs that ended sooner after their submission nothing is told."""
    webhooks: tuple[WebhookSettings, ...] = ()
    mail: MailSettings = MailSettings()


class JobSettings(_Model):
    """What holds for every training job."""

    limit_per_user: int = Field(default=100, ge=1)
    """Jobs of one person in one project that have not ended; a project may say another
    number."""
    limit_per_project: int = Field(default=500, ge=1)
    """Jobs of a project, those that have ended included; a project may say another
    number."""

    allow_any_image: bool = False
    """Whether a job may name an image that no environment has."""
    ttl_days_after_finished: int = Field(default=30, ge=1)
    """How long a job and its logs stay after its end."""
    progress: ProgressSettings = ProgressSettings()
    starts_per_user: int = Field(default=10, ge=1)
    """Jobs of one person that start at a time; others of theirs wait in the queue."""
    starvation_timeout_minutes: int = Field(default=10, ge=0)
    """How long a waiting job may be passed by smaller ones."""
    admit_unschedulable: bool = False
    """Whether a job is admitted that no node could take, for a cluster autoscaler."""
    gang: GangSettings = GangSettings()
    image_pull_secrets: tuple[str, ...] = ()
    """Names of Secrets in projects' namespaces, with which images are pulled."""
    ephemeral_storage: EphemeralStorage = EphemeralStorage()
    """What a replica may write to its node's disk, beside ``/cache``."""
    hdfs: HdfsSettings = HdfsSettings()
    """What clients of HDFS read."""
    notices: NoticeSettings = NoticeSettings()
    """Who is told that a job has ended or hangs."""


class AuditSettings(_Model):
    """The audit log of hub and training service."""

    enabled: bool = True
    folder: Path = Path("/srv/mofang/audit")
    retention_days: int = Field(default=365, ge=1)
    """For how many days files are kept."""
    max_mib_per_day: int = Field(default=256, ge=8)
    """What each of the two services writes in a day, at most."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose ``X-Forwarded-For`` is believed: the gateway's pods, and what is
    in front of it."""

    @property
    def max_bytes_per_day(self) -> int:
        """The same, in bytes."""
        return self.max_mib_per_day * KIB**2

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(value)
        return value


class PriceSettings(_Model):
    """What an hour of what is reserved costs."""

    currency: str = Field(default="", max_length=8)
    cpu_hour: Decimal = Field(default=Decimal(0), ge=0)
    """Of one core."""
    gib_hour: Decimal = Field(default=Decimal(0), ge=0)
    """Of one GiB of memory."""
    gpu_hour: dict[str, Annotated[Decimal, Field(ge=0)]] = {}
    """Of one GPU, by model as the nodes' label has it; ``default`` for others."""


class EmissionSettings(_Model):
    """How much power what is reserved takes on average, and what that emits."""

    grams_per_kwh: Decimal = Field(default=Decimal(0), ge=0)
    """CO2 equivalents of the electricity."""
    watts_per_cpu: Decimal = Field(default=Decimal(0), ge=0)
    """Of one core."""
    watts_per_gib: Decimal = Field(default=Decimal(0), ge=0)
    """Of one GiB of memory."""
    watts_per_gpu: dict[str, Annotated[Decimal, Field(ge=0)]] = {}
    """Of one GPU, by model; ``default`` for others."""


class BudgetSettings(_Model):
    """What one project or person may reserve in a month; None: not bounded."""

    gpu_hours: Decimal | None = Field(default=None, gt=0)
    cost: Decimal | None = Field(default=None, gt=0)
    """By the prices."""


class BudgetsSettings(_Model):
    """Budgets of a month; who comes near one is warned, and not stopped."""

    warn_percent: int = Field(default=80, ge=1, le=100)
    projects: dict[str, BudgetSettings] = {}
    users: dict[str, BudgetSettings] = {}
    """By the name in the hub."""


class UsageSettings(_Model):
    """The usage ledger, and what its report says of it."""

    enabled: bool = True
    retention_days: int = Field(default=400, ge=31)
    """For how many days it is kept."""
    prices: PriceSettings = PriceSettings()
    emissions: EmissionSettings = EmissionSettings()
    budgets: BudgetsSettings = BudgetsSettings()


class LinkSettings(_Model):
    """What links may open in a server, once a person has agreed."""

    repository_hosts: tuple[str, ...] = ()
    """Hosts whose git repositories are cloned, with the port unless it is 443."""

    @field_validator("repository_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _HOST.fullmatch(each):
                raise ValueError(
                    f"{each!r} is not a host: write one such as git.example.org, or "
                    "git.example.org:8443."
                )
        return value


class Settings(_Model):
    """One installation of the platform."""

    platform_namespace: str
    public_url: str
    """As the browser sees it, without a slash at its end."""
    host_per_user: bool = False
    """The servers of each user are on a host of their own, below the hub's."""
    static_files: bool = False
    """JupyterLab's static files are at an address that all servers share."""
    images: dict[str, ImageSettings] = {}
    gateway: GatewaySettings
    auth: AuthSettings
    singleuser: SingleuserSettings = SingleuserSettings()
    culling: CullingSettings = CullingSettings()
    start_ahead: StartAheadSettings = StartAheadSettings()
    sizing: SizingSettings = SizingSettings()
    jobs: JobSettings = JobSettings()
    limits: LimitSettings = LimitSettings()
    database: DatabaseSettings = DatabaseSettings()
    audit: AuditSettings = AuditSettings(enabled=False)
    usage: UsageSettings = UsageSettings(enabled=False)
    links: LinkSettings = LinkSettings()
    concurrent_spawn_limit: int = Field(default=100, ge=0)
    """Servers that may be starting at a time; 0 for no limit."""
    active_server_limit: int = Field(default=0, ge=0)
    """Servers of all users that may be active at a time; 0 for no limit."""
    debug: bool = False
    """Whether the hub logs for those who look for a fault."""
    cluster_domain: str = "cluster.local"
    """DNS domain of the cluster."""
    hub_service: str = "hub"
    """Name of the hub's Service."""
    training_service: str = "training"
    """Name of the training service's Service."""
    logs_root: Path = Path("/srv/mofang/logs")
    """Where the training service sees the logs of jobs."""

    @property
    def static_url(self) -> str:
        """The common address of static files; empty where there is none."""
        if not self.static_files:
            return ""
        # On one origin any name that leads there will do.
        return f"{self.public_url if self.host_per_user else ''}/{STATIC_PREFIX}"

    @property
    def image_references(self) -> dict[str, str]:
        """Reference of each of the platform's images, by its name."""
        return {name: image.reference for name, image in self.images.items()}

    @classmethod
    def load(cls, path: Path = SETTINGS_FILE) -> Self:
        """Read the file.

        Raises:
            pydantic.ValidationError: A key is unknown, missing or wrong.
        """
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class Secrets:
    """Values of the hub's Secret, read from its mounted files."""

    def __init__(self, folder: Path = SECRETS_FOLDER) -> None:
        self._folder = folder

    def get(self, name: str) -> str:
        """The value, without white space around it; empty when not set."""
        path = self._folder / name
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""
