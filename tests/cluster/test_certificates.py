"""What the real kubeadm makes: who each certificate names, for what, and by whom."""

import base64
import ssl
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mofang_local import local_paths
from mofang_local.local_paths import LocalPaths
from mofang_local.network import API_SERVER, CPU_NODE, GPU_NODE
from mofang_local.pki import Certificates
from support.platform import Platform

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> LocalPaths:
    """Everything, in a folder that no cluster uses."""
    state = tmp_path_factory.mktemp("state")
    found = replace(local_paths.paths(), state=state)
    Certificates(found).make()
    return found


def certificate(paths: LocalPaths, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((paths.pki / f"{name}.crt").read_bytes())


def of_kubeconfig(path: Path) -> x509.Certificate:
    user = yaml.safe_load(path.read_text())["users"][0]["user"]
    pem = base64.b64decode(user["client-certificate-data"])
    return x509.load_pem_x509_certificate(pem)


def named(found: x509.Certificate, attribute: x509.ObjectIdentifier) -> list[str]:
    return [str(each.value) for each in found.subject.get_attributes_for_oid(attribute)]


def usages(found: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return set(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def names(found: x509.Certificate) -> set[str]:
    value = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = value.get_values_for_type(x509.IPAddress)
    return {*value.get_values_for_type(x509.DNSName), *map(str, addresses)}


@pytest.mark.parametrize(
    ("name", "authority", "usage"),
    [
        ("apiserver", "ca", {SERVER}),
        ("apiserver-kubelet-client", "ca", {CLIENT}),
        ("kubelet-cpu-1", "ca", {SERVER}),
        ("kubelet-gpu-1", "ca", {SERVER}),
        ("front-proxy-client", "front-proxy-ca", {CLIENT}),
        ("etcd/server", "etcd/ca", {SERVER, CLIENT}),
        ("apiserver-etcd-client", "etcd/ca", {CLIENT}),
    ],
)
def test_each_is_issued_by_its_authority_for_one_use(made, name, authority, usage):
    found = certificate(made, name)
    found.verify_directly_issued_by(certificate(made, authority))
    assert usages(found) == usage


def test_servers_have_the_names_that_they_are_called_by(made):
    assert {
        "kubernetes.default.svc.cluster.local",
        "localhost",
        "127.0.0.1",
        "10.96.0.1",
        CPU_NODE.address,
    } <= names(certificate(made, "apiserver"))
    assert "127.0.0.1" in names(certificate(made, "etcd/server"))
    assert names(certificate(made, "kubelet-gpu-1")) == {
        GPU_NODE.name,
        GPU_NODE.address,
    }


@pytest.mark.parametrize(
    ("file", "name", "groups"),
    [
        ("super-admin", "kubernetes-super-admin", ["system:masters"]),
        ("controller-manager", "system:kube-controller-manager", []),
        ("scheduler", "system:kube-scheduler", []),
        ("kubelet-gpu-1", "system:node:gpu-1", ["system:nodes"]),
        ("kube-proxy-cpu-1", "system:kube-proxy", []),
    ],
)
def test_kubeconfigs_name_who_asks(made, file, name, groups):
    path = made.pki / f"{file}.conf"
    found = of_kubeconfig(path)
    found.verify_directly_issued_by(certificate(made, "ca"))
    assert named(found, NameOID.COMMON_NAME) == [name]
    assert named(found, NameOID.ORGANIZATION_NAME) == groups
    assert usages(found) == {CLIENT}
    cluster = yaml.safe_load(path.read_text())["clusters"][0]["cluster"]
    assert cluster["server"] == API_SERVER


def test_what_is_made_anew_is_issued_by_the_same_authorities(made):
    kept = {path: path.read_bytes() for path in made.pki.rglob("ca.*")}
    before = certificate(made, "apiserver")
    (made.pki / "scheduler.conf").write_bytes(b"")
    certificates = Certificates(made)
    assert not certificates.are_current()
    certificates.make()
    assert certificates.are_current()
    assert certificate(made, "apiserver") != before
    assert {path: path.read_bytes() for path in kept} == kept


def test_the_running_api_server_passes_strict_verification():
    """Python 3.13 verifies strictly by default, and so do the pods' clients."""
    Platform()
    authority = local_paths.paths().pki / "ca.crt"
    context = ssl.create_default_context(cafile=str(authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with opener.open(f"{API_SERVER}/readyz", timeout=30) as answer:
        assert answer.read() == b"ok"


def test_the_platform_s_own_are_current():
    assert Certificates(local_paths.paths()).are_current()
