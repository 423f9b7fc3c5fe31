"""pip and uv in a person's directory work as in any virtual environment."""

import pytest
from unit.mofang_run.environments.conftest import UV_PROGRAM

from mofang_run.environments.directory import find_directory

CUBES = "python -c 'import cubes; print(cubes.version)'"
RINGS = "python -c 'import rings; print(rings.version)'"

PIP = ("python -m pip install -q", "python -m pip uninstall -qy")
UV = ("uv pip install -q", "uv pip uninstall -q")


@pytest.fixture
def created(person):
    person.create()
    return person


@pytest.mark.parametrize(("install", "uninstall"), [PIP, UV], ids=["pip", "uv"])
@pytest.mark.parametrize("name", ["cubes", "rings"])
def test_packages_of_the_image_are_changed_like_any_others(
    created, image, install, uninstall, name
):
    """Byte code of the image is trusted unseen, so none of it may stay behind."""
    before = image.tree()
    show = CUBES.replace("cubes", name)
    for version in ("3.0", "1.0"):
        assert (
            created.run(f"{show}; {install} {name}=={version}; {show}").split()[-1]
            == version
        )
        assert created.changes() == {name: ("changed", "2.0", version)}
    created.run(f"{uninstall} {name}")
    assert "No module named" in created.run(f"{show} 2>&1 || true")
    assert created.changes() == {name: ("removed", "2.0", "")}
    assert image.tree() == before


@pytest.mark.parametrize("install", [PIP[0], UV[0]], ids=["pip", "uv"])
def test_a_package_that_needs_another_version_of_one_of_the_image(created, install):
    created.run(f"{install} spheres")
    assert created.run(f"python -c 'import spheres'; {CUBES}") == "3.0\n"
    assert "No broken requirements" in created.run("python -m pip check")


@pytest.mark.parametrize(
    ("option", "variables", "configured"),
    [
        pytest.param("--user", {}, "", id="by option"),
        pytest.param("", {"PIP_USER": "1"}, "", id="by variable"),
        pytest.param("", {}, "[install]\nuser = true\n", id="by pip.conf"),
    ],
)
def test_user_installations_stay_in_the_environment(
    created, option, variables, configured
):
    """In ~/.local they would follow the person into every environment."""
    (created.home / ".config" / "pip").mkdir(parents=True)
    (created.home / ".config" / "pip" / "pip.conf").write_text(configured)
    created.run(f"pip install -q {option} cubes==3.0 spheres", **variables)
    assert created.run(CUBES) == "3.0\n"
    assert not (created.home / ".local").exists()


def test_programs_run_with_the_environment(created):
    assert created.run("which pip") == f"{created.directory}/bin/pip\n"
    assert created.run("cubes") == "cubes 2.0\n"
    created.run("pip install -q cubes==3.0")
    assert created.run("cubes") == "cubes 3.0\n"


def test_another_environment_is_not_touched(created):
    other = created.elsewhere("tensorflow")
    other.create()
    created.run("pip install -q cubes==3.0; pip uninstall -qy rings")
    assert other.run(f"{CUBES}; {RINGS}") == "2.0\n2.0\n"
    assert other.changes() == {}


@pytest.mark.parametrize("make", ["python -m venv", "uv venv -q"])
def test_virtual_environments_can_be_made(created, make):
    line = f"{make} ~/mine; . ~/mine/bin/activate; uv pip install -q cubes==1.0"
    assert created.run(f"{line}; {CUBES}") == "1.0\n"
    assert created.run(CUBES) == "2.0\n"
    assert created.changes() == {}


def test_reset_undoes_all(created, image):
    created.run("pip install -q spheres; pip uninstall -qy rings pip")
    ended = created.command("reset")
    assert ended.returncode == 0
    assert "those of its image" in ended.stdout
    assert created.changes() == {}
    assert created.run(f"{CUBES}; {RINGS}; pip check").startswith("2.0\n2.0\n")


def test_byte_code_of_the_image_is_used(created):
    """Importing from a home would otherwise compile everything once more."""
    created.command("prepare")
    line = "import rings.inner as r; print(r.__cached__)"
    cached = created.run(f'python -c "{line}"').strip()
    assert cached.startswith(f"{created.site}/rings/__pycache__/")
    [link] = (created.site / "rings" / "__pycache__").glob("inner.*")
    assert str(link.readlink()).startswith(str(created.image.prefix))


def is_linked(person) -> bool:
    return (person.site / "rings").exists()


def test_the_packages_of_the_image_are_linked_before_the_first_change(created):
    """Most directories are never changed, and links are many."""
    assert not is_linked(created)
    shown = created.run(f"{CUBES}; {RINGS}; cubes; pip list; pip check")
    assert "rings" in shown
    assert not is_linked(created)
    told = created.run("pip install -q cubes==3.0")
    assert told == (
        "[Mofang] Preparing the environment for changes, which takes a while once.\n"
    )
    assert is_linked(created)
    assert created.run("pip install -q cubes==1.0") == ""
    created.command("reset")
    assert not is_linked(created)


def test_uv_sees_the_packages_of_the_image(created):
    assert "rings" in created.run("uv pip list")
    assert is_linked(created)


def test_uv_for_another_environment_links_nothing(created):
    created.run("uv venv -q ~/mine; VIRTUAL_ENV=~/mine uv pip install -q cubes")
    assert not is_linked(created)


def test_a_running_program_finds_what_is_installed_meanwhile(created):
    """As `%pip install` in a notebook."""
    script = created.home / "notebook.py"
    script.write_text(
        "import subprocess, sys\n"
        "import cubes\n"
        "pip = [sys.executable, '-m', 'pip', 'install', '-q', 'spheres']\n"
        "subprocess.run(pip, check=True)\n"
        "import spheres, rings\n"
        "print('found', spheres.version, rings.version)\n"
    )
    assert "found 1.0 2.0" in created.run("python ~/notebook.py")


def test_what_an_installer_of_ones_own_brought_is_kept(created):
    """It does not wait for the links, and sees the image's packages as missing."""
    created.run(f"{UV_PROGRAM} pip install -q cubes==3.0")
    assert not is_linked(created)
    assert created.changes() == {"cubes": ("changed", "2.0", "3.0")}
    created.run("pip install -q rings==1.0")
    assert created.run(f"{CUBES}; {RINGS}") == "3.0\n1.0\n"
    assert {name: each[0] for name, each in created.changes().items()} == {
        "cubes": "changed",
        "rings": "changed",
    }


def test_in_safe_mode_nothing_uses_the_packages_and_they_can_be_mended(created):
    """What is broken in them is to be left out, found and undone."""
    created.run("pip install -q cubes==3.0")
    safe = {"MOFANG_SAFE_MODE": "1"}

    assert created.command("shell", **safe).stdout == ""
    assert find_directory(created.variables | safe) is None
    assert find_directory(created.variables) is not None
    assert "cubes" in created.command("status", **safe).stdout
    assert created.command("reset", **safe).returncode == 0
    assert created.changes() == {}
