"""What a person installed is saved, and a colleague starts from it without an index."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from unit.mofang_run.environments.conftest import Person

from mofang_run.environments.saved_archive import MODIFIED

CUBES = "python -c 'import cubes; print(cubes.version)'"


@dataclass(frozen=True)
class Colleague(Person):
    """Somebody whose pod mounts a saved environment."""

    digest: str = ""
    archives: Path = Path()
    files: Path = Path()

    @property
    def variables(self) -> dict[str, str]:
        return super().variables | {
            "MOFANG_BASE_ENVIRONMENT": "pytorch",
            "MOFANG_SAVED_DIGEST": self.digest,
            "MOFANG_SAVED_ARCHIVES": str(self.archives),
            "MOFANG_SAVED_FILES": str(self.files),
        }


def save(person: Person) -> Path:
    """Save; return the draft."""
    ended = person.command("save", "--json")
    assert ended.returncode == 0, ended.stderr
    *told, last = map(json.loads, ended.stdout.splitlines())
    assert told[-1]["done"] == told[-1]["all"]
    return person.home / ".mofang" / "saved" / last["digest"]


def preview(person: Person) -> dict:
    return json.loads(person.command("preview", "--json").stdout)


def remarks(person: Person) -> dict[str, tuple[bool, str]]:
    return {
        each["name"]: (each["is_left_out"], each["message"])
        for each in preview(person)["remarks"]
    }


@pytest.fixture
def author(person):
    person.create()
    person.run("pip install -q spheres")
    return person


@pytest.fixture
def start(tmp_path, image, wheels):
    """Start from a draft, as the store has it; the author's home is of no use."""

    def begin(draft: Path, name: str = "ben") -> Colleague:
        home, files = tmp_path / name, tmp_path / f"{name}-files"
        archives = tmp_path / "store" / draft.name
        for each in (home, files):
            each.mkdir(exist_ok=True)
        if not archives.exists():
            shutil.copytree(draft, archives)
        return Colleague(home, image, wheels, "shapes", draft.name, archives, files)

    return begin


def test_a_colleague_has_the_packages_without_an_index(author, start):
    draft = save(author)
    author.command("reset")
    ben = start(draft)
    shutil.rmtree(ben.wheels)
    ben.create()
    assert ben.run(f"{CUBES}; python -c 'import spheres, rings'") == "3.0\n"
    assert ben.run("cubes") == "cubes 3.0\n"
    assert ben.changes() == {}


def test_no_archive_says_where_and_when_it_was_installed(author):
    """But in byte code, for tracebacks: Python corrects that when it is loaded."""
    for path in save(author).glob("*.tar"):
        with tarfile.open(path) as archive:
            for member in archive:
                assert member.mtime == MODIFIED
                content = archive.extractfile(member).read()
                is_byte_code = member.name.endswith(".pyc")
                assert is_byte_code or str(author.home).encode() not in content


def test_the_same_packages_make_the_same_environment(author, image, wheels, tmp_path):
    first = save(author)
    home = tmp_path / "other"
    home.mkdir()
    other = Person(home, image, wheels)
    other.create()
    other.run("uv pip install -q spheres")
    lock = json.loads((first / "lock.json").read_text())
    again = json.loads((save(other) / "lock.json").read_text())
    names = [(e["name"], e["version"]) for e in lock["distributions"]]
    assert names == [("cubes", "3.0"), ("spheres", "1.0")]
    assert names == [(e["name"], e["version"]) for e in again["distributions"]]
    assert save(author).name == first.name


def test_changes_on_top_are_the_colleagues_own(author, start):
    ben = start(save(author))
    ben.create()
    ben.run("pip install -q cubes==1.0; pip uninstall -qy spheres")
    assert ben.changes() == {
        "cubes": ("changed", "3.0", "1.0"),
        "spheres": ("removed", "1.0", ""),
    }
    assert ben.run(CUBES) == "1.0\n"
    carla = start(Path(ben.archives), "carla")
    carla.create()
    assert carla.run(CUBES) == "3.0\n"


def test_a_clone_is_saved_with_what_it_stands_on(author, start):
    """Archives that the store has are not written again."""
    ben = start(save(author))
    ben.create()
    ben.run("pip install -q rings==3.0")
    draft = save(ben)
    lock = json.loads((draft / "lock.json").read_text())
    assert [(each["name"], each["version"]) for each in lock["distributions"]] == [
        ("cubes", "3.0"),
        ("rings", "3.0"),
        ("spheres", "1.0"),
    ]
    assert lock["environment"] == "pytorch"
    assert len(list(draft.glob("*.tar"))) == 1


def test_a_newer_version_takes_over_what_the_person_has_added(author, start, tmp_path):
    ben = start(save(author))
    ben.create()
    ben.run("pip install -q rings==3.0")
    author.run("pip install -q cubes==1.0 --no-deps")
    newer = start(save(author))
    newer.create()
    show = f"{CUBES}; python -c 'import rings; print(rings.version)'"
    assert newer.run(show) == "1.0\n3.0\n"
    assert newer.changes() == {"rings": ("changed", "2.0", "3.0")}


def test_what_cannot_be_saved_is_named(author, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "mine.py").write_text("x = 1\n")
    (author.site / "loose.py").write_text("x = 1\n")
    (author.site / "spheres.py").exists()
    (author.site / "cubes.py").write_text("version = '3.0'  # mine\n")
    info = author.site / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: mine\nVersion: 1.0\n")
    (info / "RECORD").write_text("mine-1.0.dist-info/METADATA,,\n")
    direct = {"url": f"file://{project}", "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(direct))
    author.run("pip uninstall -qy rings")
    found = remarks(author)
    assert found["mine"][0]
    assert "in place" in found["mine"][1]
    assert found["loose.py"][0]
    assert found["cubes"] == (
        False,
        "Files of it were changed by hand. They are saved as they are.",
    )
    assert not found["rings"][0]
    assert "removed" in found["rings"][1]
    names = [each["name"] for each in preview(author)["packages"]]
    assert names == ["cubes", "spheres"]


def test_credentials_of_an_address_are_not_saved(author):
    [info] = author.site.glob("spheres-*.dist-info")
    direct = {
        "url": "https://ada:secret@example.org/spheres.git?token=secret",
        "vcs_info": {"vcs": "git", "commit_id": "abc"},
    }
    (info / "direct_url.json").write_text(json.dumps(direct))
    sources = {each["name"]: each["source"] for each in preview(author)["packages"]}
    assert sources["spheres"] == "git+https://example.org/spheres.git@abc"
    # The file itself is left out of the archive.
    assert all(b"secret" not in each.read_bytes() for each in save(author).iterdir())


def test_nothing_installed_is_nothing_to_save(person):
    person.create()
    ended = person.command("save")
    assert ended.returncode == 1
    assert "nothing to save" in ended.stderr
    assert list((person.home / ".mofang" / "saved").iterdir()) == []


@pytest.mark.parametrize("name", ["lock.json", "*.tar"])
def test_a_damaged_archive_is_refused_in_a_sentence(author, start, name):
    ben = start(save(author))
    for each in ben.archives.glob(name):
        each.write_bytes(each.read_bytes()[:-1] + b"x")
    ended = ben.command("create")
    assert ended.returncode == 1
    assert "The saved environment cannot be used." in ended.stderr
    assert "damaged" in ended.stderr
    assert not [each for each in ben.files.iterdir() if each.name != ".lock"]


def test_many_begin_at_once(author, start):
    ben = start(save(author))
    command = [ben.image.python, "-m", "mofang_run.environments.cli", "create"]
    begun = [
        subprocess.Popen(command, env=ben.variables, stdout=subprocess.DEVNULL)
        for _ in range(4)
    ]
    assert [each.wait(60) for each in begun] == [0] * 4
    assert ben.run(CUBES) == "3.0\n"


def test_a_kernel_waits_for_the_files(author, start):
    ben = start(save(author))
    ended = subprocess.run(
        [
            *(ben.image.python, "-I", "-m", "mofang_run.environments.kernel"),
            *("-c", "import cubes, sys; print(cubes.version)"),
        ],
        env=ben.variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "3.0\n"


def run_job(person: Person, tmp_path: Path, **variables: str) -> tuple[int, str]:
    (person.home / "train.py").write_text(
        "import sys, cubes, rings; print('cubes', cubes.version, rings.version)"
    )
    ended = subprocess.run(
        [
            *(person.image.python, "-m", "mofang_run.main"),
            *("--framework", "single", "--", "train.py"),
        ],
        env=person.variables
        | person.offline
        | {
            "MOFANG_JOB_ID": "digits-abc123",
            "MOFANG_WORKING_DIRECTORY": str(person.home),
            "MOFANG_CACHE_DIRECTORY": str(tmp_path / "cache"),
            "MOFANG_TERMINATION_LOG": "/dev/null",
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_a_job_runs_on_a_saved_environment(author, start, tmp_path):
    """Also one of somebody who never started a server of it."""
    ben = start(save(author))
    code, said = run_job(ben, tmp_path)
    assert code == 0, said
    assert "cubes 3.0 2.0" in said
    assert "with the packages of the saved environment shapes" in said


def test_a_job_has_what_was_added_to_a_saved_environment(author, start, tmp_path):
    ben = start(save(author))
    ben.create()
    ben.run("pip install -q rings==3.0")
    code, said = run_job(ben, tmp_path)
    assert code == 0, said
    assert "cubes 3.0 3.0" in said


def test_requirements_go_on_top_of_a_saved_environment(author, start, tmp_path):
    ben = start(save(author))
    (ben.home / "requirements.txt").write_text("rings==1.0\n")
    code, said = run_job(ben, tmp_path, MOFANG_REQUIREMENTS="requirements.txt")
    assert code == 0, said
    assert "cubes 3.0 1.0" in said


def test_a_job_does_not_run_without_its_packages(author, start, tmp_path):
    ben = start(save(author))
    for each in ben.archives.glob("*.tar"):
        each.unlink()
    code, said = run_job(ben, tmp_path)
    assert code == 126, said
    assert "The saved environment cannot be used." in said
