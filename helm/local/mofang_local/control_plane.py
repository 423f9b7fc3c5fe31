"""etcd and Kubernetes' own programs, in the first node's namespace."""

from mofang_local import cgroups
from mofang_local.local_paths import LocalPaths
from mofang_local.network import API_PORT, CPU_NODE, POD_RANGE, SERVICE_RANGE
from mofang_local.objects import Manifest, build_binding, build_object, build_user
from mofang_local.processes import Program

_ETCD = "https://127.0.0.1:2379"
FEATURES = "GenericWorkload=true"
"""Gangs by Kubernetes' own PodGroup, off by default in 1.37."""
_API_FEATURES = f"{FEATURES},WatchList=false"
# Debian's etcd cannot tell how far it is, which lists that come as watches need. The
# API server would refuse them, and with them every watch from no or any version.

REPLACEABLE = frozenset({"kube-apiserver", "kube-controller-manager", "kube-scheduler"})
"""Programs that pods go on without while they start anew."""


def kubelet_access() -> Manifest:
    """What lets the API server fetch logs and open shells on the nodes.

    `kubeadm init` creates the same binding in a phase that needs a running cluster.
    """
    role = build_object("ClusterRole", "system:kubelet-api-admin")
    name = "kubeadm:apiserver-kubelet-client"
    return build_binding(role, build_user("kube-apiserver-kubelet-client"), name)


def _api_server(paths: LocalPaths) -> tuple[str, ...]:
    pki = paths.pki
    return (
        f"--advertise-address={CPU_NODE.address}",
        f"--secure-port={API_PORT}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--etcd-servers={_ETCD}",
        f"--etcd-cafile={pki}/etcd/ca.crt",
        f"--etcd-certfile={pki}/apiserver-etcd-client.crt",
        f"--etcd-keyfile={pki}/apiserver-etcd-client.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
        f"--proxy-client-key-file={pki}/front-proxy-client.key",
        f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
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
        f"--kubeconfig={pki}/controller-manager.conf",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--root-ca-file={pki}/ca.crt",
        f"--service-account-private-key-file={pki}/sa.key",
        f"--cluster-cidr={POD_RANGE}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--allocate-node-cidrs=false",
        # Each new node costs it several writes, and 20 a second is the default.
        "--kube-api-qps=100",
        "--kube-api-burst=200",
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
            cgroup=cgroups.SYSTEM,
        )

    return (
        program(
            "etcd",
            f"--data-dir={paths.state}/etcd",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            f"--cert-file={paths.pki}/etcd/server.crt",
            f"--key-file={paths.pki}/etcd/server.key",
            f"--trusted-ca-file={paths.pki}/etcd/ca.crt",
            "--client-cert-auth",
            # The only member has no peers.
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
            f"--kubeconfig={paths.pki}/scheduler.conf",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            f"--feature-gates={FEATURES}",
        ),
    )
