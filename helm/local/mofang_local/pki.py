"""The cluster's certificates, keys and kubeconfigs, made by kubeadm.

All are made together and expire together, authorities later: renewing is making all but
those anew. ``kubeadm certs renew`` does not serve, as it looks for kubeconfigs in
/etc/kubernetes alone, which may belong to another cluster.
"""

import datetime
import ipaddress
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mofang_local.components import KUBERNETES_VERSION
from mofang_local.errors import StartError, last_lines
from mofang_local.files import is_written, write_private
from mofang_local.local_paths import LocalPaths
from mofang_local.network import API_PORT, CPU_NODE, NODES, SERVICE_RANGE, Node

RENEW_BEFORE = datetime.timedelta(days=30)
"""What expires within this time is made anew."""

_AUTHORITIES = ("ca", "front-proxy-ca", "etcd/ca")
_SERVICE_ACCOUNTS = ("sa.key", "sa.pub")
_ADMINISTRATOR = "super-admin"
NETWORK_POLICIES = "mofang:kube-router"
"""User of what enforces NetworkPolicies; ``network_policies`` says what it may read."""

_KUBECONFIGS = (_ADMINISTRATOR, "controller-manager", "scheduler")
"""What ``kubeadm init phase kubeconfig`` is asked for."""


def configuration(folder: Path) -> str:
    """What kubeadm is told: how the cluster is, and where the files go."""
    version = "kubeadm.k8s.io/v1beta4"
    init = {
        "apiVersion": version,
        "kind": "InitConfiguration",
        "localAPIEndpoint": {
            "advertiseAddress": CPU_NODE.address,
            "bindPort": API_PORT,
        },
        # Whatever is named here, kubeadm does not look for one on this machine.
        "nodeRegistration": {
            "name": CPU_NODE.name,
            "criSocket": "unix:///run/containerd/containerd.sock",
        },
    }
    cluster = {
        "apiVersion": version,
        "kind": "ClusterConfiguration",
        "clusterName": "mofang-local",
        # Without it, kubeadm would ask the internet which is the newest.
        "kubernetesVersion": KUBERNETES_VERSION,
        "certificatesDir": str(folder),
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {"serviceSubnet": SERVICE_RANGE, "dnsDomain": "cluster.local"},
        "apiServer": {"certSANs": ["localhost", "127.0.0.1"]},
    }
    return yaml.safe_dump_all([init, cluster])


def certificates(folder: Path) -> Iterator[x509.Certificate]:
    """Every certificate of the folder; a kubeconfig's is as old as those.

    Raises:
        ValueError: One is cut short.
    """
    for path in folder.rglob("*.crt"):
        yield x509.load_pem_x509_certificate(path.read_bytes())


def _lasts(certificate: x509.Certificate) -> bool:
    then = datetime.datetime.now(datetime.UTC) + RENEW_BEFORE
    return certificate.not_valid_after_utc > then


class Kubeadm:
    """The program, asked with one configuration."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def run(self, configuration: str, *arguments: str) -> str:
        """What kubeadm printed.

        Raises:
            StartError: It refused, with its last lines.
        """
        done = subprocess.run(  # noqa: S603 - the command is ours
            [str(self._program), *arguments, "--config=/dev/stdin"],
            input=configuration,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = last_lines(done.stderr or done.stdout)
            raise StartError(f"kubeadm {' '.join(arguments)} refused:\n{said}")
        return done.stdout


class Certificates:
    """What the programs of the cluster know each other by."""

    def __init__(self, paths: LocalPaths, kubeadm: Kubeadm | None = None) -> None:
        """``kubeadm`` is the one that was built unless another is given."""
        self._folder = paths.pki
        self._kubeconfig = paths.kubeconfig
        self._program = kubeadm or Kubeadm(paths.programs / "kubeadm")
        self._record = paths.pki / "kubeadm.yaml"
        """What everything was made for; written last."""

    def are_current(self) -> bool:
        """Whether all are there as they would be made today, and valid for a while."""
        try:
            return (
                self._record.read_text() == configuration(self._folder)
                and all(map(is_written, (*self._files(), *self._kubeconfigs())))
                and all(map(_lasts, certificates(self._folder)))
            )
        except (FileNotFoundError, ValueError):
            return False

    def _kubeconfigs(self) -> Iterator[Path]:
        """Those that programs are started with."""
        programs = ("kubelet", "kube-proxy")
        users = (f"{each}-{node.name}" for node in NODES for each in programs)
        for name in (*_KUBECONFIGS, "kube-router", *users):
            yield self._folder / f"{name}.conf"
        yield self._kubeconfig

    def make(self) -> None:
        """Make all anew unless they are current.

        Authorities and the keys of service accounts stay where they can, so that what
        the cluster has handed out is believed on.

        Raises:
            StartError: kubeadm refused, with its last lines.
        """
        if self.are_current():
            return
        kept = self._kept()
        for path in self._files():
            if path not in kept:
                path.unlink()
        self._kubeadm("init", "phase", "certs", "all")
        for name in _KUBECONFIGS:
            into = f"--kubeconfig-dir={self._folder}"
            self._kubeadm("init", "phase", "kubeconfig", name, into)
        self._user("kube-router", NETWORK_POLICIES)
        for node in NODES:
            self._make_for_node(node)
        administrator = self._folder / f"{_ADMINISTRATOR}.conf"
        write_private(self._kubeconfig, administrator.read_bytes())
        write_private(self._record, configuration(self._folder))

    def _make_for_node(self, node: Node) -> None:
        # The API server's node authorizer knows kubelets by this name and group.
        kubelet = f"system:node:{node.name}"
        self._user(f"kubelet-{node.name}", kubelet, "--org=system:nodes")
        self._user(f"kube-proxy-{node.name}", "system:kube-proxy")
        self._issue_serving(node)

    def _user(self, file: str, name: str, *options: str) -> None:
        said = self._kubeadm("kubeconfig", "user", f"--client-name={name}", *options)
        write_private(self._folder / f"{file}.conf", said)

    def _kubeadm(self, *arguments: str) -> str:
        return self._program.run(configuration(self._folder), *arguments)

    def _files(self) -> list[Path]:
        return [path for path in self._folder.rglob("*") if path.is_file()]

    def _kept(self) -> set[Path]:
        """Each authority and the keys of service accounts, if whole and lasting."""
        pairs = [(f"{name}.crt", f"{name}.key") for name in _AUTHORITIES]
        groups = [
            [self._folder / name for name in pair]
            for pair in (*pairs, _SERVICE_ACCOUNTS)
        ]
        return {path for group in groups if self._can_stay(group) for path in group}

    def _can_stay(self, group: list[Path]) -> bool:
        try:
            return all(map(is_written, group)) and all(
                _lasts(x509.load_pem_x509_certificate(path.read_bytes()))
                for path in group
                if path.suffix == ".crt"
            )
        except ValueError:
            return False

    def _issue_serving(self, node: Node) -> None:
        """Issue what the kubelet serves with, and the API server verifies.

        kubeadm leaves it to kubelets that sign their own, which nobody can verify.
        """
        pem = (self._folder / "ca.crt").read_bytes()
        authority = x509.load_pem_x509_certificate(pem)
        pem = (self._folder / "ca.key").read_bytes()
        signing_key = serialization.load_pem_private_key(pem, None)
        if not isinstance(signing_key, ec.EllipticCurvePrivateKey):
            raise TypeError("ca.key is not of the kind that kubeadm was asked for")
        key = ec.generate_private_key(ec.SECP256R1())
        address = ipaddress.ip_address(node.address)
        names = [x509.DNSName(node.name), x509.IPAddress(address)]
        own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        common_name = x509.NameAttribute(
            NameOID.COMMON_NAME, f"system:node:{node.name}"
        )
        now = datetime.datetime.now(datetime.UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([common_name]))
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(days=365))
            .add_extension(usages, critical=False)
            # Verification by RFC 5280's strict rules asks for it.
            .add_extension(identifier(own.value), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(signing_key, hashes.SHA256())
        )
        plain = serialization.NoEncryption()
        path = self._folder / f"kubelet-{node.name}.crt"
        write_private(
            path.with_suffix(".key"),
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
            ),
        )
        write_private(path, signed.public_bytes(serialization.Encoding.PEM))
