"""etcd and Kubernetes' own programs, in the first node's namespace."""

from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE, POD_RANGE, SERVICE_RANGE
from mofang_local.nodes import API_SERVER
from mofang_local.pki import Authority, Identity
from mofang_local.processes import Program

_MASTERS = "system:masters"
_ETCD = "http://127.0.0.1:2379"
FEATURES = "GenericWorkload=true"
"""Gangs by Kubernetes' own PodGroup, off by default in 1.37."""
_API_FEATURES = f"{FEATURES},WatchList=false"
# Debian's etcd cannot tell how far it is, which lists that come as watches need. The
# API server would refuse them, and with them every watch from no or any version.

REPLACEABLE = frozenset({"kube-apiserver", "kube-controller-manager", "kube-scheduler"})
"""Programs that pods go on without while they start anew."""


def write(paths: LocalPaths, authority: Authority) -> None:
    """Issue the certificates and kubeconfigs of the control plane."""
    authority.service_account_key()
    authority.issue(
        Identity(
            file="kube-apiserver",
            name="kube-apiserver",
            hosts=(
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local",
                "localhost",
                "10.96.0.1",
                "127.0.0.1",
                CPU_NODE.address,
            ),
        )
    )
    kubelet_client = "kube-apiserver-kubelet"
    authority.issue(
        Identity(file=kubelet_client, name=kubelet_client, organization=_MASTERS)
    )
    for name in ("kube-controller-manager", "kube-scheduler"):
        authority.kubeconfig(
            Identity(file=name, name=f"system:{name}"),
            API_SERVER,
            paths.pki / f"{name}.kubeconfig",
        )
    authority.kubeconfig(
        Identity(file="admin", name="mofang-local-admin", organization=_MASTERS),
        API_SERVER,
        paths.kubeconfig,
    )


def _api_server(paths: LocalPaths) -> tuple[str, ...]:
    pki = paths.pki
    return (
        f"--advertise-address={CPU_NODE.address}",
        "--secure-port=6443",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/kube-apiserver.crt",
        f"--tls-private-key-file={pki}/kube-apiserver.key",
        f"--etcd-servers={_ETCD}",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        f"--kubelet-client-certificate={pki}/kube-apiserver-kubelet.crt",
        f"--kubelet-client-key={pki}/kube-apiserver-kubelet.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={pki}/sa.pub",
        f"--service-account-signing-key-file={pki}/sa.key",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--feature-gates={_API_FEATURES}",
        "--runtime-config=scheduling.k8s.io/v1beta1=true",
    )


def _controller_manager(paths: LocalPaths) -> tuple[str, ...]:
    pki = paths.pki
    return (
        f"--kubeconfig={pki}/kube-controller-manager.kubeconfig",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--root-ca-file={pki}/ca.crt",
        f"--service-account-private-key-file={pki}/sa.key",
        f"--cluster-cidr={POD_RANGE}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--allocate-node-cidrs=false",
        # It collects the groups of gangs that are gone.
        f"--feature-gates={FEATURES}",
    )


def programs(paths: LocalPaths) -> tuple[Program, ...]:
    """Etcd first, then the API server and those that talk to it."""

    def program(name: str, *arguments: str, hint: str = "") -> Program:
        own = paths.programs / name
        return Program(
            name=name,
            hint=hint,
            command=(str(own) if own.exists() else name, *arguments),
            namespace=CPU_NODE.namespace,
        )

    return (
        program(
            "etcd",
            f"--data-dir={paths.state}/etcd",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",
            "--log-level=warn",
            "--auto-compaction-retention=1",
            "--quota-backend-bytes=4294967296",
            # It does not wait for the disk: a machine that lost its power may
            # have lost the end of what was written.
            hint=f"If it cannot read its data, remove {paths.state}/etcd and start"
            " again: projects' objects are lost then, homes are not.",
        ),
        program("kube-apiserver", *_api_server(paths)),
        program("kube-controller-manager", *_controller_manager(paths)),
        program(
            "kube-scheduler",
            f"--kubeconfig={paths.pki}/kube-scheduler.kubeconfig",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            f"--feature-gates={FEATURES}",
        ),
    )
