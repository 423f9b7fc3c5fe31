import hashlib
import io
import os
import tarfile

import pytest


class Code:
    """An owner's home with one archive of code in it."""

    def __init__(self, tmp_path):
        self.home = tmp_path / "owner"
        self.cache = tmp_path / "cache"
        self.hash = ""
        self.archive = None

    def pack(self, *members: tuple[tarfile.TarInfo, bytes]) -> None:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for info, content in members:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        self.hash = hashlib.sha256(stream.getvalue()).hexdigest()
        self.archive = self.home / ".mofang" / "code" / f"{self.hash}.tar"
        self.archive.parent.mkdir(parents=True, exist_ok=True)
        self.archive.write_bytes(stream.getvalue())

    @property
    def target(self):
        return self.cache / "code" / self.hash

    @property
    def variables(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "MOFANG_CACHE_DIRECTORY": str(self.cache),
            "MOFANG_CODE_SNAPSHOT": self.hash,
            "MOFANG_CODE_DIRECTORY": "/home/jovyan/digits",
            "MOFANG_WORKING_DIRECTORY": "/home/jovyan/digits",
        }


def entry(name, kind=tarfile.REGTYPE, *, link="", mode=0o644, content=b""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info, content


SCRIPT = b"import os, sys; print('from', os.getcwd(), __file__, sys.argv[1:])"


@pytest.fixture
def code(tmp_path):
    return Code(tmp_path)


def test_the_code_is_found_wherever_the_job_has_its_home(wrapper, code, tmp_path):
    code.pack(entry("train.py", content=SCRIPT))
    moved = {"MOFANG_HOME": str(code.home), "HOME": str(tmp_path)}
    ended, output = wrapper("train.py", **{**code.variables, **moved})
    assert ended == 0, output
    assert f"from {code.target}" in output


@pytest.mark.parametrize("script", ["train.py", "/home/jovyan/digits/train.py"])
def test_the_code_of_the_submission_takes_the_place_of_its_directory(
    wrapper, code, script
):
    code.pack(entry("train.py", content=SCRIPT), entry("pkg/a.py", content=b"1"))
    ended, output = wrapper(script, framework="single", **code.variables)
    assert ended == 0, output
    assert f"from {code.target} {code.target}/" in output
    assert [p.name for p in (code.cache / "code").iterdir()] == [code.hash]


def test_a_working_directory_inside_of_the_code_moves_with_it(wrapper, code):
    code.pack(entry("src/train.py", content=SCRIPT))
    variables = {
        **code.variables,
        "MOFANG_WORKING_DIRECTORY": "/home/jovyan/digits/src",
    }
    _, output = wrapper("train.py", framework="single", **variables)
    assert f"from {code.target}/src" in output


def test_a_working_directory_elsewhere_stays(wrapper, code):
    code.pack(entry("train.py", content=SCRIPT))
    variables = {**code.variables, "MOFANG_WORKING_DIRECTORY": str(wrapper.home)}
    script = "/home/jovyan/digits/train.py"
    _, output = wrapper(script, framework="single", **variables)
    assert f"from {wrapper.home} {code.target}/train.py" in output


def test_a_container_that_is_started_again_uses_what_is_there(wrapper, code):
    code.pack(entry("train.py", content=SCRIPT))
    wrapper("train.py", framework="single", **code.variables)
    code.archive.unlink()
    ended, output = wrapper("train.py", framework="single", **code.variables)
    assert ended == 0
    assert "Unpacked" not in output


def test_links_inside_and_programs_are_as_they_were(wrapper, code):
    code.pack(
        entry("run.sh", mode=0o4755, content=b"#!/bin/sh\ncat alias/data second\n"),
        entry("deep/dir/data", content=b"first "),
        entry("second", tarfile.LNKTYPE, link="deep/dir/data"),
        entry("alias", tarfile.SYMTYPE, link="deep/dir"),
        entry("deep/up", tarfile.SYMTYPE, link="../run.sh"),
    )
    ended, output = wrapper("run.sh", framework="single", **code.variables)
    assert ended == 0, output
    assert "first first" in output
    assert (code.target / "run.sh").stat().st_mode & 0o7777 == 0o755


HOSTILE = [
    pytest.param([entry("/escaped", content=b"x")], id="an absolute name"),
    pytest.param([entry("a/../../escaped", content=b"x")], id="dots that leave"),
    pytest.param([entry("out", tarfile.SYMTYPE, link="/etc")], id="an absolute link"),
    pytest.param([entry("out", tarfile.SYMTYPE, link="..")], id="a link that leaves"),
    pytest.param(
        [
            entry("s/l", tarfile.SYMTYPE, link=".."),
            entry("t", tarfile.SYMTYPE, link="s/l/.."),
        ],
        id="two links that leave together",
    ),
    pytest.param(
        [
            entry("out", tarfile.SYMTYPE, link="/tmp"),
            entry("out/escaped", content=b"x"),
        ],
        id="a file behind a link",
    ),
    pytest.param(
        [
            entry("a", tarfile.SYMTYPE, link="b"),
            entry("a/c", tarfile.SYMTYPE, link="d"),
        ],
        id="a link behind a link",
    ),
    pytest.param(
        [entry("out", tarfile.LNKTYPE, link="../../secret")], id="a second name outside"
    ),
    pytest.param(
        [entry("out", tarfile.LNKTYPE, link="absent")], id="a second name of nothing"
    ),
    pytest.param(
        [
            entry("l", tarfile.SYMTYPE, link="m"),
            entry("out", tarfile.LNKTYPE, link="l"),
        ],
        id="a second name of a link",
    ),
    pytest.param([entry("pipe", tarfile.FIFOTYPE)], id="a pipe"),
    pytest.param([entry("null", tarfile.CHRTYPE)], id="a device"),
    pytest.param(
        [entry("x", content=b"1"), entry("x", content=b"2")], id="a file twice"
    ),
    pytest.param([entry("/".join("d" * 33), content=b"x")], id="too deep"),
    pytest.param([entry(f"f{n}") for n in range(1001)], id="too many files"),
]


@pytest.mark.parametrize("members", HOSTILE)
def test_a_hostile_archive_writes_nothing_and_runs_nothing(
    wrapper, code, tmp_path, members
):
    (tmp_path / "secret").write_text("secret")
    code.pack(entry("train.py", content=SCRIPT), *members)
    ended, output = wrapper("train.py", framework="single", **code.variables)
    assert ended == 126
    assert "cannot be unpacked" in output
    assert "from " not in output
    assert list((code.cache / "code").iterdir()) == []
    assert not list(tmp_path.rglob("escaped"))


def test_code_that_was_changed_is_not_run(wrapper, code):
    code.pack(entry("train.py", content=SCRIPT))
    with code.archive.open("ab") as file:
        file.write(b"\0" * 512)
    ended, output = wrapper("train.py", framework="single", **code.variables)
    assert ended == 126
    assert "has changed since the job was submitted" in output


def test_code_that_is_gone_is_told(wrapper, code):
    code.pack(entry("train.py", content=SCRIPT))
    code.archive.unlink()
    ended, output = wrapper("train.py", framework="single", **code.variables)
    assert ended == 127
    assert "is no longer there. Submit the job again." in output


def test_what_is_no_archive_is_told(wrapper, code):
    code.pack()
    code.archive.unlink()
    content = os.urandom(2048)
    code.hash = hashlib.sha256(content).hexdigest()
    code.archive.with_name(f"{code.hash}.tar").write_bytes(content)
    ended, output = wrapper("train.py", framework="single", **code.variables)
    assert ended == 126
    assert "cannot be unpacked" in output
