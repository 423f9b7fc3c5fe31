"""What an SSH client is told, and what of the container's talk it is not."""

import json

import pytest

from mofang_jobs.domain.client_protocols import SshProtocol
from mofang_jobs.domain.container_commands import ShellTarget, ssh_server
from mofang_jobs.domain.public_keys import parse_public_key
from mofang_jobs.domain.terminal_protocol import ERROR, STDERR, STDIN_BYTES, STDOUT

KEY = parse_public_key(
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
SUCCESS = b'{"status": "Success"}'


def status(code: int) -> bytes:
    cause = {"reason": "ExitCode", "message": str(code)}
    return json.dumps({"status": "Failure", "details": {"causes": [cause]}}).encode()


def protocol() -> SshProtocol:
    return SshProtocol("worker-0", KEY)


def test_bytes_pass_unchanged_both_ways() -> None:
    content = bytes(range(256)) * 1000
    frames = list(protocol().frames_of(content))

    assert b"".join(each[1:] for each in frames) == content
    assert {each[:1] for each in frames} == {b"\0"}
    assert max(map(len, frames)) == STDIN_BYTES + 1
    assert protocol().messages_of(STDOUT, content) == [content]


def test_text_of_a_client_goes_nowhere() -> None:
    assert list(protocol().frames_of('["stdin", "ls"]')) == []


def test_a_session_that_went_well_ends_without_a_word() -> None:
    spoken = protocol()
    spoken.messages_of(STDOUT, b"SSH-2.0-OpenSSH")
    spoken.messages_of(STDERR, b"Connection reset")

    assert spoken.exit_message(status(255)) == ""
    assert spoken.exit_message(SUCCESS) == ""
    assert spoken.on_close("") == []


@pytest.mark.parametrize("code", [129, 137, 143])
def test_a_server_that_was_stopped_is_told(code: int) -> None:
    """The container's end, most often: sshd says nothing of its own then."""
    spoken = protocol()
    spoken.messages_of(STDOUT, b"SSH-2.0-OpenSSH")

    assert "worker-0 was stopped" in spoken.exit_message(status(code))


@pytest.mark.parametrize(
    ("complaint", "sent_status", "message"),
    [
        pytest.param(
            b"some trace\nsshd is not installed.\n\n",
            status(127),
            "SSH is not possible in worker-0: sshd is not installed.",
            id="its own sentence",
        ),
        pytest.param(
            b"/usr/bin/python3: No module named mofang_run.ssh_session\n",
            status(1),
            "SSH is not possible in worker-0: its image is without Mofang's part for "
            "it. Use an environment of this version of the platform.",
            id="an image of old",
        ),
        pytest.param(
            b"bad\x1b[31m\xff\r\n",
            status(1),
            "SSH is not possible in worker-0: bad[31m\ufffd",
            id="no control characters",
        ),
        pytest.param(
            b"",
            status(9),
            "SSH is not possible in worker-0: the SSH server ended with exit code 9.",
            id="an exit code alone",
        ),
        pytest.param(
            b"",
            b'{"status": "Failure", "message": "exec: sh: not found"}',
            "SSH is not possible in worker-0: exec: sh: not found",
            id="Kubernetes' own",
        ),
        pytest.param(
            b"",
            b"?",
            "SSH is not possible in worker-0: the SSH server could not be started.",
            id="nothing that is understood",
        ),
        pytest.param(
            b"",
            b"",
            "The connection to worker-0 was lost. If the job still runs, connect "
            "again.",
            id="no status at all",
        ),
    ],
)
def test_why_there_is_no_session(
    complaint: bytes, sent_status: bytes, message: str
) -> None:
    spoken = protocol()

    assert spoken.messages_of(STDERR, complaint) == []
    assert spoken.messages_of(ERROR, sent_status) == []
    assert spoken.exit_message(sent_status) == message
    assert spoken.on_close(message) == [json.dumps({"error": message})]


def test_a_flood_of_complaints_is_not_kept() -> None:
    spoken = protocol()
    for _ in range(1000):
        spoken.messages_of(STDERR, b"x" * 1000)

    assert len(spoken.exit_message(status(1))) < 5000


def test_key_and_directory_stay_arguments_of_their_own() -> None:
    target = ShellTarget(
        project="vision",
        job="digits",
        role="worker",
        index=0,
        namespace="n",
        pod="p",
        uid="u",
        working_directory="/home/jovyan/$(id) 'x'",
        container="c",
    )

    program = ssh_server(target, KEY)

    assert program.argv[-2:] == (KEY.line, target.working_directory)
    assert "$(id)" not in program.argv[2]
    assert not program.has_terminal
