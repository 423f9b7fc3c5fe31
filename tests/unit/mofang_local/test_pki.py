"""When kubeadm is asked for what, and what happens to what was there.

``tests/cluster/test_certificates.py`` has the real kubeadm.
"""

import contextlib
import re
import ssl
from pathlib import Path

import pytest
import yaml

from mofang_local.errors import StartError
from mofang_local.local_paths import LocalPaths
from mofang_local.network import CPU_NODE
from mofang_local.pki import Certificates, Kubeadm
from support.kubeadm import FakeKubeadm

STAY = {
    f"{name}.{end}"
    for name in ("ca", "front-proxy-ca", "etcd/ca")
    for end in ("crt", "key")
} | {"sa.key", "sa.pub", "kubeadm.yaml"}
"""Files that are not made anew while they are whole."""


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=tmp_path, cache=tmp_path / "cache", state=tmp_path / "state"
    )


@pytest.fixture
def kubeadm() -> FakeKubeadm:
    return FakeKubeadm()


@pytest.fixture
def made(paths: LocalPaths, kubeadm: FakeKubeadm) -> Certificates:
    found = Certificates(paths, kubeadm)
    assert not found.are_current()
    found.make()
    return found


def contents(paths: LocalPaths) -> dict[str, bytes]:
    return {
        str(path.relative_to(paths.pki)): path.read_bytes()
        for path in paths.pki.rglob("*")
        if path.is_file()
    }


def kept(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name in before if before[name] == after.get(name)}


def test_everything_is_made_once(made, paths, kubeadm):
    assert made.are_current()
    first, asked = contents(paths), list(kubeadm.calls)
    made.make()
    assert contents(paths) == first
    assert kubeadm.calls == asked


def test_the_administrator_s_kubeconfig_is_private(made, paths):
    assert paths.kubeconfig.stat().st_mode & 0o077 == 0
    user = yaml.safe_load(paths.kubeconfig.read_text())["users"][0]
    assert user["name"] == "super-admin"


def test_each_node_gets_its_own_name_and_group(made, paths, kubeadm):
    for node in ("cpu-1", "gpu-1"):
        name = f"--client-name=system:node:{node}"
        assert ("kubeconfig", "user", name, "--org=system:nodes") in kubeadm.calls
        assert {f"kubelet-{node}.conf", f"kube-proxy-{node}.conf"} <= set(
            contents(paths)
        )


def test_what_expires_within_a_month_is_made_anew(paths):
    """Authorities and keys of tokens stay: pods believe in them."""
    Certificates(paths, FakeKubeadm(days=29)).make()
    before = contents(paths)
    certificates = Certificates(paths, FakeKubeadm())
    assert not certificates.are_current()

    certificates.make()

    assert certificates.are_current()
    assert kept(before, contents(paths)) == STAY


def test_what_lasts_longer_than_a_month_stays(paths):
    certificates = Certificates(paths, FakeKubeadm(days=31))
    certificates.make()
    assert certificates.are_current()


@pytest.mark.parametrize(
    "name", ["apiserver.crt", "apiserver.key", "scheduler.conf", "kubelet-gpu-1.key"]
)
def test_a_file_cut_short_is_made_anew(made, paths, name):
    """A machine that loses its power leaves files without content."""
    (paths.pki / name).write_bytes(b"")
    assert not made.are_current()
    made.make()
    assert made.are_current()
    assert (paths.pki / name).read_bytes()


@pytest.mark.parametrize("name", ["kube-router.conf", "kubelet-cpu-1.conf"])
def test_a_kubeconfig_that_is_missing_is_made(made, paths, name):
    (paths.pki / name).unlink()
    assert not made.are_current()
    made.make()
    assert (paths.pki / name).exists()


def test_a_certificate_without_its_end_is_made_anew(made, paths):
    path = paths.pki / "apiserver.crt"
    path.write_bytes(path.read_bytes()[:200])
    assert not made.are_current()
    made.make()
    assert made.are_current()


@pytest.mark.parametrize("name", ["ca.crt", "ca.key", "etcd/ca.crt"])
def test_a_lost_authority_is_the_end_of_what_it_issued(made, paths, name):
    before = contents(paths)
    (paths.pki / name).write_bytes(b"")
    made.make()
    own = {name, f"{name[:-4]}.crt", f"{name[:-4]}.key"}
    assert kept(before, contents(paths)) == STAY - own


def test_the_authority_of_an_earlier_version_stays(made, paths):
    """It had no others: what pods were told of the API server holds on."""
    before = contents(paths)
    for name in set(before) - {"ca.crt", "ca.key", "sa.key", "sa.pub"}:
        (paths.pki / name).unlink()
    made.make()
    after = contents(paths)
    assert kept(before, after) >= {"ca.crt", "ca.key", "sa.key", "sa.pub"}
    assert made.are_current()


def test_keys_of_tokens_cut_short_are_made_anew(made, paths):
    (paths.pki / "sa.pub").write_bytes(b"")
    made.make()
    assert made.are_current()


def test_what_was_interrupted_is_made_anew(made, paths):
    before = contents(paths)
    (paths.pki / "kubeadm.yaml").unlink()
    (paths.pki / "apiserver.key").unlink()
    assert not made.are_current()
    made.make()
    assert kept(before, contents(paths)) == STAY


def test_another_configuration_makes_what_depends_on_it_anew(made, paths):
    (paths.pki / "kubeadm.yaml").write_text("of an earlier version")
    (paths.pki / "left-by-an-earlier-version.key").write_text("secret")
    assert not made.are_current()
    made.make()
    assert "left-by-an-earlier-version.key" not in contents(paths)


def test_a_refusal_of_kubeadm_s_is_told(paths, tmp_path):
    program = tmp_path / "kubeadm"
    program.write_text("#!/bin/sh\necho 'unable to load it' >&2; exit 1\n")
    program.chmod(0o755)
    certificates = Certificates(paths, Kubeadm(program))
    said = "kubeadm init phase certs all refused:\n    unable to load it"
    with pytest.raises(StartError, match=re.escape(said)):
        certificates.make()
    assert not certificates.are_current()


def test_kubelets_serve_what_passes_strict_verification(made, paths):
    """Python 3.13 verifies strictly by default."""
    own = paths.pki / f"kubelet-{CPU_NODE.name}.crt"
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepting.load_cert_chain(own, own.with_suffix(".key"))
    asking = ssl.create_default_context(cafile=str(paths.pki / "ca.crt"))
    asking.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(to_client, to_server, server_hostname=CPU_NODE.address)
    answering = accepting.wrap_bio(to_server, to_client, server_side=True)

    for step in (client, answering, client, answering):
        with contextlib.suppress(ssl.SSLWantReadError):
            step.do_handshake()

    assert client.getpeercert()["subject"] == ((("commonName", "system:node:cpu-1"),),)
