"""The programs of one node and their configuration."""

import json
from pathlib import Path
from typing import Any

import yaml

from mofang_local import cgroups, mount_namespaces
from mofang_local.local_paths import LocalPaths
from mofang_local.network import DNS_ADDRESS, POD_RANGE, Node
from mofang_local.processes import Program

NODE_TYPE_LABEL = "mofang.dev/node-type"
"""As ``mofang_kube.names`` calls it."""

FAKE_GPU_LABEL = "mofang.dev/fake-gpu"
"""On nodes whose GPUs are counted and not there."""


def folder(paths: LocalPaths, node: Node) -> Path:
    """What the node keeps across a restart: images, pods' files."""
    return paths.state / node.name


def socket(paths: LocalPaths, node: Node) -> Path:
    return paths.run / node.name / "containerd.sock"


def containerd_config(paths: LocalPaths, node: Node, pause: str) -> str:
    """Containerd's configuration, version 3, for one node.

    Args:
        paths: Directories of the one-machine platform.
        node: The node.
        pause: Reference of the pause image.
    """
    home, run = folder(paths, node), paths.run / node.name
    images = "[plugins.'io.containerd.cri.v1.images'"
    runtime = "[plugins.'io.containerd.cri.v1.runtime'"
    runc = f"{runtime}.containerd.runtimes.runc"
    return f"""
version = 3
root = "{home}/containerd"
state = "{run}/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri"]

[grpc]
address = "{socket(paths, node)}"

{images}]
snapshotter = "overlayfs"
{images}.pinned_images]
sandbox = "{pause}"

{runtime}]
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
{runtime}.cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{home}/cni"
{runc}]
runtime_type = "io.containerd.runc.v2"
{runc}.options]
BinaryName = "/usr/sbin/runc"
SystemdCgroup = false
"""


def cni_config(paths: LocalPaths, node: Node) -> str:
    """A bridge with addresses of the node's own range, no way out of it."""
    ranges = [[{"subnet": node.pod_range}]]
    bridge: dict[str, Any] = {
        "type": "bridge",
        "bridge": "mofang0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": ranges,
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(paths.run / node.name / "addresses"),
        },
    }
    return json.dumps(
        {
            "cniVersion": "1.0.0",
            "name": f"mofang-{node.name}",
            "plugins": [bridge],
        }
    )


def kubelet_config(paths: LocalPaths, node: Node) -> str:
    """The kubelet's configuration; the reasons are the machine's."""
    config: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(paths.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(paths.pki / f"kubelet-{node.name}.crt"),
        "tlsPrivateKeyFile": str(paths.pki / f"kubelet-{node.name}.key"),
        "containerRuntimeEndpoint": f"unix://{socket(paths, node)}",
        "podLogsDir": str(folder(paths, node) / "pod-logs"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": node.cgroup,
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_ADDRESS],
        "resolvConf": "",
        # The image collector counts the machine's whole disk as its own.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {"nodefs.available": "1Gi", "memory.available": "200Mi"},
        "maxPods": 250,
        # A fork bomb stops in its own pod.
        "podPidsLimit": 4096,
        "serializeImagePulls": False,
        "syncFrequency": "30s",
        "nodeStatusUpdateFrequency": "10s",
        "featureGates": {},
    }
    if node.fake_gpus:
        config["registerWithTaints"] = [
            {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
        ]
    return yaml.safe_dump(config)


def kube_proxy_config(paths: LocalPaths, node: Node) -> str:
    """kube-proxy by nftables; connection-tracking limits stay the machine's."""
    return yaml.safe_dump(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {
                "kubeconfig": str(paths.pki / f"kube-proxy-{node.name}.conf")
            },
            "clusterCIDR": POD_RANGE,
            "mode": "nftables",
            "hostnameOverride": node.name,
            "bindAddress": node.address,
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            "nodePortAddresses": [f"{node.address}/32"],
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
            "nftables": {"minSyncPeriod": "100ms", "syncPeriod": "30s"},
        }
    )


def labels(node: Node) -> dict[str, str]:
    """What placement rules see of the node."""
    found = {NODE_TYPE_LABEL: node.node_type}
    if node.fake_gpus:
        found[FAKE_GPU_LABEL] = "true"
    return found


def write(paths: LocalPaths, node: Node, pause: str) -> None:
    """Write every file the node's programs read.

    Args:
        paths: Directories of the one-machine platform.
        node: The node.
        pause: Reference of the pause image.
    """
    home = folder(paths, node)
    (home / "cni").mkdir(parents=True, exist_ok=True)
    (home / "kubelet").mkdir(exist_ok=True)
    (home / "pod-logs").mkdir(exist_ok=True)
    (paths.run / node.name).mkdir(parents=True, exist_ok=True)
    (home / "containerd.toml").write_text(containerd_config(paths, node, pause))
    (home / "cni" / "10-mofang.conflist").write_text(cni_config(paths, node))
    (home / "kubelet.yaml").write_text(kubelet_config(paths, node))
    (home / "kube-proxy.yaml").write_text(kube_proxy_config(paths, node))


def programs(paths: LocalPaths, node: Node) -> tuple[Program, ...]:
    """containerd, kubelet and kube-proxy of the node, in starting order."""
    home, bin_ = folder(paths, node), paths.programs
    path = f"{bin_}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    marks = ",".join(f"{key}={value}" for key, value in labels(node).items())

    # The rules of kube-proxy are the network's, and mount nothing.
    mounting = {"containerd", "kubelet"}

    def program(name: str, configuration: str, *arguments: str) -> Program:
        return Program(
            name=f"{name}-{node.name}",
            configuration=configuration,
            command=(str(bin_ / name), *arguments),
            namespace=node.namespace,
            mount_namespace=mount_namespaces.name(node) if name in mounting else None,
            cgroup=cgroups.SYSTEM,
            environment={"PATH": path},
        )

    return (
        program(
            "containerd",
            # Another pause image is no reason to end every pod.
            containerd_config(paths, node, pause=""),
            "--config",
            str(home / "containerd.toml"),
        ),
        program(
            "kubelet",
            kubelet_config(paths, node),
            f"--config={home}/kubelet.yaml",
            f"--kubeconfig={paths.pki}/kubelet-{node.name}.conf",
            f"--root-dir={home}/kubelet",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
            f"--node-labels={marks}",
        ),
        program(
            "kube-proxy",
            kube_proxy_config(paths, node),
            f"--config={home}/kube-proxy.yaml",
        ),
    )
