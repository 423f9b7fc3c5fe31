"""Real ssh, sftp and scp reach a real sshd through a pipe, as through the service.

The guest's side runs as a plain user, as in a container. Where the tests run as root,
that user is made up in a mount namespace of its own.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from unit.mofang_run.containers import start_in

from mofang_run import ssh_session
from mofang_run.mpi_ssh import executables, private_tmp
from mofang_run.process.exit_codes import RefusalError
from mofang_run.process.signals import ENDING

UID = 1000
PYTHON = "/usr/bin/python3" if os.getuid() == 0 else sys.executable

ODD = {
    "QUOTES": """it's "so" `id` $HOME \\""",
    "LINES": "one\ntwo\n",
    "EMPTY": "",
    "BYTES": os.fsdecode(b"caf\xe9 \xff"),
    "SSH_ORIGINAL_COMMAND": "false",
    "PPID": "1",
    "shell": "mine",
}


class Container:
    """A pretended container, its user, and a person with a key pair."""

    def __init__(self, root: Path, client: Path) -> None:
        self.root, self.client = root, client
        self.home = root / "home"
        self.project = self.home / "my 'own' project"
        self.temporary = root / "tmp"
        self.shared = root / "projects"
        self.project.mkdir(parents=True)
        self.temporary.mkdir()
        self.shared.mkdir()
        lines = Path("/etc/passwd").read_text().splitlines()
        kept = [line for line in lines if line.split(":")[2] != str(UID)]
        entry = f"jovyan:x:{UID}:{UID}::{self.home}:/bin/bash"
        self.passwd = root / "passwd"
        self.passwd.write_text("\n".join([*kept, entry]) + "\n")
        self.public_key = self.make_key("mine")
        self.user = "jovyan"
        if os.getuid():
            self.user = subprocess.check_output(["id", "-un"], text=True).strip()

    def make_key(self, name: str) -> str:
        path = self.root / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True
        )
        return " ".join(path.with_suffix(".pub").read_text().split()[:2])

    def session(self, *arguments: str, **variables: str) -> list[str]:
        """Return the command line of the guest's side."""
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TMPDIR": str(self.shared),
            "PYTHONPATH": str(self.client),
            "MARK": "marked",
            **variables,
        }
        settings = [f"{name}={value}" for name, value in environment.items()]
        start = start_in(self.temporary, "mofang_run.ssh_session")
        program = ["env", "-i", *settings, PYTHON, *start, *arguments]
        if os.getuid():
            return program
        become = f"setpriv --reuid={UID} --regid={UID} --clear-groups"
        # Terminals as container runtimes mount them, where this machine's differ.
        terminals = (
            "mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 pts /dev/pts"
            " && mount --bind /dev/pts/ptmx /dev/ptmx"
        )
        renamed = f"mount --bind {self.passwd} /etc/passwd"
        text = f'{terminals} && {renamed} && exec {become} "$@"'
        return ["unshare", "--mount", "sh", "-c", text, "sh", *program]

    def options(self, key: str = "mine", **variables: str) -> list[str]:
        """Return what ssh, scp and sftp take alike."""
        proxy = self.root / "proxy"
        arguments = self.session(self.public_key, str(self.project), **variables)
        script = f"#!/bin/bash\nexec {shlex.join(arguments)}\n"
        proxy.write_bytes(os.fsencode(script))
        proxy.chmod(0o755)
        settings = {
            "ProxyCommand": proxy,
            "IdentityFile": self.root / key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": self.root / "known_hosts",
            "StrictHostKeyChecking": "accept-new",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        each = (f"-o{name}={value}" for name, value in settings.items())
        return ["-F", "none", *each]

    def ssh(self, *arguments, key="mine", flags=(), given=b"", **variables):
        return subprocess.run(
            [
                *("ssh", *self.options(key, **variables), *flags),
                *(f"{self.user}@worker-0", *arguments),
            ],
            input=given,
            capture_output=True,
            timeout=30,
            check=False,
        )

    @property
    def session_dirs(self) -> Path:
        return (
            self.temporary / f"mofang-guest-{UID if os.getuid() == 0 else os.getuid()}"
        )

    def rooms(self) -> list[str]:
        return sorted(each.name for each in self.session_dirs.iterdir())


@pytest.fixture
def container(public_client):
    """Not in pytest's folder, which nobody but its owner may enter."""
    root = Path(tempfile.mkdtemp(prefix="mofang-ssh-", dir="/tmp"))
    root.chmod(0o755)
    made = Container(root, public_client)
    if os.getuid() == 0:
        for path in [made.home, made.project, made.temporary, made.shared]:
            os.chown(path, UID, UID)
    yield made
    shutil.rmtree(root, ignore_errors=True)


def until(check):
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_command_gets_its_input_and_leaves_output_and_exit_code(container):
    text = "cat; echo problem >&2; exit 7"

    ended = container.ssh(text, given=b"\x00\xffbytes")

    assert (ended.returncode, ended.stdout) == (7, b"\x00\xffbytes"), ended.stderr
    assert ended.stderr == b"problem\n"


def test_sessions_have_the_environment_of_the_container(container):
    """Odd values too; none of them is run, and none becomes the command."""
    show = "import json, os; print(json.dumps(dict(os.environ)))"

    ended = container.ssh(f"{PYTHON} -c {shlex.quote(show)}", **ODD)

    seen = json.loads(ended.stdout)
    expected = {
        k: v for k, v in ODD.items() if k not in {"SSH_ORIGINAL_COMMAND", "PPID"}
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert seen["MARK"] == "marked"
    assert "SSH_ORIGINAL_COMMAND" not in seen


def test_sessions_begin_in_the_working_directory(container):
    assert container.ssh("pwd").stdout.decode() == f"{container.project}\n"


def test_without_a_command_there_is_a_login_shell(container):
    given = b"shopt login_shell; pwd; exit 4\n"

    ended = container.ssh(given=given, flags=["-T"])

    assert ended.returncode == 4
    assert ended.stdout.split(b"\n")[0].split() == [b"login_shell", b"on"]
    assert str(container.project).encode() in ended.stdout


def test_a_terminal_has_the_clients_type_and_size(container):
    ended = container.ssh("tty; echo $TERM; stty size", flags=["-tt"], TERM="dumb")

    lines = ended.stdout.decode().split("\r\n")
    assert lines[0].startswith("/dev/pts/"), (lines, ended.stderr)
    assert lines[1] == os.environ.get("TERM", "dumb")


def test_a_directory_that_is_gone_is_no_reason_to_refuse(container):
    container.project.rmdir()

    assert container.ssh("pwd").stdout.decode() == f"{container.home}\n"


def test_files_go_both_ways(container, tmp_path):
    content = os.urandom(3_000_000)
    (tmp_path / "model.bin").write_bytes(content)
    place = f"{container.user}@worker-0"

    for legacy in ([], ["-O"]):
        for pair in (
            (tmp_path / "model.bin", f"{place}:there.bin"),
            (f"{place}:there.bin", tmp_path / "back.bin"),
        ):
            subprocess.run(
                ["scp", *container.options(), *legacy, *pair], check=True, timeout=30
            )
        assert (container.project / "there.bin").read_bytes() == content
        assert (tmp_path / "back.bin").read_bytes() == content
        (container.project / "there.bin").unlink()


BASHRC = pytest.mark.parametrize(
    "lines", ["echo Welcome\n", "exit 3\n"], ids=["prints", "ends the shell"]
)


@BASHRC
@pytest.mark.parametrize("legacy", [[], ["-O"]], ids=["sftp", "scp"])
def test_files_go_both_ways_whatever_bashrc_does(container, tmp_path, legacy, lines):
    """Bash reads it for whatever sshd starts, and each word of it is in the way."""
    (container.home / ".bashrc").write_text(lines)
    (tmp_path / "model.bin").write_bytes(b"content")
    place = f"{container.user}@worker-0"
    for pair in (
        (tmp_path / "model.bin", f"{place}:there.bin"),
        (f"{place}:there.bin", tmp_path / "back.bin"),
    ):
        arguments = ["scp", *container.options(), *legacy, *pair]
        ended = subprocess.run(arguments, capture_output=True, timeout=30, check=False)
        assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "back.bin").read_bytes() == b"content"


@BASHRC
@pytest.mark.parametrize("command", ["rsync --server", "git-upload-pack 'a b'"])
def test_programs_that_speak_a_protocol_hear_nothing_of_bashrc(
    container, command, lines
):
    (container.home / ".bashrc").write_text(lines)
    programs = container.root / "programs"
    programs.mkdir()
    for name in ("rsync", "git-upload-pack"):
        (programs / name).write_text("#!/bin/sh\necho served\n")
        (programs / name).chmod(0o755)

    ended = container.ssh(command, PATH=f"{programs}:/usr/bin:/bin")

    assert ended.stdout == b"served\n"


def test_a_command_has_what_bashrc_sets_as_with_any_ssh(container):
    (container.home / ".bashrc").write_text("export TOOL=here\necho once\n")

    assert container.ssh("echo $TOOL").stdout == b"once\nhere\n"


def test_sftp_lists_the_working_directory(container):
    (container.project / "train.py").touch()

    ended = subprocess.run(
        ["sftp", *container.options(), "-b", "-", f"{container.user}@worker-0"],
        input=b"ls\n",
        capture_output=True,
        timeout=30,
        check=True,
    )

    assert b"train.py" in ended.stdout


def test_who_holds_another_key_stays_out(container):
    container.make_key("another")

    ended = container.ssh("true", key="another")

    assert ended.returncode == 255
    assert b"Permission denied (publickey)" in ended.stderr


def test_another_user_stays_out(container):
    container.user = "root"

    assert b"Permission denied" in container.ssh("true").stderr


def test_ports_are_forwarded_to_the_container_only(container):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"from within")

        threading.Thread(target=answer, daemon=True).start()

        there = container.ssh(flags=["-W", f"127.0.0.1:{port}"])
    back = container.ssh(
        "true", flags=["-oExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"]
    )

    assert there.stdout == b"from within", there.stderr
    assert back.returncode == 255
    assert b"remote port forwarding failed" in back.stderr


def test_agents_stay_at_home(container):
    ended = container.ssh("echo agent=$SSH_AUTH_SOCK", flags=["-A"])

    assert ended.stdout == b"agent=\n"


def test_a_client_knows_the_container_again(container):
    assert container.ssh("true").returncode == 0
    known = (container.root / "known_hosts").read_text()

    assert container.ssh("true").returncode == 0
    assert (container.root / "known_hosts").read_text() == known
    assert len(known.splitlines()) == 1


def test_sessions_that_begin_at_once_agree_on_the_key(container):
    arguments = container.options()
    started = [
        subprocess.Popen(
            [
                "ssh",
                *arguments,
                "-oStrictHostKeyChecking=no",
                f"{container.user}@w",
                "true",
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(6)
    ]

    ended = [each.communicate(timeout=30)[1] for each in started]

    assert [each.returncode for each in started] == [0] * 6, ended
    keys = (container.root / "known_hosts").read_text().splitlines()
    assert len(set(keys)) == 1


def test_no_files_are_left_but_the_host_key(container):
    container.ssh("true")
    container.ssh("exit 3")

    until(lambda: container.rooms() == ["host_key"])
    assert container.session_dirs.stat().st_mode & 0o777 == 0o700
    assert (container.session_dirs / "host_key").stat().st_mode & 0o777 == 0o600


@contextmanager
def serving(container):
    """Start a session and return it when its client is in."""
    process = subprocess.Popen(
        [
            *("ssh", *container.options(), f"{container.user}@worker-0"),
            "echo in; exec cat",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process.stdout as said:
        assert said.readline() == b"in\n"
    yield process
    process.stdin.close()
    process.kill()
    process.wait()


def guests(container) -> list[int]:
    """Return the processes of guests, known by their directory for files."""
    mark = os.fsencode(f"TMPDIR={container.shared}")
    start = start_in(container.temporary, "mofang_run.ssh_session")[-1].encode()
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (each / "cmdline").read_bytes().split(b"\0")
            marked = mark in (each / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and start in arguments:
            found.append(int(each.name))
    return found


def sshds(container) -> list[str]:
    return [
        each.name
        for each in Path("/proc").glob("[0-9]*")
        if str(container.session_dirs).encode() in _command_line(each)
    ]


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_guest_that_is_told_to_end_takes_sshd_along(container, number):
    with serving(container) as client:
        [guest] = guests(container)

        os.kill(guest, number)

        assert client.wait(timeout=30) == 255
        until(lambda: not sshds(container) and container.rooms() == ["host_key"])


def test_what_a_killed_session_left_is_removed_by_the_next(container):
    with serving(container):
        [guest] = guests(container)
        os.kill(guest, signal.SIGKILL)
    assert len(container.rooms()) == 2

    with serving(container):
        assert len(container.rooms()) == 2

        # A third finds the second's in use, and leaves it alone.
        assert container.ssh("true").returncode == 0
        until(lambda: len(container.rooms()) == 2)
    until(lambda: container.rooms() == ["host_key"])


def refused(container, *arguments, **variables):
    ended = subprocess.run(
        container.session(*arguments, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert ended.stdout == b""
    return ended.returncode, ended.stderr.decode()


@pytest.mark.parametrize(
    "key",
    ["", "ssh-ed25519", 'command="id" ssh-ed25519 AAAA', "ssh-ed25519 AAAA\nssh-rsa B"],
)
def test_what_is_no_key_is_refused(container, key):
    code, message = refused(container, key, "/")

    assert (code, message) == (2, "This is not a public key of OpenSSH.\n")


def test_a_directory_open_to_others_is_refused(container):
    container.session_dirs.mkdir()
    container.session_dirs.chmod(0o777)

    code, message = refused(container, container.public_key, "/")

    assert code == 126
    assert "must belong to user" in message


def test_a_link_is_not_followed(container):
    container.session_dirs.symlink_to(container.home)

    code, message = refused(container, container.public_key, "/")

    assert code == 126
    assert "cannot be used" in message
    assert list(container.home.iterdir()) == [container.project]


def test_nothing_lies_where_tmpdir_points(container):
    """On a shared volume everybody is the same user."""
    with serving(container):
        assert len(container.rooms()) == 2
        assert list(container.shared.iterdir()) == []


@pytest.fixture
def candidates(monkeypatch, tmp_path):
    """Make directories the places where keys may lie, and one of them shared."""
    made = [tmp_path / name for name in ("first", "second", "shared")]
    for each in made:
        each.mkdir()
    monkeypatch.setattr(private_tmp, "_SHARED", (str(made[2]),))
    monkeypatch.setattr(private_tmp, "CANDIDATES", tuple(map(str, made[:2])))
    return made


def test_keys_lie_at_the_first_place_that_can_be_used(candidates):
    first, second, _ = candidates
    assert private_tmp.private_tmp() == first

    first.rmdir()

    assert private_tmp.private_tmp() == second


@pytest.mark.parametrize("below", ["", "deep"])
def test_a_place_that_leads_to_a_shared_volume_is_not_used(candidates, below):
    first, second, shared = candidates
    (shared / below).mkdir(exist_ok=True)
    first.rmdir()
    first.symlink_to(shared / below)
    assert private_tmp.private_tmp() == second


def test_without_a_place_nobody_is_let_in(candidates):
    first, second, _ = candidates
    first.rmdir()
    second.rmdir()
    with pytest.raises(RefusalError, match="can write to none of") as refusal:
        private_tmp.private_tmp()
    assert refusal.value.exit_code == 126


@pytest.fixture
def signals():
    """Whatever a guest in this process does with them, undone."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_image_without_sshd_is_told_by_one_sentence(
    monkeypatch, capfd, tmp_path, signals
):
    monkeypatch.setattr(executables, "_MORE_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))

    assert ssh_session.main(["ssh-ed25519 AAAA", "/"]) == 127

    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == (
        "sshd is not installed, which SSH sessions need. Choose an image that has it; "
        "in Debian it is in the package openssh-server.\n"
    )
