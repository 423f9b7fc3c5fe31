import pytest

from mofang_images import host
from mofang_images.host import AptSource, apt_sources, write_host_folder

STANZAS = """\
Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""
LINES = """\
# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/key.gpg] http://line.example/debian bookworm main # why
deb http://vendor.example/tools stable main
"""


@pytest.fixture
def etc(tmp_path):
    parts = tmp_path / "apt" / "sources.list.d"
    parts.mkdir(parents=True)
    return parts.parent


def test_both_forms_of_a_machines_mirrors_are_read(etc):
    (etc / "sources.list").write_text(LINES)
    (etc / "sources.list.d" / "debian.sources").write_text(STANZAS)

    assert [source.line().split("] ")[1] for source in apt_sources(etc)] == [
        "http://line.example/debian bookworm main",
        "http://mirror.example/debian bookworm main contrib",
        "http://mirror.example/debian bookworm-updates main contrib",
    ]


def test_files_that_apt_ignores_are_ignored(etc):
    (etc / "sources.list.d" / "debian.sources.disabled").write_text(STANZAS)

    assert apt_sources(etc) == []


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write the folder of a machine with settings of its own; return it."""
    folder = tmp_path / "host"
    folder.mkdir()
    source = AptSource(
        uri="http://mirror.example/debian", suite="bookworm", components="main"
    )
    monkeypatch.setattr(host, "apt_sources", lambda: [source])
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple?a=1&b=2")
    monkeypatch.setenv("PIP_FIND_LINKS", "/opt/wheels")
    authorities = tmp_path / "authorities.crt"
    authorities.write_text("CERTIFICATES")
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    write_host_folder(folder)
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
