"""What models of projects, homes and settings have in common: forms of fields. Pure."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from mofang_kube.quantities import parse_quantity
from mofang_storage.base import Quota as DirectoryQuota


class Model(BaseModel):
    """Fields by the names that Kubernetes has for them; unknown ones are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


# Kubernetes' own form of a quantity. YAML reads some of them as numbers.
Quantity = Annotated[
    str,
    BeforeValidator(
        lambda value: str(value) if isinstance(value, int | float) else value
    ),
    Field(pattern=r"^(\d+|\d*\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"),
]


def _check_limit(value: str) -> str:
    if parse_quantity(value) < 1:
        raise ValueError("a limit is 1 byte or more; leave it out for none")
    return value


SizeLimit = Annotated[Quantity, AfterValidator(_check_limit)]
"""The maximum of a directory."""

Network = IPv4Network | IPv6Network


def _check_network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError as err:
        msg = f"{text} is not a network: write it as 10.1.0.0/16"
        raise ValueError(msg) from err
    return text


Cidr = Annotated[str, AfterValidator(_check_network)]


class DirectoryLimits(Model):
    """The maximum of a directory; what is left out is not limited."""

    storage: SizeLimit | None = None
    files: Annotated[int, Field(ge=1)] | None = None

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


def fault_message(err: ValidationError, subject: str) -> str:
    """Return what is wrong with which fields.

    Args:
        err: What the model said.
        subject: The sentence before.
    """
    faults = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'spec'}: {fault['msg']}"
        for fault in err.errors()
    ]
    return f"{subject} {'; '.join(faults)}."
