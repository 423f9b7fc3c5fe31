"""Data sources as Projects and Environments declare them. Pure.

The definitions of the custom resources (``helm/mofang/crds``) refuse most bad input
before it gets here; what they cannot express is checked here again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from mofang_kube.names import SECRET_PREFIX

ROOT = "/data"
"""Where sources are in every container, each in a directory of its name."""

CLAIM = "mofang-data"
"""The claim, in a project's namespace, of what the platform's own file system holds."""

MAX_SOURCES = 32
MAX_NAME = 50
"""With our prefix the name of a volume, which has 63 characters."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_OWN_CLAIMS = "mofang-"


class _Model(BaseModel):
    # What a newer definition adds is not this version's to judge.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )


class ClaimSource(_Model):
    """A PersistentVolumeClaim that is in the project's namespace."""

    claim_name: str

    @field_validator("claim_name")
    @classmethod
    def _leaves_our_own(cls, value: str) -> str:
        if value.startswith(_OWN_CLAIMS):
            raise ValueError(
                f"{value} is the platform's: claims of others do not begin with "
                f"{_OWN_CLAIMS}"
            )
        return value


class NfsSource(_Model):
    """A directory that an NFS server exports."""

    server: str
    path: str


class CephfsSource(_Model):
    """A directory of the platform's own file system."""

    path: str
    """Below the directory ``data`` of the storage."""

    @field_validator("path")
    @classmethod
    def _is_below(cls, value: str) -> str:
        if not _PATH.fullmatch(value):
            raise ValueError(
                f"{value} is not a path below the directory data of the storage, such "
                "as datasets/imagenet: letters, digits, dots, dashes and underscores, "
                "no part beginning with a dot"
            )
        return value


class S3Source(_Model):
    """Objects of one bucket."""

    bucket: str
    prefix: str = ""
    """Of the objects' keys, without slashes around it; empty for all."""

    endpoint: str = ""
    """URL of the service; empty for that of Amazon."""

    region: str = "us-east-1"
    secret: str
    """Secret of the project with the keys, without ``mofang-secret-``."""

    @field_validator("prefix")
    @classmethod
    def _is_plain(cls, value: str) -> str:
        return value.strip("/")

    @property
    def secret_name(self) -> str:
        """Name of the Secret in the project's namespace."""
        return f"{SECRET_PREFIX}{self.secret}"

    @property
    def url(self) -> str:
        """As programs name what it holds."""
        return "/".join(part for part in (f"s3://{self.bucket}", self.prefix) if part)


class DataSource(_Model):
    """One source: exactly one of the kinds."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    read_only: bool = True
    persistent_volume_claim: ClaimSource | None = None
    nfs: NfsSource | None = None
    cephfs: CephfsSource | None = None
    s3: S3Source | None = None
    environment: Annotated[str, Field(exclude=True)] = ""
    """The Environment that declares it; empty for the Project."""

    @field_validator("name")
    @classmethod
    def _is_label(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError(
                f"{value} is not a name: at most {MAX_NAME} small letters, digits and "
                "dashes, with a letter or digit at both ends"
            )
        return value

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        kinds = (self.persistent_volume_claim, self.nfs, self.cephfs, self.s3)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError(
                f"the data source {self.name} has exactly one of "
                "persistentVolumeClaim, nfs, cephfs and s3"
            )
        return self

    def declared_by(self, environment: str) -> Self:
        """Return the source as one of an Environment."""
        return self.model_copy(update={"environment": environment})

    @property
    def key(self) -> str:
        """What tells it from all others of a project's namespace."""
        return ".".join(part for part in (self.environment, self.name) if part)

    @property
    def claim(self) -> str | None:
        """The claim that is mounted, in the project's namespace; None for S3."""
        if self.persistent_volume_claim:
            return self.persistent_volume_claim.claim_name
        if self.nfs:
            # A volume never changes what it mounts; another source is another claim.
            what = f"{self.nfs.server}:{self.nfs.path}:{self.read_only}"
            digest = hashlib.sha256(what.encode()).hexdigest()[:8]
            return f"{CLAIM}.{self.key}.{digest}"
        return CLAIM if self.cephfs else None

    @property
    def sub_path(self) -> str | None:
        """The directory inside the claim; None for all of it."""
        return self.cephfs.path if self.cephfs else None

    @property
    def mount_path(self) -> str:
        """Where it appears in every container, if it is mounted."""
        return f"{ROOT}/{self.name}"

    @property
    def location(self) -> str:
        """Where programs find it: a directory, or a URL of S3."""
        return self.s3.url if self.s3 else self.mount_path


def check_names(sources: Iterable[DataSource]) -> None:
    """Refuse two sources of one name.

    Raises:
        ValueError: Names it.
    """
    seen: set[str] = set()
    for source in sources:
        if source.name in seen:
            raise ValueError(f"two data sources are called {source.name}")
        seen.add(source.name)
