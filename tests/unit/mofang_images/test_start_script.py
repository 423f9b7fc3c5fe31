import os
import subprocess
import sys

import pytest

from .conftest import REPOSITORY

START = REPOSITORY / "images" / "foundation" / "mofang-start"
SERVER = [sys.executable, "-c", "import os; print('server', os.getpid())"]


@pytest.fixture
def start(tmp_path):
    """Run mofang-start with a start-up script; return how it ended."""
    home = tmp_path / "home"
    home.mkdir()

    def run(script: str | None, command=SERVER, **variables):
        if script is not None:
            path = tmp_path / "startup.sh"
            path.write_text(script)
            variables["MOFANG_STARTUP_SCRIPT"] = str(path)
        # Without the programs of this environment, of which the script runs one.
        own = {"HOME": str(home), "PATH": os.defpath}
        environment = os.environ | own | variables
        return subprocess.run(
            ["bash", START, *command],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
        )

    return run


def test_without_a_script_the_server_starts_at_once(start):
    ended = start(None)

    assert ended.returncode == 0
    assert ended.stdout.startswith("server ")


def test_the_script_runs_first_and_its_output_is_kept(start, tmp_path):
    ended = start("echo preparing; echo warning >&2")

    lines = ended.stdout.splitlines()
    assert lines[1:3] == ["preparing", "warning"]
    assert lines[3].startswith("server ")
    kept = (tmp_path / "home" / ".mofang" / "startup.log").read_text()
    assert kept == "preparing\nwarning\n"


def test_a_failing_script_fails_the_start_with_its_own_exit_code(start):
    ended = start("echo no room; exit 7", MOFANG_ENVIRONMENT="vision")

    assert ended.returncode == 7
    assert "no room" in ended.stdout
    assert "server" not in ended.stdout
    assert "The start-up script of the environment vision failed" in ended.stderr
    assert "exit code 7" in ended.stderr


def test_a_script_that_is_not_there_fails_the_start(start):
    ended = start(None, MOFANG_STARTUP_SCRIPT="/no/such/script")

    assert ended.returncode == 66
    assert "/no/such/script cannot be read" in ended.stderr


def test_a_home_that_takes_no_file_does_not_stop_a_start(start):
    ended = start("echo preparing", HOME="/proc/none")

    assert ended.returncode == 0
    assert "preparing" in ended.stdout


def test_the_servers_exit_code_is_that_of_the_container(start):
    assert start(None, command=["bash", "-c", "exit 9"]).returncode == 9


def test_a_start_without_a_command_says_so(start):
    ended = start(None, command=[])

    assert ended.returncode == 64
    assert "needs the command" in ended.stderr


PACKAGES = """#!/bin/bash
if [ "$1" = shell ]; then echo "export VIRTUAL_ENV=/packages"; exit; fi
echo "$1 as $$" > "$HOME/created"
echo "packages are there"
"""


@pytest.fixture
def packages(tmp_path):
    """A ``mofang-environment``; returns the variables that lead to it."""
    program = tmp_path / "bin" / "mofang-environment"
    program.parent.mkdir()
    program.write_text(PACKAGES)
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {"PATH": path, "MOFANG_ENVIRONMENT": "vision"}


ENVIRON = [sys.executable, "-c", "import os; print('server', os.environ)"]


def test_the_persons_packages_are_made_beside_the_server(start, packages, tmp_path):
    """The server's output is read to its end, and with it that of the other."""
    ended = start(None, ENVIRON, **packages)

    assert ended.returncode == 0
    assert "packages are there" in ended.stdout
    assert (tmp_path / "home" / "created").read_text().startswith("create as ")
    assert "VIRTUAL_ENV" not in ended.stdout


def test_the_script_installs_into_the_persons_packages(start, packages):
    ended = start("echo into $VIRTUAL_ENV", ENVIRON, **packages)

    assert ended.stdout.index("packages are there") < ended.stdout.index("into /pack")
    assert "VIRTUAL_ENV" not in ended.stdout


def test_packages_that_cannot_be_made_do_not_stop_a_start(start, packages, tmp_path):
    (tmp_path / "bin" / "mofang-environment").write_text("#!/bin/bash\nexit 1\n")

    assert start(None, **packages).returncode == 0
    assert start("echo installs nothing", **packages).returncode == 0
