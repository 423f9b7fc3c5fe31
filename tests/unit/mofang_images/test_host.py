import subprocess

import pytest

from mofang_images.apt import AptSource
from mofang_images.host import write_host_folder


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write the folder of a machine with settings of its own; return it."""
    folder = tmp_path / "host"
    folder.mkdir()
    source = AptSource(
        uri="http://mirror.example/debian", suite="trixie", components="main"
    )
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple?a=1&b=2")
    monkeypatch.setenv("PIP_FIND_LINKS", "/opt/wheels")
    authorities = tmp_path / "authorities.crt"
    authorities.write_text("CERTIFICATES")
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    uv = tmp_path / "uv"
    uv.write_text("program")
    write_host_folder(folder, uv, [source])
    return folder


def test_a_build_uses_the_machines_mirror_and_certificates(written):
    apt = (written / "apt.conf").read_text()

    assert 'Dir::Etc::sourcelist "/run/host/sources.list";' in apt
    assert "http://mirror.example/debian" in (written / "sources.list").read_text()
    assert (written / "ca.crt").read_text() == "CERTIFICATES"
    environment = (written / "environment").read_text()
    assert "export SSL_CERT_FILE=/run/host/ca.crt\n" in environment
    assert "export APT_CONFIG=/run/host/apt.conf\n" in environment


def test_indexes_are_passed_on_and_paths_of_the_machine_are_not(written):
    environment = (written / "environment").read_text()

    assert (
        "export PIP_INDEX_URL='https://index.example/simple?a=1&b=2'\n" in environment
    )
    assert "/opt/wheels" not in environment


def test_a_build_is_lent_the_installer_of_packages(written):
    assert (written / "uv").read_text() == "program"


def test_a_lock_is_installed_as_it_is_and_byte_code_is_trusted(written):
    script = (written / "install-lock").read_text()
    here = script.replace("/run/host", str(written)).replace("/opt/mofang", "/nowhere")
    (written / "install-lock").write_text(here)
    (written / "uv").write_text('#!/bin/sh\necho "$PYC_INVALIDATION_MODE" "$@"\n')
    (written / "uv").chmod(0o755)

    answer = subprocess.run(
        [written / "install-lock", "lock.txt", "--no-build-isolation"],
        capture_output=True,
        text=True,
        check=True,
    )

    mode, *arguments = answer.stdout.split()
    assert mode == "UNCHECKED_HASH"
    assert {"--require-hashes", "--no-deps", "--compile-bytecode"} <= set(arguments)
    assert arguments[-3:] == ["--no-build-isolation", "-r", "lock.txt"]
