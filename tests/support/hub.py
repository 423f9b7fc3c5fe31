"""A person's session with the hub over plain HTTP: log in, start, stop."""

import json
import re
import time
from typing import Any, Self

import httpx

from support.eventually import eventually
from support.platform import Login, Platform


class HubSession:
    """Logged in as one user; cookies and the XSRF token are kept."""

    def __init__(self, platform: Platform, login: Login) -> None:
        self.platform = platform
        self.name = login.name
        self.http = httpx.Client(
            base_url=platform.url, follow_redirects=True, timeout=60, trust_env=False
        )
        page = self.http.get("/hub/login")
        page.raise_for_status()
        answer = self.http.post(
            "/hub/login",
            data={
                "username": login.name,
                "password": login.password,
                "_xsrf": self.xsrf,
            },
        )
        assert answer.status_code == 200, answer.text
        token = self.api(
            "POST", f"/users/{self.name}/tokens", json={"note": "tests"}
        ).json()
        self.token = str(token["token"])

    @property
    def xsrf(self) -> str:
        for cookie in self.http.cookies.jar:
            if cookie.name == "_xsrf" and cookie.path == "/hub/":
                return str(cookie.value)
        return ""

    def api(self, verb: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-XSRFToken": self.xsrf}
        return self.http.request(verb, f"/hub/api{path}", headers=headers, **options)

    def start(self, server: str, options: dict[str, Any]) -> httpx.Response:
        """Ask by REST, as a script with a token would."""
        return httpx.post(
            f"{self.platform.url}/hub/api/users/{self.name}/servers/{server}",
            headers={"Authorization": f"token {self.token}"},
            json={"user_options": options},
            timeout=60,
            trust_env=False,
        )

    def server(self, name: str, *, stopped: bool = False) -> dict[str, Any] | None:
        """Return what the hub says of a server; None unless it is active.

        Args:
            name: Of the server.
            stopped: Return it also where it is stopped.
        """
        path = f"/users/{self.name}?include_stopped_servers={int(stopped)}"
        answer = self.api("GET", path)
        answer.raise_for_status()
        model = answer.json()
        found = model.get("servers", {}).get(name)
        return dict(found) if found else None

    def wait_ready(self, name: str, *, within: float = 120) -> dict[str, Any]:
        def ready() -> dict[str, Any] | None:
            model = self.server(name)
            return model if model and model["ready"] else None

        return eventually(ready, within=within, what=f"server {name} is ready")

    def follow_start(self, name: str) -> list[dict[str, Any]]:
        """Every progress event of a start, to its end."""
        events = []
        url = f"{self.platform.url}/hub/api/users/{self.name}/servers/{name}/progress"
        headers = {"Authorization": f"token {self.token}"}
        with httpx.stream(
            "GET", url, headers=headers, timeout=120, trust_env=False
        ) as answer:
            for line in answer.iter_lines():
                found = re.match(r"data: (.*)", line)
                if found:
                    event = {**json.loads(found[1]), "seen": time.monotonic()}
                    events.append(event)
                    if event.get("ready") or event.get("failed"):
                        break
        return events

    def stop(self, name: str) -> None:
        self.api("DELETE", f"/users/{self.name}/servers/{name}")
        eventually(
            lambda: not self.server(name), within=60, what=f"server {name} is gone"
        )

    def remove(self, name: str) -> None:
        """Stop a server, and let the hub forget it."""
        path = f"/users/{self.name}/servers/{name}"
        self.api("DELETE", path, json={"remove": True})
        eventually(
            lambda: not self.server(name, stopped=True),
            within=60,
            what=f"server {name} is forgotten",
        )

    def server_url(self, name: str) -> str:
        """Address of the user's server, on the user's own host; ends with a slash."""
        return f"{self.platform.user_url(self.name)}/user/{self.name}/{name}/"

    def user_server(self, name: str, path: str) -> httpx.Response:
        """A request to the user's own server, through the gateway."""
        return httpx.get(
            self.server_url(name) + path,
            headers={"Authorization": f"token {self.token}"},
            timeout=30,
            trust_env=False,
        )

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
