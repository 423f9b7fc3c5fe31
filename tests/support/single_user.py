"""A single-user server as in a pod, as a process of this machine, and a hub for it.

    python -m support.single_user PREFIX [option…]

becomes ``jupyterhub-singleuser`` of an image whose virtual environment is at PREFIX.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

from support.ports import free_port

TOKEN = "the-servers-own"
SCOPE = "access:servers!server=ada/vision-pytorch"
PREFIX = "/user/ada/vision-pytorch/"


class _Hub(BaseHTTPRequestHandler):
    """Knows one user, who may do all."""

    reports: ClassVar[list[tuple[str, Any]]]
    """Paths and bodies, as they come."""

    def do_GET(self) -> None:
        user = {"version": "6", "name": "ada", "kind": "user", "scopes": [SCOPE]}
        self._answer(user)

    def do_POST(self) -> None:
        """Take a server's report, and ask for the next one soon."""
        length = int(self.headers["Content-Length"])
        self.reports.append((self.path, json.loads(self.rfile.read(length))))
        self._answer({"action": "keep", "idle_minutes": 60, "report_in_seconds": 1})

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_hub(reports: list[tuple[str, Any]] | None = None) -> Iterator[str]:
    """Run a hub that lets ada in; yields the address of its API.

    Args:
        reports: Gets path and body of each report of activity.
    """
    handler = type("Hub", (_Hub,), {"reports": [] if reports is None else reports})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hub/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class SingleUser:
    """A server that was started; ``log`` is what it wrote."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self._process = process
        self._url = url
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait(self, *, within: float = 180) -> int | None:
        """Wait until it answers or ends; return its exit code, None if it answers."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if (code := self._process.poll()) is not None:
                return code
            try:
                self.get("api")
            except OSError:
                time.sleep(0.2)
            else:
                return None
        raise AssertionError(f"neither an answer nor an end:\n{self.log}")

    def get(self, path: str, body: bytes | None = None) -> str:
        request = urllib.request.Request(
            self._url + path, body, {"Authorization": f"token {TOKEN}"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())

    def get_json(self, path: str) -> Any:
        return json.loads(self.get(path))


@contextmanager
def started(
    folder: Path, hub: str, variables: Mapping[str, str], options: Sequence[str]
) -> Iterator[SingleUser]:
    """Start a server with ``folder``'s home and prefix; it ends with the block."""
    url = f"http://127.0.0.1:{free_port()}{PREFIX}"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "HOME": str(folder / "home"),
        # As in an image, whose virtual environment is not the user's.
        "JUPYTER_PREFER_ENV_PATH": "0",
        "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        "JUPYTERHUB_SERVICE_URL": url,
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_API_TOKEN": TOKEN,
        "JUPYTERHUB_API_URL": hub,
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-ada-vision-pytorch",
        "JUPYTERHUB_USER": "ada",
        "JUPYTERHUB_SERVER_NAME": "vision-pytorch",
        "JUPYTERHUB_ACTIVITY_URL": "",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([SCOPE]),
        "MOFANG_ENVIRONMENT": "pytorch",
    }
    arguments = [sys.executable, "-s", "-m", "support.single_user", folder / "prefix"]
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*arguments, "--allow-root", *options],
            env=environment | dict(variables),
            stdout=output,
            stderr=output,
            cwd="/",
        )
    try:
        yield SingleUser(process, url, log)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.prefix = sys.exec_prefix = sys.argv.pop(1)
    from jupyterhub.singleuser import main

    main()
