import hashlib
import os
import socket
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from mofang.codetree import MAX_COUNTED, list_tree
from mofang.errors import ConfigurationError, InvalidError
from mofang.snapshot import (
    archive_of,
    create_snapshot,
)
from support.client_packages import RUNNER


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def code(home):
    code = home / "digits"
    (code / "layers").mkdir(parents=True)
    (code / "train.py").write_text("print('as submitted')\n")
    (code / "layers" / "dense.py").write_text("")
    (code / "run.sh").write_text("#!/bin/sh\n")
    (code / "run.sh").chmod(0o744)
    return code


def members(home, taken) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(archive_of(taken.snapshot, home)) as archive:
        return {member.name: member for member in archive}


def refusal(code, home) -> str:
    with pytest.raises(InvalidError) as caught:
        create_snapshot(code, home=home)
    return caught.value.fields["code"]


def test_an_archive_is_named_by_its_content_and_private(code, home):
    taken = create_snapshot(code, home=home)
    archive = archive_of(taken.snapshot, home)
    assert taken.directory == str(code)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == taken.snapshot
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert stat.S_IMODE(archive.parent.stat().st_mode) == 0o700
    assert sorted(members(home, taken)) == [
        "layers",
        "layers/dense.py",
        "run.sh",
        "train.py",
    ]


def test_the_same_code_is_the_same_archive_wherever_and_whenever(code, home):
    first = create_snapshot(code, home=home)
    other = home / "again"
    other.mkdir()
    # Made in another order, at another time, by another umask.
    for name in ("run.sh", "train.py"):
        (other / name).write_bytes((code / name).read_bytes())
        os.utime(other / name, (1, 1))
    (other / "run.sh").chmod(0o711)
    (other / "train.py").chmod(0o600)
    (other / "layers").mkdir(mode=0o711)
    (other / "layers" / "dense.py").touch()
    again = create_snapshot(other, home=home)
    assert again.snapshot == first.snapshot
    assert len(list(archive_of("", home).parent.iterdir())) == 1


def test_members_tell_nothing_but_the_code(code, home):
    found = members(home, create_snapshot(code, home=home))
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in found.values()} == {
        (0, 0, "", "", 0)
    }
    assert found["run.sh"].mode == 0o755
    assert found["train.py"].mode == 0o644


def test_caches_and_what_is_ignored_stay_out(code, home):
    for name in ("__pycache__/a.pyc", ".git/HEAD", ".ipynb_checkpoints/x.ipynb"):
        (code / name).parent.mkdir(exist_ok=True)
        (code / name).touch()
    for name in ("data/1.csv", "deep/data/2.csv", "out.log", "keep.log"):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).touch()
    (code / "env").mkdir()
    (code / "env" / "CACHEDIR.TAG").touch()
    (code / "env" / "python").touch()
    # Written by an editor of Windows.
    rules = "/data/\n*.log\n!keep.log\n"
    (code / ".mofangignore").write_text(rules, "utf-8-sig", newline="\r\n")
    found = set(members(home, create_snapshot(code, home=home)))
    assert found == {
        *(".mofangignore", "run.sh", "train.py", "keep.log", "env"),
        *("layers", "layers/dense.py", "deep", "deep/data", "deep/data/2.csv"),
    }


def test_a_job_runs_what_was_submitted_although_the_code_changed(code, home, tmp_path):
    """The wrapper of the job is the reader of our archives."""
    taken = create_snapshot(code, home=home)
    (code / "train.py").write_text("print('changed')\n")
    result = subprocess.run(
        [
            *(sys.executable, "-m", "mofang_run.main", "--framework", "single"),
            *("--", str(code / "train.py")),
        ],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": RUNNER,
            "HOME": str(home),
            "MOFANG_CACHE_DIRECTORY": str(tmp_path / "cache"),
            "MOFANG_CODE_SNAPSHOT": taken.snapshot,
            "MOFANG_CODE_DIRECTORY": taken.directory,
            "MOFANG_WORKING_DIRECTORY": str(code),
            "MOFANG_TERMINATION_LOG": str(tmp_path / "words"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "as submitted" in result.stdout


def test_names_are_bytes_to_linux_and_stay_so(code, home):
    odd = [b"line\nbreak.py", b"latin-\xe9.py", "魔方.py".encode(), b"x" * 200]
    for name in odd:
        Path(os.fsdecode(os.fsencode(code) + b"/" + name)).write_text("1")
    found = members(home, create_snapshot(code, home=home))
    assert {os.fsencode(name) for name in found} >= set(odd)


def test_links_inside_stay_links(code, home):
    (code / "latest.py").symlink_to("./train.py")
    (code / "layers" / "up").symlink_to("../run.sh")
    (code / "dangling").symlink_to("layers/absent")
    found = members(home, create_snapshot(code, home=home))
    assert found["latest.py"].linkname == "./train.py"
    assert found["layers/up"].issym()
    assert found["dangling"].issym()


@pytest.mark.parametrize(
    ("target", "by_way_of"),
    [
        pytest.param("/etc/passwd", None, id="an absolute one"),
        pytest.param("{code}/train.py", None, id="an absolute one inside"),
        pytest.param("../secret", None, id="up and out"),
        pytest.param("../digits/train.py", None, id="out and in again"),
        pytest.param("layers/../../secret", None, id="down, up and out"),
        pytest.param("here/../secret", ".", id="through another link"),
    ],
)
def test_links_that_lead_out_are_refused_by_name(code, home, target, by_way_of):
    (home / "secret").touch()
    if by_way_of:
        (code / "here").symlink_to(by_way_of)
    (code / "leads\nout").symlink_to(target.format(code=code))
    message = refusal(code, home)
    assert "'leads\\nout' is a link that leads out" in message


def test_pipes_and_sockets_are_refused_by_name(code, home, monkeypatch):
    os.mkfifo(code / "pipe")
    monkeypatch.chdir(code)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("listener")
        message = refusal(code, home)
    assert "'pipe' is a device, a pipe or a socket" in message
    assert "'listener' is a device" in message
    assert ".mofangignore" in message


def test_what_cannot_be_read_is_refused_by_name(code, home, monkeypatch):
    # Root reads everything, so the system's answer is played.
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: "train" not in str(path) and real(path, mode)
    )
    assert "'train.py' cannot be read" in refusal(code, home)


def test_too_many_files_are_counted_and_located(code, home):
    (code / "data").mkdir()
    for number in range(998):
        (code / "data" / f"{number}.csv").touch()
    message = refusal(code, home)
    assert "holds 1001 files; at most 1000 are copied" in message
    assert "'data/' (998)" in message
    assert ".mofangignore" in message
    (code / "data" / "0.csv").unlink()
    create_snapshot(code, home=home)


def test_counting_ends_where_the_number_does_not_matter(code):
    for number in range(1600):
        (code / f"{number}.csv").touch()
    with pytest.raises(InvalidError, match="more than 1,500 files"):
        list_tree(code, max_counted=1500)
    assert MAX_COUNTED > 1000


def test_too_large_is_refused_with_its_size_before_anything_is_read(code, home):
    with (code / "model.bin").open("wb") as file:
        file.truncate(5 * 1024**3)
    with (code / "more.bin").open("wb") as file:
        file.truncate(1024**3)
    message = refusal(code, home)
    assert "holds 6 GiB; at most 5 GiB are copied" in message
    assert "'model.bin' (5 GiB)" in message


def test_too_deep_is_refused(code, home):
    deep = code.joinpath(*["d"] * 31)
    deep.mkdir(parents=True)
    (deep / "ok.py").touch()
    create_snapshot(code, home=home)
    (deep / "e").mkdir()
    (deep / "e" / "f.py").touch()
    assert "lies deeper than 32" in refusal(code, home)


@pytest.mark.parametrize("folder", ["/etc", "/", "..", "digits/../..", "outside"])
def test_only_what_jobs_see_is_copied(code, home, monkeypatch, folder):
    monkeypatch.chdir(home)
    (home / "outside").symlink_to("/etc")
    with pytest.raises(InvalidError, match="is not in your home"):
        create_snapshot(folder, home=home)


def test_shared_directories_are_copied_too(home, tmp_path):
    shared = tmp_path / "projects" / "vision"
    shared.mkdir(parents=True)
    (shared / "train.py").touch()
    taken = create_snapshot(shared, home=home, shared=[tmp_path / "projects"])
    assert list(members(home, taken)) == ["train.py"]


def test_all_projects_at_once_are_no_code(home, tmp_path):
    projects = tmp_path / "projects"
    projects.mkdir()
    with pytest.raises(InvalidError, match="a project's directory"):
        create_snapshot(projects, home=home, shared=[projects], projects=projects)


def test_a_directory_is_known_by_the_name_it_was_given(code, home):
    """The job finds its script by that name, not by where links lead."""
    (home / "current").symlink_to("digits")
    taken = create_snapshot(home / "current", home=home)
    assert taken.directory == f"{home}/current"


def test_an_absent_directory_is_said(home):
    assert "There is no directory" in refusal(home / "absent", home)
    (home / "file").touch()
    assert "There is no directory" in refusal(home / "file", home)


class Growing:
    """A file that grows just before it is opened to be copied."""

    def __init__(self, path: Path, times: int) -> None:
        self.path, self.times = path, times
        self.real = os.open

    def __call__(self, path, flags, *more, **options) -> int:
        if path == self.path and self.times:
            self.times -= 1
            with self.path.open("a") as file:
                file.write("more\n")
        return self.real(path, flags, *more, **options)


def test_a_file_that_grows_is_copied_again_until_it_rests(code, home, monkeypatch):
    monkeypatch.setattr(os, "open", Growing(code / "train.py", 2))
    taken = create_snapshot(code, home=home)
    with tarfile.open(archive_of(taken.snapshot, home)) as archive:
        content = archive.extractfile("train.py").read()
    assert content.endswith(b"more\nmore\n")
    assert len(list(archive_of("", home).parent.iterdir())) == 1


def test_a_file_that_never_rests_is_refused_by_name(code, home, monkeypatch):
    monkeypatch.setattr(os, "open", Growing(code / "train.py", 99))
    assert "'train.py'" in refusal(code, home)
    assert list(archive_of("", home).parent.iterdir()) == []


def test_a_file_that_changes_while_it_is_read_is_noticed(code, home, monkeypatch):
    """Same size, other content: half of it would be old."""
    real, changes = tarfile.TarFile.addfile, [1, 2]

    def addfile(archive, member, content=None):
        real(archive, member, content)
        if member.name == "train.py" and changes:
            os.utime(code / "train.py", (changes[0], changes.pop()))

    monkeypatch.setattr(tarfile.TarFile, "addfile", addfile)
    create_snapshot(code, home=home)
    assert changes == []


def test_a_home_without_room_is_said_and_nothing_is_left(code, home, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        create_snapshot(code, home=home)
    assert list(archive_of("", home).parent.iterdir()) == []


def test_an_ignore_file_that_cannot_be_read_is_said(code, home):
    (code / ".mofangignore").mkdir()
    assert ".mofangignore cannot be read" in refusal(code, home)
