"""The training service as a child process of a test, killed at will.

Run as a program, it is the service: without the election of a leader, with a pretended
hub, and with directories of its own.
"""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
from kubernetes_asyncio import client

from mofang_hub.settings import AuditSettings, JobSettings, LimitSettings, Settings
from mofang_jobs.app import serve
from support.child_process import ChildProcess

_MODULE = "support.training_process"


class TrainingProcess:
    """Starts and kills the service.

    Args:
        folder: For its log, and for what it keeps of jobs.
        api_server: URL of the API server, which asks for no certificate.
        hub_api: URL of the hub's API.
        port: Where it listens.
    """

    def __init__(
        self, folder: Path, *, api_server: str, hub_api: str, port: int
    ) -> None:
        self.url = f"http://127.0.0.1:{port}/services/training"
        self.logs = folder / "logs"
        self.logs.mkdir()
        self._process = ChildProcess(_MODULE, folder / "service.log")
        self._options = {
            "api_server": api_server,
            "hub_api": hub_api,
            "port": port,
            "logs": str(self.logs),
        }

    @property
    def said(self) -> str:
        """The end of what it has logged."""
        return self._process.log[-4000:]

    def start(self) -> None:
        """Start it; it answers a little later."""
        self._process.start(self._options)

    def kill(self) -> None:
        """End it without a word of warning, as a lost machine would."""
        self._process.kill()

    async def wait_up(self, path: str, token: str) -> None:
        """Wait until it answers a question about jobs.

        Args:
            path: Below its URL.
            token: Of who asks.

        Raises:
            AssertionError: It ended.
        """
        headers = {"Authorization": f"token {token}"}
        async with (
            asyncio.timeout(60),
            httpx.AsyncClient(timeout=30, trust_env=False) as http,
        ):
            while True:
                if not self._process.is_alive:
                    raise AssertionError(f"the service ended:\n{self.said}")
                with suppress(httpx.TransportError):
                    answer = await http.get(f"{self.url}{path}", headers=headers)
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.1)


def training_settings(*, jobs: JobSettings, logs_root: Path, port: int) -> Settings:
    """Return what the service reads of the platform's settings.

    Args:
        jobs: What holds for all jobs.
        logs_root: Directory of jobs' logs.
        port: Where the service listens.
    """
    settings = SimpleNamespace(
        jobs=jobs,
        logs_root=logs_root,
        image_references={},
        audit=AuditSettings(enabled=False),
        limits=LimitSettings(),
        public_url=f"http://127.0.0.1:{port}",
    )
    return cast("Settings", settings)


async def _serve(options: dict[str, Any]) -> None:
    configuration = client.Configuration(host=options["api_server"])
    settings = training_settings(
        # Jobs are admitted that have no room: none of their pods ever runs.
        jobs=JobSettings(admit_unschedulable=True),
        logs_root=Path(options["logs"]),
        port=options["port"],
    )
    async with client.ApiClient(configuration) as api:
        await serve(
            settings,
            api,
            hub_api=options["hub_api"],
            port=options["port"],
            stop=asyncio.Event(),
        )


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
