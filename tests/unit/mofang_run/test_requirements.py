import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.virtual_environments import copy_environment
from support.wheels import build_wheel


@pytest.fixture
def shelf(tmp_path):
    """A folder of wheels, and requirements files that look nowhere else."""
    return WheelFolder(tmp_path)


class WheelFolder:
    def __init__(self, tmp_path):
        self.path = tmp_path / "wheels"
        self.path.mkdir()
        self.cache = tmp_path / "cache"
        self.file = tmp_path / "home" / "requirements.txt"

    def add(self, name: str, version: str, *requires: str, **content) -> None:
        build_wheel(self.path, name, version, requires=requires, **content)

    def wants(self, *lines: str) -> None:
        head = ["--no-index", f"--find-links {self.path}"]
        self.file.write_text("\n".join([*head, *lines]) + "\n")

    @property
    def variables(self) -> dict[str, str]:
        return {
            "framework": "single",
            "MOFANG_CACHE_DIRECTORY": str(self.cache),
            "MOFANG_REQUIREMENTS": "requirements.txt",
        }


IMPORT = "import cubes; print('cubes', cubes.version, cubes.__file__)"


@pytest.fixture(params=["pip", "uv"])
def installer(request, shelf, tmp_path, environment_with_pip):
    """Run with an interpreter that has this installer and not the other."""
    environment = tmp_path / "image"
    if request.param == "pip":
        copy_environment(environment_with_pip, environment)
    else:
        command = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
        subprocess.run(command, check=True)
    places = ["/usr/bin", "/bin"]
    if request.param == "uv":
        places.insert(0, str(Path(sys.executable).parent))
    return str(environment / "bin" / "python"), {"PATH": os.pathsep.join(places)}


def test_packages_are_installed_for_the_job_alone(wrapper, shelf, installer):
    python, variables = installer
    shelf.add("cubes", "1.2")
    shelf.wants("cubes")
    code, output = wrapper(
        wrapper.script(IMPORT), python=python, **shelf.variables, **variables
    )
    assert code == 0, output
    assert f"cubes 1.2 {shelf.cache}/packages/" in output
    assert "[pip] " in output
    assert "Installed the packages of requirements.txt." in output


def test_what_the_image_has_is_not_installed_again(wrapper, shelf):
    """A requirement of PyTorch must not fetch gigabytes that are there."""
    shelf.add("cubes", "1.2", "packaging")
    shelf.wants("cubes")
    script = "import packaging; print('packaging', packaging.__file__)"
    code, output = wrapper(wrapper.script(script), **shelf.variables)
    assert code == 0, output
    assert f"packaging {shelf.cache}" not in output


def test_a_newer_package_wins_over_that_of_the_image(wrapper, shelf):
    shelf.add("packaging", "999.0")
    shelf.wants("packaging>=999")
    script = "import packaging; print('is', packaging.version)"
    code, output = wrapper(wrapper.script(script), **shelf.variables)
    assert code == 0, output
    assert "is 999.0" in output


def test_a_container_that_is_started_again_installs_nothing(wrapper, shelf):
    shelf.add("cubes", "1.2")
    shelf.wants("cubes")
    wrapper(wrapper.script(IMPORT), **shelf.variables)
    for wheel in shelf.path.iterdir():
        wheel.unlink()
    code, output = wrapper(wrapper.script(IMPORT), **shelf.variables)
    assert code == 0, output
    assert "[pip]" not in output


def test_what_cannot_be_installed_ends_with_a_sentence(wrapper, shelf):
    shelf.wants("no-such-package-of-ours")
    code, output = wrapper(wrapper.script("print('ran')"), **shelf.variables)
    assert code == 126
    assert "[pip] ERROR: No matching distribution found" in output
    assert "could not be installed; the lines above say why" in output
    assert "ran" not in output
    assert list((shelf.cache / "packages").iterdir()) == []


def test_a_missing_requirements_file_is_told(wrapper, shelf):
    code, output = wrapper(wrapper.script(""), **shelf.variables)
    assert code == 127
    assert "requirements.txt" in output


def test_a_stop_during_the_installation_ends_at_once(wrapper, shelf):
    shelf.file.write_text("--index-url http://192.0.2.1:9/\ncubes\n")
    with wrapper.start(wrapper.script(""), **shelf.variables) as process:
        while b"Installing" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGTERM)
        output = process.stdout.read().decode()
    assert process.returncode == 143
    assert "Stopped by SIGTERM before the command was started" in output


BACKEND = """
import pathlib, zipfile
def build_editable(folder, settings=None, metadata=None):
    about = "prisms-1.0.dist-info"
    files = {
        "prisms.pth": str(pathlib.Path("src").resolve()),
        f"{about}/METADATA": "Metadata-Version: 2.1\\nName: prisms\\nVersion: 1.0\\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n"
        "Tag: py3-none-any\\n",
        f"{about}/entry_points.txt": "[console_scripts]\\nprisms = prisms:tell\\n",
    }
    record = "".join(f"{name},,\\n" for name in [*files, f"{about}/RECORD"])
    name = "prisms-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as archive:
        for path, text in {**files, f"{about}/RECORD": record}.items():
            archive.writestr(path, text)
    return name
"""


def test_a_package_of_the_job_itself_is_installed_in_place(wrapper, shelf):
    """`-e ./pkg`: it can be imported, and its programs are on the path."""
    package = wrapper.home / "pkg"
    (package / "src").mkdir(parents=True)
    (package / "src" / "prisms.py").write_text("def tell(): print('prisms at work')\n")
    (package / "backend.py").write_text(BACKEND)
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n[project]\nname = "prisms"\nversion = "1.0"\n'
    )
    shelf.wants("-e ./pkg")
    script = wrapper.script("import prisms; prisms.tell(); print(prisms.__file__)")
    code, output = wrapper(script, **shelf.variables)
    assert code == 0, output
    assert f"prisms at work\n{package}/src/prisms.py" in output
    code, output = wrapper.command("prisms", **shelf.variables)
    assert code == 0, output
    assert "prisms at work" in output


def test_programs_of_packages_can_be_the_command(wrapper, shelf, installer):
    python, variables = installer
    tells = "version = 1\ndef tell(): print('cubes at work')\n"
    shelf.add(
        "cubes", "1.2", programs={"cubes": "cubes:tell"}, files={"cubes.py": tells}
    )
    shelf.wants("cubes")
    code, output = wrapper.command(
        "cubes", python=python, **shelf.variables, **variables
    )
    assert code == 0, output
    assert "cubes at work" in output


CONFIGURATIONS = {
    "user": "[global]\nuser = true\n",
    "target": "[install]\ntarget = {home}/.local/lib\n",
    "prefix": "[install]\nprefix = {home}/.local\n",
    "root": "[install]\nroot = {home}/.local\n",
}


@pytest.mark.parametrize("configured", [*CONFIGURATIONS, "variable"])
def test_a_persons_settings_of_pip_do_not_lead_a_jobs_packages_away(
    wrapper, shelf, configured
):
    home = wrapper.home
    (home / ".config" / "pip").mkdir(parents=True)
    text = CONFIGURATIONS.get(configured, "").format(home=home)
    (home / ".config" / "pip" / "pip.conf").write_text(text)
    variables = {"PIP_USER": "1"} if configured == "variable" else {}
    shelf.add("cubes", "1.2")
    shelf.wants("cubes")
    code, output = wrapper(
        wrapper.script(IMPORT), HOME=str(home), **shelf.variables, **variables
    )
    assert code == 0, output
    assert f"cubes 1.2 {shelf.cache}/packages/" in output
    assert not (home / ".local").exists()


def test_an_installation_that_was_interrupted_is_begun_anew(wrapper, shelf):
    shelf.add("cubes", "1.2")
    shelf.wants("cubes")
    wrapper(wrapper.script(IMPORT), **shelf.variables)
    [target] = (shelf.cache / "packages").iterdir()
    (target / ".mofang-complete").unlink()
    for module in target.rglob("cubes.py"):
        module.unlink()
    code, output = wrapper(wrapper.script(IMPORT), **shelf.variables)
    assert code == 0, output
