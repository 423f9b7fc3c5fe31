"""What one member's worst costs another: each figure beside a quiet one of this run.

Ben sends what ``hostile_load`` names, and starts a server that answers the hub without
end; Ada asks for health, lists, submits and opens shells meanwhile.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx

from bench.hostile_load import LOADS
from bench.memory import resident_mib
from bench.table import Row
from support.hub import HubSession
from support.jobs import api, remove_jobs, submit, wait_for_state
from support.platform import REPOSITORY, Platform

SERVER = "vision-base"
SAMPLES = 40
PAUSE_SECONDS = 3.0
_PROCESSES = {
    "hub": ("/opt/mofang/bin/mofang-hub",),
    "training service": ("/opt/mofang/bin/mofang-training",),
}

# Jupyter reads it before it listens: it never comes to that.
ENDLESS = """
import gzip
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BOMB = gzip.compress(bytes(64 * 1024**2))


class Endless(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500)
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        while True:
            self.wfile.write(BOMB)


ThreadingHTTPServer(("", 8888), Endless).serve_forever()
"""


class Bystander:
    """Ada, who wants nothing but to work."""

    def __init__(self, platform: Platform, session: HubSession) -> None:
        self._session = session
        self._url = f"{platform.url}/services/training/api"
        self._http = httpx.Client(timeout=30, trust_env=False)
        self.job = submit(session, SERVER, name="bench", script="/home/jovyan/wait.py")
        wait_for_state(session, SERVER, self.job["id"], "Running")

    def close(self) -> None:
        self._http.close()
        remove_jobs(self._session, SERVER)

    def health(self) -> None:
        self._http.get(f"{self._url}/health").raise_for_status()

    def hub(self) -> None:
        self._session.api("GET", "/user").raise_for_status()

    def list_jobs(self) -> None:
        answer = api(self._session, SERVER, "GET", "jobs", params={"limit": 100})
        answer.raise_for_status()

    def submit(self) -> None:
        spec = {**self.job["spec"], "name": "bystander"}
        answer = api(self._session, SERVER, "POST", "jobs", json=spec)
        assert answer.status_code == 201, answer.text
        api(self._session, SERVER, "DELETE", f"jobs/{answer.json()['id']}")

    def shell(self) -> None:
        """Until the first output of a shell in the running job."""
        asyncio.run(self._shell())

    async def _shell(self) -> None:
        path = f"projects/vision/jobs/{self.job['id']}/shell/worker/0"
        headers = {"Authorization": f"token {self._session.token}"}
        url = f"{self._url.replace('http', 'ws', 1)}/{path}"
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.ws_connect(url) as socket,
        ):
            async for message in socket:
                if json.loads(message.data)[0] == "stdout":
                    return
        raise AssertionError("the shell ended before it said anything")

    @property
    def acts(self) -> dict[str, Callable[[], None]]:
        return {
            "health": self.health,
            "hub": self.hub,
            "list": self.list_jobs,
            "submit": self.submit,
            "shell": self.shell,
        }


def _measure(acts: Mapping[str, Callable[[], None]]) -> dict[str, float]:
    """p95 in milliseconds, by name.

    They are done in turn: forty of the quick ones alone would be over in a fifth of a
    second, and one pause of the machine would be in each of the slowest.
    """
    samples: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(SAMPLES):
        for name, act in acts.items():
            began = time.monotonic()
            act()
            samples[name].append((time.monotonic() - began) * 1000)
    return {name: _p95(each) for name, each in samples.items()}


def _p95(samples: list[float]) -> float:
    return sorted(samples)[int(len(samples) * 0.95)]


@contextmanager
def _load(name: str, target: dict[str, Any]) -> Iterator[None]:
    """Send it from another process, which leaves the processors to the platform."""
    command = ["nice", "-n", "19", sys.executable, "-m", "bench.hostile_load"]
    place = REPOSITORY / "tests"
    process = subprocess.Popen([*command, name], stdin=subprocess.PIPE, cwd=place)
    assert process.stdin is not None
    process.stdin.write(json.dumps(target).encode())
    process.stdin.close()
    try:
        time.sleep(PAUSE_SECONDS)
        assert process.poll() is None, f"the load {name} ended by itself"
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


@contextmanager
def _endless_server(platform: Platform, ben: HubSession) -> Iterator[None]:
    """A server of Ben's that is being started, and answers the hub without end."""
    folder = platform.storage / "users" / ben.name / ".jupyter"
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    config = folder / "jupyter_server_config.py"
    assert not config.exists(), f"{config} is in the way"
    config.write_text(ENDLESS)
    try:
        ben.start(SERVER, {"project": "vision", "environment": "base"})
        time.sleep(2 * PAUSE_SECONDS)
        yield
    finally:
        config.unlink()
        if is_new:
            folder.rmdir()
        ben.stop(SERVER)


def rows(platform: Platform, session: HubSession) -> Iterator[Row]:
    """p95 of what Ada does under each load, and what the services' memory grew by."""
    ada = Bystander(platform, session)
    try:
        with HubSession(platform, platform.login("ben")) as ben:
            target = {
                "url": platform.url,
                "token": ben.token,
                "job": ada.job["id"],
                "spec": ada.job["spec"],
            }
            quiet = _measure(ada.acts)
            memory = {name: resident_mib(words) for name, words in _PROCESSES.items()}
            for load in LOADS:
                with _load(load, target):
                    yield from _under(load, ada, quiet, memory)
                _remove_jobs_of(ben, platform)
            with _endless_server(platform, ben):
                yield from _under("endless server", ada, quiet, memory)
    finally:
        ada.close()


def _under(
    load: str, ada: Bystander, quiet: dict[str, float], memory: dict[str, float]
) -> Iterator[Row]:
    for name, milliseconds in _measure(ada.acts).items():
        yield Row(
            name=f"{load}: another's {name}, p95",
            unit="ms",
            ours=[milliseconds],
            baseline_name="quiet",
            baseline=[quiet[name]],
        )
    for name, words in _PROCESSES.items():
        yield Row(
            name=f"{load}: memory of the {name}",
            unit="MiB",
            ours=[resident_mib(words)],
            baseline_name="quiet",
            baseline=[memory[name]],
        )


def _remove_jobs_of(ben: HubSession, platform: Platform) -> None:
    """Delete what Ben submitted, with his own token."""
    url = f"{platform.url}/services/training/api/projects/vision/jobs"
    headers = {"Authorization": f"token {ben.token}"}
    with httpx.Client(headers=headers, timeout=60, trust_env=False) as http:
        while True:
            answer = http.get(url, params={"owner": ben.name, "limit": 500})
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                time.sleep(1)
                continue
            answer.raise_for_status()
            mine = answer.json()["jobs"]
            if not mine:
                return
            for job in mine:
                http.delete(f"{url}/{job['id']}")
