"""Which networks a project's pods may call. Pure."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Self

from pydantic import model_validator

from mofang_projects.fields import Cidr, Model, Network

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


class EgressSettings(Model):
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
