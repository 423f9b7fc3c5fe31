"""The local OpenSSH client, our proxy, a WebSocket, and the container's real sshd.

The container's side runs as a plain user. Where the tests run as root, that user is
made up in a mount namespace of its own.
"""

import asyncio
import getpass
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from unit.mofang.ssh.bridge import JOB, bridge_to, running_job
from unit.mofang_run.containers import start_in

UID = 1000
PYTHON = "/usr/bin/python3" if os.getuid() == 0 else sys.executable


class Container:
    """A pretended one: its home, its /tmp, its user."""

    def __init__(self, root: Path, client: Path) -> None:
        self.root, self.client = root, client
        self.home, self.temporary = root / "home", root / "tmp"
        self.home.mkdir()
        self.temporary.mkdir()
        self.user = "jovyan" if os.getuid() == 0 else getpass.getuser()
        lines = Path("/etc/passwd").read_text().splitlines()
        kept = [line for line in lines if line.split(":")[2] != str(UID)]
        entry = f"jovyan:x:{UID}:{UID}::{self.home}:/bin/bash"
        self.passwd = root / "passwd"
        self.passwd.write_text("\n".join([*kept, entry]) + "\n")

    async def serve(self, peer) -> None:
        key = peer.handler.request.headers["Mofang-Public-Key"]
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": self.home,
            "PYTHONPATH": self.client,
        }
        settings = [f"{name}={value}" for name, value in environment.items()]
        start = start_in(self.temporary, "mofang_run.ssh_session")
        arguments = ["env", "-i", *settings, PYTHON, *start, key]
        await bridge_to(peer, *self._plain_user(), *arguments, str(self.home))

    def restart(self) -> None:
        """Be another container: what was in /tmp is gone."""
        shutil.rmtree(self.temporary)
        self.temporary.mkdir()
        self.give_away()

    def give_away(self) -> None:
        if os.getuid() == 0:
            for path in (self.root, self.home, self.temporary):
                os.chown(path, UID, UID)

    def _plain_user(self) -> list[str]:
        if os.getuid():
            return []
        become = f"setpriv --reuid={UID} --regid={UID} --clear-groups"
        text = f'mount --bind {self.passwd} /etc/passwd && exec {become} "$@"'
        return ["unshare", "--mount", "sh", "-c", text, "sh"]


@pytest.fixture
async def container(ssh_service, public_client):
    """Not in pytest's folder, which nobody but its owner may enter."""
    root = Path(tempfile.mkdtemp(prefix="mofang-ssh-", dir="/tmp"))
    container = Container(root, public_client)
    container.give_away()
    ssh_service.behaviour = container.serve
    yield container
    await ssh_service.quiet()
    shutil.rmtree(root)


async def run(service, *arguments: str, given: bytes = b"", code: int = 0) -> bytes:
    process = await service.start(*arguments)
    async with asyncio.timeout(40):
        output, errors = await process.communicate(given)
    assert process.returncode == code, (output, errors)
    return output if code == 0 else errors


async def outside(service, *arguments: object) -> tuple[int, bytes, bytes]:
    """Run one of OpenSSH's programs, as an editor does."""
    process = await asyncio.create_subprocess_exec(
        *map(str, arguments),
        env=service.environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(40):
        output, errors = await process.communicate()
    return process.returncode, output, errors


async def test_a_command_runs_in_the_container(ssh_service, container):
    ask = ("ssh", JOB, "--user", container.user, "--")
    told = await run(ssh_service, *ask, 'echo "$HOME $(id -u)"; exit 0')
    uid = UID if os.getuid() == 0 else os.getuid()
    assert told.decode().split() == [str(container.home), str(uid)]
    await run(ssh_service, *ask, "exit 7", code=7)
    sent = os.urandom(5 * 1024**2)
    told = await run(ssh_service, *ask, "sha256sum", given=sent)
    assert told.split()[0].decode() == hashlib.sha256(sent).hexdigest()
    got = await run(ssh_service, *ask, "cat", given=sent)
    assert got == sent


async def test_editors_and_scp_reach_the_hosts_that_were_written(
    ssh_service, container, tmp_path
):
    # ssh does not ask HOME for its file, so it is named.
    config = tmp_path / ".ssh" / "config"
    write = ("ssh-config", JOB, "--write", "--user", container.user)
    hosts = (await run(ssh_service, *write)).decode().split()
    assert hosts == ["mofang-digits-000001-worker-0", "mofang-digits-000001-worker-1"]
    code, output, errors = await outside(
        ssh_service, "ssh", "-F", config, hosts[1], "pwd"
    )
    assert (code, output.decode().strip()) == (0, str(container.home)), errors
    assert ssh_service.asked[-1][0] == "worker/1"
    (tmp_path / "data").write_bytes(os.urandom(3 * 1024**2))
    code, _, errors = await outside(
        ssh_service, "scp", "-F", config, tmp_path / "data", f"{hosts[0]}:copy"
    )
    assert code == 0, errors
    assert (container.home / "copy").read_bytes() == (tmp_path / "data").read_bytes()


async def test_after_a_restart_the_old_host_key_does_not_block(
    ssh_service, container, tmp_path
):
    config = tmp_path / ".ssh" / "config"
    await run(ssh_service, "ssh-config", JOB, "--write", "--user", container.user)
    ask = ("ssh", "-F", config, "mofang-digits-000001-worker-0", "echo", "there")
    assert (await outside(ssh_service, *ask))[:2] == (0, b"there\n")
    assert (await outside(ssh_service, *ask))[:2] == (0, b"there\n")
    await ssh_service.quiet()
    container.restart()
    # In the same attempt nobody may take the container's place.
    code, _, errors = await outside(ssh_service, *ask)
    assert code == 255
    assert b"HOST IDENTIFICATION HAS CHANGED" in errors
    ssh_service.job = running_job(attempt=2)
    assert (await outside(ssh_service, *ask))[:2] == (0, b"there\n")


async def test_a_refusal_reaches_who_called_ssh(ssh_service, container):
    ssh_service.refusal = 403, "It is not your job."
    told = await run(ssh_service, "ssh", JOB, "--", "true", code=255)
    assert b"mofang: It is not your job." in told


async def test_what_keeps_sshd_from_starting_reaches_who_called_ssh(
    ssh_service, container
):
    async def without(peer):
        await bridge_to(peer, "sh", "-c", "echo This image has no sshd. >&2; exit 1")

    ssh_service.behaviour = without
    told = await run(ssh_service, "ssh", JOB, "--", "true", code=255)
    assert b"mofang: This image has no sshd." in told
