"""What pods of projects may call outside the cluster."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from pydantic import ValidationError
from unit.mofang_projects.test_builder import settings

from mofang_projects.policies import build_policies

METADATA = {
    "169.254.169.254": "nearly all clouds",
    "169.254.170.2": "ECS",
    "169.254.170.23": "EKS",
    "169.254.0.23": "Tencent",
    "100.100.100.200": "Alibaba",
    "168.63.129.16": "Azure",
    "192.0.0.192": "Oracle",
    "fd00:ec2::254": "AWS by IPv6",
    "fd20:ce::254": "Google by IPv6",
    "fd00:42::42": "Scaleway by IPv6",
}
EVERYWHERE = ["0.0.0.0/0", "::/0", "169.254.0.0/16", "100.64.0.0/10", "168.0.0.0/6"]


def blocks(**egress: Any) -> list[dict[str, Any]]:
    policy = build_policies(settings(egress=egress)).get("all-pods-to-internet")
    if policy is None:
        return []
    [rule] = policy["egress"]
    return [peer["ipBlock"] for peer in rule["to"]]


def allows(found: list[dict[str, Any]], text: str) -> bool:
    """Whether a network plugin lets pods call an address."""
    address = ip_address(text)
    return any(
        address in ip_network(each["cidr"])
        and not any(address in ip_network(cidr) for cidr in each.get("except", []))
        for each in found
    )


@pytest.mark.parametrize("address", METADATA, ids=METADATA.values())
@pytest.mark.parametrize(
    "egress",
    [
        pytest.param({}, id="the defaults"),
        pytest.param({"exceptCidrs": []}, id="nothing excepted"),
        pytest.param({"extraCidrs": EVERYWHERE}, id="all allowed besides"),
        pytest.param(
            {"internet": False, "extraCidrs": EVERYWHERE}, id="only what is named"
        ),
    ],
)
def test_no_metadata_service_is_reached(egress: dict[str, Any], address: str) -> None:
    assert not allows(blocks(**egress), address)


@pytest.mark.parametrize("egress", [{}, {"extraCidrs": EVERYWHERE}])
def test_the_internet_is_reached(egress: dict[str, Any]) -> None:
    assert allows(blocks(**egress), "151.101.0.223")


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "172.16.9.9", "192.168.1.1", "100.64.0.1", "198.18.0.1"]
)
def test_private_networks_are_left_out(address: str) -> None:
    assert not allows(blocks(), address)


def test_public_addresses_of_the_cluster_are_left_out() -> None:
    wide = blocks(clusterCidrs=["203.0.113.0/28"], extraCidrs=["203.0.113.0/24"])

    assert not allows(wide, "203.0.113.7")
    assert allows(wide, "203.0.113.200")


def test_exceptions_lie_within_their_block() -> None:
    """Kubernetes refuses others, and with them the whole policy."""
    found = blocks(
        exceptCidrs=["10.0.0.0/8", "fd00::/8"], extraCidrs=["10.9.0.0/16", "fd00::/8"]
    )

    for each in found:
        for cidr in each.get("except", []):
            inner, outer = ip_network(cidr), ip_network(each["cidr"])
            assert inner.version == outer.version
            assert inner.subnet_of(outer)  # type: ignore[arg-type]
            assert inner != outer


def test_an_exception_within_another_is_not_repeated() -> None:
    [internet] = blocks()
    assert "169.254.0.0/16" in internet["except"]
    assert "169.254.169.254/32" not in internet["except"]


def test_without_internet_only_the_networks_named_are_reached() -> None:
    assert blocks(internet=False, extraCidrs=["10.9.0.0/16"]) == [
        {"cidr": "10.9.0.0/16"}
    ]
    assert blocks(internet=False) == []


@pytest.mark.parametrize(
    ("egress", "said"),
    [
        pytest.param(
            {"extraCidrs": ["169.254.169.254/32"]},
            "extraCidrs may not name 169.254.169.254/32",
            id="a metadata service",
        ),
        pytest.param(
            {"extraCidrs": ["203.0.113.4/32"], "clusterCidrs": ["203.0.113.0/24"]},
            "or in clusterCidrs",
            id="a node",
        ),
        pytest.param(
            {"extraCidrs": ["10/8"]}, "10/8 is not a network", id="no network"
        ),
    ],
)
def test_what_would_allow_nothing_is_refused(egress: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(egress=egress)
