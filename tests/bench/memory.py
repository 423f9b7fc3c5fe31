"""Resident memory of the platform when nobody works."""

from pathlib import Path

from bench.table import Row

_MIB = 1024 * 1024


def resident_mib(pattern: tuple[str, ...]) -> float:
    """MiB of every process whose command line contains one of the words."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            pages = int((entry / "statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        if any(word in command.replace("\0", " ") for word in pattern):
            total += pages * 4096
    return total / _MIB


def rows() -> list[Row]:
    """Each part of the platform."""
    parts = {
        "hub": ("/opt/mofang/bin/mofang-hub",),
        "training service": ("/opt/mofang/bin/mofang-training",),
        "project reconciler": ("/opt/mofang/bin/mofang-reconciler",),
        "istiod": ("/pilot-discovery",),
        "gateway (Envoy)": ("/envoy ",),
        "training operator": ("/training-operator ", "/training-operator\0"),
        "Trainer": ("/trainer",),
        "JobSet": ("/jobset ",),
        "CoreDNS": ("/coredns",),
        "Kubernetes' control plane, etcd included": (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "etcd --data-dir",
        ),
        "both nodes (kubelet, containerd, kube-proxy, kube-router)": (
            "bin/kubelet",
            "bin/containerd",
            "containerd-shim",
            "kube-proxy",
            "bin/kube-router",
        ),
    }
    return [
        Row(
            name=f"memory when idle: {name}", unit="MiB", ours=[resident_mib(arguments)]
        )
        for name, arguments in parts.items()
    ]
