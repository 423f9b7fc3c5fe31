"""SSH into the containers of real jobs: ssh, scp and sftp over a small ProxyCommand."""

import asyncio
import json
import os
import shlex
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from cluster.test_jobs_world import (
    ADMIN,
    COLLEAGUE,
    OWNER,
    VIEWER,
    World,
    eventually,
)

from mofang_api.models import Job, JobState
from support import ssh_pump
from support.hub import HubSession
from support.platform import Platform

pytest_plugins = ["cluster.test_jobs_world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

SLEEP = "import time\nprint('here', flush=True)\ntime.sleep(600)"


@dataclass(frozen=True)
class Ended:
    code: int
    output: bytes
    errors: str


class Person:
    """Somebody at home with a key pair."""

    def __init__(self, folder: Path, jobs: str, token: str) -> None:
        self.folder = folder
        self.jobs = jobs
        self.token = token

    async def prepare(self, *kind: str) -> None:
        arguments = ["-q", "-N", "", "-t", *(kind or ("ed25519",))]
        path = str(self.folder / "key")
        await self._run(["ssh-keygen", *arguments, "-f", path])

    @property
    def key(self) -> str:
        return " ".join((self.folder / "key.pub").read_text().split()[:2])

    def options(self, job: Job, replica: str, key: str = "") -> list[str]:
        url = f"{self.jobs}/{job.id}/ssh/{replica}".replace("http", "ws", 1)
        proxy = [sys.executable, "-P", ssh_pump.__file__, url, key or self.key]
        settings = {
            "ProxyCommand": shlex.join(proxy),
            "IdentityFile": self.folder / "key",
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.folder / "known_hosts",
            "StrictHostKeyChecking": "accept-new",
            "HostKeyAlias": f"{job.id}-{replica}",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        return [
            "-F",
            "none",
            *(f"-o{name}={value}" for name, value in settings.items()),
        ]

    async def ssh(
        self,
        job: Job,
        *arguments: str,
        replica: str = "worker/0",
        given: bytes = b"",
        key: str = "",
    ) -> Ended:
        options = self.options(job, replica, key)
        return await self._run(["ssh", *options, "jovyan@replica", *arguments], given)

    async def run(self, program: str, job: Job, *arguments: object) -> Ended:
        options = self.options(job, "worker/0")
        return await self._run([program, *options, *map(str, arguments)])

    async def start(self, job: Job, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *("ssh", *self.options(job, "worker/0"), "jovyan@replica", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "MOFANG_TOKEN": self.token},
        )

    async def _run(self, arguments: list[str], given: bytes = b"") -> Ended:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "MOFANG_TOKEN": self.token},
        )
        async with asyncio.timeout(60):
            output, errors = await process.communicate(given)
        return Ended(process.returncode or 0, output, errors.decode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def job(world: World) -> AsyncIterator[Job]:
    script = world.write("sleep.py", SLEEP)
    job = await world.submit(
        script=script, replicas=2, env={"ODD": 'it\'s\n"so" $HOME'}
    )
    yield await world.until(job, JobState.RUNNING, within=90)
    await world.call("DELETE", f"/{job.id}")


@pytest_asyncio.fixture(loop_scope="module")
async def person(world: World, tmp_path: Path) -> Person:
    made = Person(tmp_path, world.jobs, OWNER)
    await made.prepare()
    return made


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform()


async def test_a_command_runs_in_worker_1(person: Person, job: Job) -> None:
    text = 'echo at-$MOFANG_REPLICA_INDEX-$PWD "$ODD"; id -u; cat; exit 5'

    ended = await person.ssh(job, text, replica="worker/1", given=b"\0bytes\xff")

    assert ended.errors == ""
    assert ended.code == 5
    assert ended.output == (b'at-1-/home/jovyan it\'s\n"so" $HOME\n1000\n\0bytes\xff')


async def test_a_terminal_is_given(person: Person, job: Job) -> None:
    options = person.options(job, "worker/0")

    ended = await person._run(["ssh", *options, "-tt", "jovyan@replica", "tty"])

    assert ended.output.startswith(b"/dev/pts/"), ended


async def test_python_of_the_environment_is_found(person: Person, job: Job) -> None:
    """An editor's login shell has the image's PATH."""
    ended = await person.ssh(job, "bash -lc 'python -c \"import torch; print(1)\"'")

    assert ended == Ended(0, b"1\n", "")


async def test_files_go_both_ways(person: Person, job: Job, tmp_path: Path) -> None:
    content = os.urandom(8_000_000)
    (tmp_path / "there").write_bytes(content)

    for program in ("scp", "sftp"):
        name = f"{program}.bin"
        if program == "scp":
            await person.run("scp", job, tmp_path / "there", f"jovyan@r:{name}")
        else:
            arguments = ["sftp", *person.options(job, "worker/0"), "-b-", "jovyan@r"]
            order = f"put {tmp_path / 'there'} {name}\n".encode()
            assert (await person._run(arguments, order)).code == 0
        start = time.monotonic()
        ended = await person.run("scp", job, f"jovyan@r:{name}", tmp_path / "back")
        print(f"{program}: {len(content) / (time.monotonic() - start) / 1e6:.0f} MB/s")
        assert ended.code == 0, ended.errors
        assert (tmp_path / "back").read_bytes() == content


async def test_rsync_finds_its_other_half(
    person: Person, job: Job, tmp_path: Path
) -> None:
    assert (await person.ssh(job, "command -v rsync")).output == b"/usr/bin/rsync\n"


async def test_ports_of_the_container_are_reached(person: Person, job: Job) -> None:
    serve = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8765)"
    server = await person.start(job, f"python3 -c {shlex.quote(serve)}")
    options = person.options(job, "worker/0")

    async def answered() -> bytes:
        arguments = ["ssh", *options, "-W", "127.0.0.1:8765", "jovyan@replica"]
        return (await person._run(arguments, b"HEAD / HTTP/1.0\r\n\r\n")).output

    assert b"200 OK" in await eventually(answered)
    server.kill()
    await server.wait()


async def test_the_container_is_known_again(person: Person, job: Job) -> None:
    await person.ssh(job, "true")
    known = (person.folder / "known_hosts").read_text()

    ended = await person.ssh(job, "ls /tmp/mofang-guest-1000")

    assert (person.folder / "known_hosts").read_text() == known
    names = ended.output.decode().split()
    assert "host_key" in names


async def test_leaving_ends_what_the_session_started(person: Person, job: Job) -> None:
    """An editor's detached server too; no directory of a session stays either."""
    count = "pgrep -fc '^sleep 432[12]'; ls /tmp/mofang-guest-1000 | wc -l"

    async def counted(sleeps: int, files: int) -> bool:
        seen = (await person.ssh(job, count)).output.split()
        return [int(each) for each in seen] == [sleeps, files]

    # The host key, and the directory of the session that looks.
    await eventually(lambda: counted(0, 2))
    text = "setsid nohup sleep 4321 >/dev/null 2>&1 & echo ready; exec sleep 4322"
    client = await person.start(job, text)
    assert client.stdout is not None
    assert await client.stdout.readline() == b"ready\n"
    assert await counted(2, 3)

    client.kill()
    await client.wait()

    await eventually(lambda: counted(0, 2))


async def test_who_shows_another_key_stays_out(person: Person, job: Job) -> None:
    """The service lets the caller in; sshd asks for the other half of the key."""
    other = Person(person.folder / "other", person.jobs, person.token)
    other.folder.mkdir()
    await other.prepare()

    ended = await person.ssh(job, "true", key=other.key)

    assert ended.code == 255
    assert "Permission denied (publickey)" in ended.errors


async def test_keys_of_other_types_are_refused(person: Person, job: Job) -> None:
    ended = await person.ssh(job, "true", key="ssh-dss AAAAB3NzaC1kc3M=")

    assert ended.code == 255
    assert "refused with 400" in ended.errors


@pytest.mark.parametrize(
    ("user", "status"),
    [
        pytest.param(COLLEAGUE, 403, id="a colleague"),
        pytest.param(ADMIN, 403, id="an admin of the project"),
        pytest.param(VIEWER, 403, id="a viewer"),
        pytest.param("stranger", 404, id="not of the project"),
        pytest.param("nobody", 401, id="not known to the hub"),
    ],
)
async def test_it_stays_shut_to(
    person: Person, job: Job, user: str, status: int
) -> None:
    person.token = user

    ended = await person.ssh(job, "true")

    assert f"refused with {status}" in ended.errors


async def test_the_end_of_the_container_is_told(world: World, person: Person) -> None:
    script = world.write("sleep.py", SLEEP)
    job = await world.submit(script=script, name="short")
    await world.until(job, JobState.RUNNING, within=90)
    client = await person.start(job, "echo in; sleep 600")
    assert client.stdout is not None
    assert client.stderr is not None
    assert await client.stdout.readline() == b"in\n"

    await world.call("DELETE", f"/{job.id}")

    async with asyncio.timeout(60):
        said = (await client.stderr.read()).decode()
        assert await client.wait() == 255
    assert "worker-0" in said, said


async def test_a_container_that_cannot_serve_it_says_why(
    world: World, person: Person
) -> None:
    """OpenSSH serves only users that the image knows."""
    job = await world.submit(
        command=["sleep", "600"], framework="single", run_as_user=1234
    )
    await world.until(job, JobState.RUNNING, within=90)
    ended = await person.ssh(job, "true")
    await world.call("DELETE", f"/{job.id}")

    assert ended.code == 255
    assert "SSH is not possible in worker-0: The image has no user" in ended.errors


async def test_the_gateway_lets_it_through(platform: Platform, tmp_path: Path) -> None:
    """With the real hub's token, over the platform's one address."""
    with HubSession(platform, platform.login("ada")) as session:
        jobs = f"{platform.url}/services/training/api/projects/vision/jobs"
        headers = {"Authorization": f"token {session.token}"}
        image = str(platform.get("environment.mofang.dev", "pytorch")["spec"]["image"])
        spec = {
            "name": "ssh",
            "image": image,
            "framework": "single",
            "command": ["sleep", "300"],
            "resources": {"cpu": "100m", "memory": "512Mi", "gpu": 0},
        }
        async with httpx.AsyncClient(
            headers=headers, trust_env=False, timeout=60
        ) as http:
            answer = await http.post(jobs, json=spec)
            assert answer.status_code == 201, answer.text
            job = Job.model_validate_json(answer.content)

            async def runs() -> bool:
                seen = await http.get(f"{jobs}/{job.id}")
                return bool(json.loads(seen.content)["state"] == "Running")

            try:
                await eventually(runs, within=90)
                person = Person(tmp_path, jobs, session.token)
                await person.prepare("ecdsa")
                ended = await person.ssh(job, "hostname; exit 3")
                by_mofang = await _mofang_ssh(platform, session, job, tmp_path)
                with HubSession(platform, platform.login("ben")) as other:
                    person.token = other.token
                    refused = await person.ssh(job, "true")
            finally:
                await http.delete(f"{jobs}/{job.id}")

    assert (ended.code, ended.errors) == (3, "")
    assert job.id.encode() in ended.output
    assert by_mofang == Ended(4, ended.output, "")
    assert "refused with 403" in refused.errors


async def _mofang_ssh(
    platform: Platform, session: HubSession, job: Job, home: Path
) -> Ended:
    """The client's own command, with a key and known hosts that it makes itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from mofang.cli import main; main()"),
        *("ssh", job.id, "--", "hostname; exit 4"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "MOFANG_API_URL": f"{platform.url}/services/training",
            "MOFANG_PROJECT": "vision",
            "JUPYTERHUB_API_TOKEN": session.token,
        },
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    lines = errors.decode().splitlines()
    told = [line for line in lines if not line.startswith("Warning: Permanently added")]
    return Ended(process.returncode or 0, output, "\n".join(told))
