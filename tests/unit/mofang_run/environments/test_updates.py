"""What becomes of a directory when the image changes, or somebody is interrupted."""

import fcntl
import json

import pytest

from support.eventually import eventually
from support.wheels import build_wheel

CUBES = "python -c 'import cubes; print(cubes.version)'"
RINGS = "python -c 'import rings; print(rings.version)'"
MANIFEST = "mofang-environment.json"


@pytest.fixture
def created(person):
    person.create()
    return person


@pytest.fixture
def new_image(image, wheels):
    """Bring a release of the image: rings 3.0, and something that is new."""

    def release() -> None:
        build_wheel(wheels, "cones", "1.0")
        image.install(
            wheels / "rings-3.0-py3-none-any.whl", wheels / "cones-1.0-py3-none-any.whl"
        )

    return release


def test_a_directory_of_this_image_is_left_as_it_is(created):
    before = created.directory.stat().st_ino
    assert created.command("create").stdout == ""
    assert created.directory.stat().st_ino == before


def test_a_new_image_brings_its_packages(created, new_image):
    new_image()
    created.create()
    assert created.run(f"{RINGS}; python -c 'import cones'") == "3.0\n"
    assert created.changes() == {}


def test_what_a_person_installed_and_removed_stays_so(created, new_image):
    created.run("pip install -q spheres; pip uninstall -qy rings")
    (created.site / "mine.py").write_text("x = 1\n")
    new_image()
    created.create()
    assert created.changes() == {
        "cubes": ("changed", "2.0", "3.0"),
        "rings": ("removed", "3.0", ""),
        "spheres": ("added", "", "1.0"),
    }
    assert created.run(f"{CUBES}; cubes; python -c 'import mine, spheres, cones'") == (
        "3.0\ncubes 3.0\n"
    )
    created.run("pip uninstall -qy cubes spheres")
    assert "cubes" not in created.run("ls $VIRTUAL_ENV/bin; pip list")


def test_pip_that_was_upgraded_stays_so(created, new_image, wheels):
    """Its programs have the names of those that were made with the directory."""
    files = {"pip/__init__.py": "", "pip/tell.py": "def main(): print('pip of hers')\n"}
    programs = {"pip": "pip.tell:main"}
    build_wheel(wheels, "pip", "99.0", programs=programs, files=files)
    created.run("pip install -q -U pip")
    new_image()
    created.create()
    assert created.run("pip") == "pip of hers\n"


def test_packages_for_another_python_are_written_down(created):
    created.run("pip install -q spheres")
    manifest = json.loads((created.directory / MANIFEST).read_text())
    lib = created.site.parent
    lib.rename(lib.with_name("python3.6"))
    manifest |= {"python": "3.6", "identity": "old"}
    (created.directory / MANIFEST).write_text(json.dumps(manifest))
    created.create()
    status = created.status()
    assert status["changes"] == []
    listing = created.directory.with_name("pytorch-python3.6.txt")
    assert listing.read_text() == "cubes==3.0\nspheres==1.0\n"
    assert f"pip install -r {listing}" in status["notice"]
    created.run(f"pip install -q -r {listing}")
    assert created.run(CUBES) == "3.0\n"


def test_whoever_is_interrupted_leaves_nothing_broken(created):
    """Killed between the two renames, and killed while it made a tree."""
    created.run("pip install -q cubes==3.0")
    parent = created.directory.parent
    created.directory.rename(parent / ".pytorch.old")
    (parent / ".pytorch.draft-abc" / "lib").mkdir(parents=True)
    created.create()
    assert created.run(CUBES) == "3.0\n"
    kept = [".pytorch.lock", "pytorch"]
    eventually(
        lambda: sorted(path.name for path in parent.iterdir()) == kept,
        within=60,
        what="what was left is removed",
    )


def test_who_comes_while_it_is_made_waits(person):
    parent = person.directory.parent
    parent.mkdir(parents=True)
    with (parent / ".pytorch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert person.status()["state"] == "creating"
    assert person.status()["state"] == "absent"
    person.create()
    assert person.status()["state"] == "ready"


def test_a_home_without_room_for_it_is_told(person):
    (person.home / ".mofang").write_text("a file where a folder should be")
    ended = person.command("create")
    assert ended.returncode == 1
    assert "cannot be made: Not a directory. Make room in your home" in ended.stderr
    shell = person.command("shell")
    assert shell.returncode == 0
    assert "export PYTHONNOUSERSITE=1" in shell.stdout
    assert "VIRTUAL_ENV" not in shell.stdout


@pytest.mark.parametrize("name", ["", "../other", "a/b", "UPPER", "x" * 70])
def test_a_name_that_is_none_is_refused(person, name):
    ended = person.command("create", MOFANG_ENVIRONMENT=name)
    assert ended.returncode == 2
    assert "no environment of the platform" in ended.stderr
    assert list(person.home.iterdir()) == []
    assert person.command("shell", MOFANG_ENVIRONMENT=name).stdout == ""
