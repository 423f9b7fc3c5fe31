import pytest

from mofang_images.debian import SOURCES, debootstrap_command
from mofang_images.errors import HostError

MIRROR = "http://mirror.example/debian"


def end_of(command):
    return [str(word) for word in command[command.index("debootstrap") :]]


def test_the_release_is_installed_from_the_machines_mirror(tmp_path):
    (tmp_path / "trixie").touch()

    command = debootstrap_command(tmp_path / "root", scripts=tmp_path, mirror=MIRROR)

    assert end_of(command) == [
        *("debootstrap", "--variant=minbase", "trixie", str(tmp_path / "root")),
        *(MIRROR, str(tmp_path / "trixie")),
    ]


def test_an_older_debootstrap_installs_a_release_it_does_not_know(tmp_path):
    (tmp_path / "sid").touch()

    command = debootstrap_command(tmp_path / "root", scripts=tmp_path, mirror=MIRROR)

    assert end_of(command)[-1] == str(tmp_path / "sid")


def test_a_machine_without_debootstrap_is_told_what_to_install(tmp_path):
    with pytest.raises(HostError, match="apt-get install debootstrap"):
        debootstrap_command(tmp_path / "root", scripts=tmp_path, mirror=MIRROR)


def test_an_image_names_no_mirror():
    assert "://" not in SOURCES
