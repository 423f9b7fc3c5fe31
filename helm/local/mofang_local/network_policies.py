"""Enforcing NetworkPolicies: kube-router's firewall, one process for each node.

It works by iptables and ip sets, which this kernel has; the queue of nftables, which
kube-network-policies asks for, it has not.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from mofang_local import cgroups, network
from mofang_local.errors import StartError
from mofang_local.local_paths import LocalPaths
from mofang_local.network import NODES, SERVICE_RANGE
from mofang_local.objects import Manifest, build_binding, build_object, build_user
from mofang_local.pki import NETWORK_POLICIES
from mofang_local.processes import Program

Run = Callable[..., str]
"""As ``network.run``."""

PROGRAM = "kube-router"
NAMES = tuple(f"{PROGRAM}-{node.name}" for node in NODES)
SWITCH_OFF = (
    "`make up NETWORK_POLICY=off` starts the platform with NetworkPolicies that are "
    "there and not enforced."
)
_CHAINS = ("KUBE-ROUTER-", "KUBE-POD-FW-", "KUBE-NWPLCY-")
_SETS = ("KUBE-SRC-", "KUBE-DST-")


def set_enforced(paths: LocalPaths, *, enforced: bool) -> None:
    """Remember whether policies are to be enforced."""
    mark = _switched_off(paths)
    if enforced:
        mark.unlink(missing_ok=True)
        return
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def is_enforced(paths: LocalPaths) -> bool:
    """Whether policies are to be enforced, as ``set_enforced`` has remembered."""
    return not _switched_off(paths).exists()


def _switched_off(paths: LocalPaths) -> Path:
    return paths.state / "network-policy-off"


def programs(paths: LocalPaths) -> tuple[Program, ...]:
    """The processes that enforce policies; none where that was switched off."""
    if not is_enforced(paths):
        return ()
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return tuple(
        Program(
            name=name,
            command=(
                str(paths.programs / PROGRAM),
                f"--kubeconfig={_kubeconfig(paths)}",
                f"--node={node.name}",
                f"--service-cluster-ip-range={SERVICE_RANGE}",
            ),
            namespace=node.namespace,
            cgroup=cgroups.SYSTEM,
            environment={"PATH": path},
            hint=SWITCH_OFF,
        )
        for name, node in zip(NAMES, NODES, strict=True)
    )


def _kubeconfig(paths: LocalPaths) -> Path:
    return paths.pki / f"{PROGRAM}.conf"


def rights() -> list[Manifest]:
    """What their user may read: nothing but what policies go by."""
    resources = {
        "": ["nodes", "pods", "namespaces"],
        "networking.k8s.io": ["networkpolicies"],
    }
    rules = [
        {"apiGroups": [name], "resources": each, "verbs": ["get", "list", "watch"]}
        for name, each in resources.items()
    ]
    role = build_object("ClusterRole", f"mofang-{PROGRAM}", rules=rules)
    return [role, build_binding(role, build_user(NETWORK_POLICIES))]


def filter_bridges(run: Run = network.run) -> None:
    """Let policies hold between pods of one node too, which a bridge joins.

    Args:
        run: Runs a command.

    Raises:
        StartError: This kernel cannot.
    """
    if shutil.which("modprobe"):
        run("modprobe", "-q", "br_netfilter", check=False)
    setting = "net.bridge.bridge-nf-call-iptables=1"
    for node in NODES:
        try:
            run("sysctl", "-qw", setting, namespace=node.namespace)
        except StartError as error:
            raise StartError(
                f"{error}\nThis kernel lacks br_netfilter. {SWITCH_OFF}"
            ) from error


def remove_rules(run: Run = network.run) -> None:
    """Let everything through again on nodes whose policies were enforced before.

    Args:
        run: Runs a command.
    """
    for node in NODES:
        namespace = node.namespace
        saved = run("iptables-save", "-t", "filter", namespace=namespace)
        lines = saved.splitlines()
        kept = [line for line in lines if not any(each in line for each in _CHAINS)]
        if len(kept) < len(lines):
            text = "\n".join([*kept, ""])
            run("iptables-restore", namespace=namespace, text=text)
        for name in run("ipset", "list", "-name", namespace=namespace).split():
            if name.startswith(_SETS):
                run("ipset", "destroy", name, namespace=namespace)
