"""Two network namespaces, a wire between them and one to this machine.

Nothing here leads out of the machine: the host's end of the wire carries no
route but the one to the first node's address.
"""

import subprocess
from dataclasses import dataclass

from mofang_local.errors import StartError

HOST_ADDRESS = "10.213.0.1"
SERVICE_RANGE = "10.96.0.0/16"
DNS_ADDRESS = "10.96.0.10"
POD_RANGE = "10.244.0.0/16"
API_PORT = 6443


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One machine of the cluster: a namespace, an address, a range of pods."""

    name: str
    address: str
    gateway: str | None
    """Its way to the other node; None for the node that is the other's way."""
    pod_range: str
    node_type: str
    """``cpu`` or ``gpu``."""
    fake_gpus: int = 0
    own_mounts: bool = False
    """Whether it has a mount namespace of its own, rather than this machine's."""

    @property
    def namespace(self) -> str:
        return f"mofang-{self.name}"

    @property
    def cgroup(self) -> str:
        return f"/mofang-{self.name}"


CPU_NODE = Node(
    name="cpu-1",
    address="10.213.0.2",
    gateway=None,
    pod_range="10.244.0.0/24",
    node_type="cpu",
)
GPU_NODE = Node(
    name="gpu-1",
    address="10.213.0.6",
    gateway="10.213.0.5",
    pod_range="10.244.1.0/24",
    node_type="gpu",
    fake_gpus=4,
    own_mounts=True,
)
NODES = (CPU_NODE, GPU_NODE)
API_SERVER = f"https://{CPU_NODE.address}:{API_PORT}"


def run(
    *command: str, namespace: str | None = None, check: bool = True, text: str = ""
) -> str:
    """Run a command, inside a namespace if one is named; its output.

    Args:
        namespace: Network namespace; None for the host's.
        check: Raise if the command fails.
        text: What it reads.
        *command: Program and arguments.

    Raises:
        StartError: It failed and ``check`` is set.
    """
    inside = ("nsenter", f"--net=/run/netns/{namespace}") if namespace else ()
    done = subprocess.run(  # noqa: S603 - the command is ours
        [*inside, *command], input=text, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise StartError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


def ip(*arguments: str, namespace: str | None = None, check: bool = True) -> str:
    """Run ``ip`` as ``run`` does.

    Args:
        namespace: Network namespace; None for the host's.
        check: Raise if the command fails.
        *arguments: Of ``ip``.
    """
    return run("ip", *arguments, namespace=namespace, check=check)


def exists() -> bool:
    """Whether both namespaces and the wires are there."""
    names = ip("netns", "list", check=False)
    return all(node.namespace in names for node in NODES) and bool(
        ip("link", "show", "mofang-host", check=False)
    )


def remove() -> None:
    """Remove namespaces and wires, whatever is left of them."""
    ip("link", "delete", "mofang-host", check=False)
    for node in NODES:
        ip("netns", "delete", node.namespace, check=False)


def create() -> None:
    """Make namespaces, wires, addresses and routes anew."""
    remove()
    cpu, gpu = CPU_NODE.namespace, GPU_NODE.namespace
    for name in (cpu, gpu):
        ip("netns", "add", name)
        ip("link", "set", "lo", "up", namespace=name)
    ip("link", "add", "mofang-host", "type", "veth", "peer", "host0", "netns", cpu)
    ip("addr", "add", f"{HOST_ADDRESS}/30", "dev", "mofang-host")
    ip("link", "set", "mofang-host", "up")
    ip("addr", "add", f"{CPU_NODE.address}/30", "dev", "host0", namespace=cpu)
    ip("link", "set", "host0", "up", namespace=cpu)
    peer = ("type", "veth", "peer", "eth0", "netns", gpu)
    ip("link", "add", "node0", *peer, namespace=cpu)
    ip("addr", "add", f"{GPU_NODE.gateway}/30", "dev", "node0", namespace=cpu)
    ip("link", "set", "node0", "up", namespace=cpu)
    ip("addr", "add", f"{GPU_NODE.address}/30", "dev", "eth0", namespace=gpu)
    ip("link", "set", "eth0", "up", namespace=gpu)
    # kube-proxy rewrites service addresses on their way out: any device serves.
    ip("route", "add", SERVICE_RANGE, "dev", "host0", namespace=cpu)
    ip("route", "add", GPU_NODE.pod_range, "via", GPU_NODE.address, namespace=cpu)
    way = ("via", str(GPU_NODE.gateway))
    for target in (SERVICE_RANGE, CPU_NODE.pod_range, f"{CPU_NODE.address}/32"):
        ip("route", "add", target, *way, namespace=gpu)
    for node in NODES:
        for setting in ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0"):
            run("sysctl", "-qw", setting, namespace=node.namespace)
