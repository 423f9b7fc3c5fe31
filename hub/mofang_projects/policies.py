"""Build the NetworkPolicies of a project's namespace.

Pure. Each is named as the sentence it enforces reads: who may talk to whom.
Everything that no policy allows is denied by the first one. That replicas of one job
reach each other, a policy of that job's own says (``mofang_jobs.domain.job_network``):
a NetworkPolicy cannot say "of the same job".
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, ip_network
from typing import Any

from mofang_jobs.engines.base import Engine
from mofang_jobs.engines.registry import ENGINES
from mofang_kube.names import FRAMEWORK_LABEL, PROJECT_LABEL, SERVER_LABEL
from mofang_projects.egress import EgressSettings, contains
from mofang_projects.fields import Network
from mofang_projects.settings import NamespaceSettings

NOTEBOOK_PORT = 8888
HUB_PORT = 8081
TRAINING_PORT = 8080

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_NOTEBOOKS = {"matchExpressions": [{"key": SERVER_LABEL, "operator": "Exists"}]}
_INTERNET = IPv4Network("0.0.0.0/0")


def build_policies(settings: NamespaceSettings) -> dict[str, dict[str, Any]]:
    """Build the specs of all policies, by name."""
    platform = settings.platform_namespace
    hub = _pods(platform, {"app.kubernetes.io/component": "hub"})
    training = _pods(platform, {"app.kubernetes.io/component": "training"})
    gateway = _pods(settings.gateway_namespace, settings.gateway_labels)
    policies = {
        "deny-all": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        "all-pods-to-dns": _egress(
            to=[{"namespaceSelector": _namespace(settings.dns_namespace)}],
            ports=[_port(53, "UDP"), _port(53)],
        ),
        "all-pods-to-hub": _egress(to=[hub], ports=[_port(HUB_PORT)]),
        "all-pods-to-training": _egress(to=[training], ports=[_port(TRAINING_PORT)]),
        "gateway-to-notebooks": _ingress(
            pods=_NOTEBOOKS, source=gateway, port=NOTEBOOK_PORT
        ),
        "hub-to-notebooks": _ingress(pods=_NOTEBOOKS, source=hub, port=NOTEBOOK_PORT),
    }
    policies |= {
        f"{engine.name}-to-job-pods": _operator_ingress(engine)
        for engine in ENGINES
        if engine.calls
    }
    outside = _outside(settings.egress)
    if outside:
        policies["all-pods-to-internet"] = _egress(to=outside, ports=None)
    return policies


def _operator_ingress(engine: Engine) -> dict[str, Any]:
    """Let an operator reach the pods of its frameworks, from outside all projects."""
    assert engine.calls is not None  # noqa: S101 - asked by the caller
    frameworks = sorted({str(each) for kind in engine.kinds for each in kind.roles})
    outside = {"key": PROJECT_LABEL, "operator": "DoesNotExist"}
    return _ingress(
        pods={
            "matchExpressions": [
                {"key": FRAMEWORK_LABEL, "operator": "In", "values": frameworks}
            ]
        },
        source={
            "namespaceSelector": {"matchExpressions": [outside]},
            "podSelector": {"matchLabels": dict(engine.calls.labels)},
        },
        port=engine.calls.port,
    )


def _outside(egress: EgressSettings) -> list[dict[str, Any]]:
    """List the address blocks outside the cluster, without what is never allowed."""
    blocks: list[dict[str, Any]] = []
    if egress.internet:
        excepted = [ip_network(cidr, strict=False) for cidr in egress.except_cidrs]
        blocks.append(_block(_INTERNET, [*excepted, *egress.never]))
    blocks += [
        _block(ip_network(cidr, strict=False), egress.never)
        for cidr in egress.extra_cidrs
    ]
    return blocks


def _block(network: Network, held_back: Iterable[Network]) -> dict[str, Any]:
    """Build a peer of addresses; Kubernetes takes exceptions within it alone."""
    block: dict[str, Any] = {"cidr": str(network)}
    inside = {each for each in held_back if contains(network, each)}
    # One that lies in another says nothing of its own.
    widest = sorted(
        str(each)
        for each in inside
        if not any(each != other and contains(other, each) for other in inside)
    )
    if widest:
        block["except"] = widest
    return {"ipBlock": block}


def _egress(
    *, to: list[dict[str, Any]], ports: list[dict[str, Any]] | None
) -> dict[str, Any]:
    rule: dict[str, Any] = {"to": to}
    if ports is not None:
        rule["ports"] = ports
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}


def _ingress(
    *, pods: dict[str, Any], source: dict[str, Any], port: int
) -> dict[str, Any]:
    return {
        "podSelector": pods,
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [source], "ports": [_port(port)]}],
    }


def _pods(namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "namespaceSelector": _namespace(namespace),
        "podSelector": {"matchLabels": labels},
    }


def _namespace(name: str) -> dict[str, Any]:
    return {"matchLabels": {_NAMESPACE_LABEL: name}}


def _port(number: int, protocol: str = "TCP") -> dict[str, Any]:
    return {"port": number, "protocol": protocol}
