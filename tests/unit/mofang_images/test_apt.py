import pytest

from mofang_images.apt import debian_mirror, debian_release, image_sources
from mofang_images.errors import HostError

STANZAS = """\
Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
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
deb http://line.example/debian-security bookworm-security main
deb http://vendor.example/tools stable main
"""
OURS = """\
Types: deb
URIs: http://next.example/debian
Suites: trixie
Components: main
"""


@pytest.fixture
def etc(tmp_path):
    """The settings of a machine with Debian 12."""
    (tmp_path / "apt" / "sources.list.d").mkdir(parents=True)
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    return tmp_path


def lines(etc):
    return [source.line().split("] ")[1] for source in image_sources(etc)]


def test_the_images_debian_comes_from_the_mirrors_of_the_machines_own(etc):
    (etc / "apt" / "sources.list").write_text(LINES)
    (etc / "apt" / "sources.list.d" / "debian.sources").write_text(STANZAS)

    assert lines(etc) == [
        "http://line.example/debian trixie main",
        "http://line.example/debian-security trixie-security main",
        "http://mirror.example/debian trixie main contrib",
        "http://mirror.example/debian trixie-updates main contrib",
    ]
    assert debian_mirror(etc) == "http://line.example/debian"


def test_a_mirror_named_for_the_images_release_is_preferred(etc):
    (etc / "apt" / "sources.list").write_text(LINES)
    (etc / "apt" / "sources.list.d" / "images.sources").write_text(OURS)

    assert lines(etc) == ["http://next.example/debian trixie main"]


def test_files_that_apt_ignores_are_ignored(etc):
    (etc / "apt" / "sources.list.d" / "debian.sources.disabled").write_text(STANZAS)

    assert image_sources(etc) == []


def test_mirrors_of_another_system_are_not_taken_for_debians(etc):
    (etc / "os-release").write_text("ID=ubuntu\nVERSION_CODENAME=noble\n")
    (etc / "apt" / "sources.list").write_text("deb http://u.example/u noble main\n")

    assert debian_release(etc) == ""
    assert image_sources(etc) == []


def test_a_machine_without_a_mirror_is_told_what_to_do(etc):
    with pytest.raises(HostError, match=r"names no mirror of Debian.*--base-image"):
        debian_mirror(etc)
