"""The running platform as the tests see it: its address, log-ins and kubectl."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
ARTEFACTS = REPOSITORY / "build"


def state_folder() -> Path:
    """Where the launcher keeps the local platform's state."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(base) / "mofang" / "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    name: str
    password: str


class Platform:
    """Read from the launcher's ``platform.json``.

    Raises:
        RuntimeError: The platform was never started here.
    """

    def __init__(self) -> None:
        path = state_folder() / "platform.json"
        if not path.exists():
            raise RuntimeError(f"{path} is not there: run `make up` first")
        self._facts = json.loads(path.read_text())

    @property
    def url(self) -> str:
        """Base address without a slash at its end."""
        return str(self._facts["url"]).rstrip("/")

    def user_url(self, name: str) -> str:
        """Base address of a user's servers, without a slash at its end."""
        scheme, _, host = self.url.partition("://")
        return f"{scheme}://{name}.{host}"

    @property
    def kubeconfig(self) -> str:
        return str(self._facts["kubeconfig"])

    def login(self, name: str) -> Login:
        admin = self._facts["admin"]
        if name == admin["name"]:
            return Login(name=name, password=admin["password"])
        return Login(name=name, password=self._facts["users"][name])

    @cached_property
    def storage(self) -> Path:
        """The shared file system's root on this machine."""
        return state_folder() / "data" / "storage"

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl printed; raises with its message when it failed."""
        done = subprocess.run(
            [sys.executable, "-m", "mofang_local", "kubectl", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """Objects as kubectl's JSON shows them."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def apply(self, manifest: dict[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
