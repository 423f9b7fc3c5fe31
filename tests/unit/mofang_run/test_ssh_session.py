"""Real ssh, sftp and scp reach a real sshd through a pipe, as through the service.

The guest's side runs as a plain user, as in a container. Where the tests run as root,
that user is made up in a mount namespace of its own.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import threading

import pytest
from unit.mofang_run.ssh_container import PYTHON, guests, serving, sshds, until

ODD = {
    "QUOTES": """it's "so" `id` $HOME \\""",
    "LINES": "one\ntwo\n",
    "EMPTY": "",
    "BYTES": os.fsdecode(b"caf\xe9 \xff"),
    "SSH_ORIGINAL_COMMAND": "false",
    "PPID": "1",
    "shell": "mine",
}


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
