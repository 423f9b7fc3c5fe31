"""Paths that lead elsewhere, where anything on the way to a handler is lenient."""

from random import Random
from typing import ClassVar

from typing_extensions import override

from attack.attack import Attack
from attack.request import Request, compose
from attack.scene import CALLERS, Caller, Scene

_UP = (
    "..",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "..;",
    "..%00",
    "%ff%fe..",
)
_SLASHES = ("/", "//", "%2f", "%2F", "%252f", "\\", "%5c", "/./", "/%2e/", "%c0%af")
_ENDS = ("", "/", "%00", "%00.json", "?", "#", ";", "%20", "%0d%0a", ".json", "\x7f")
_SECRETS = (
    "etc/passwd",
    "etc/mofang/settings.yaml",
    "etc/mofang/secrets/cookie",
    "proc/self/environ",
    "srv/mofang/audit",
    "metrics",
    "hub/metrics",
    "hub/api/users",
    "hub/api/proxy",
    "hub/admin",
)


class Paths(Attack):
    """Dots, slashes and NULs in all encodings, before, within and after real paths."""

    name = "paths"
    weight = 2.0
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request of a path that nobody should be led by."""
        host = random.choice([scene.host, scene.host, scene.victim_host])
        path = self._path(random, scene)
        method = random.choice(["GET", "GET", "GET", "POST", "DELETE", "PUT"])
        body = b"{}" if method in ("POST", "PUT") else None
        payload = compose(method, path, host=host, headers=caller.headers, body=body)
        return Request(
            payload=payload,
            caller=caller.role,
            method=method,
            # Many lead back to a page that everybody may see.
            must_be_refused=method in ("DELETE", "PUT"),
        )

    def _path(self, random: Random, scene: Scene) -> str:
        starts = (
            "/hub/",
            "/hub/static/",
            "/hub/api/",
            "/services/training/",
            f"{scene.training}/",
            f"{scene.jobs}/",
            f"{scene.job_path}/",
            f"{scene.job_path}/logs/{scene.role}/",
            scene.server_path,
            f"{scene.server_path}files/",
            f"{scene.server_path}static/",
            f"/user/eve/{scene.server}/",
        )
        goals = (*_SECRETS, f"user/{scene.victim}", scene.job_path.lstrip("/"))
        slash = random.choice(_SLASHES)
        up = slash.join(random.choice(_UP) for _ in range(random.randint(0, 8)))
        goal = random.choice(goals)
        if random.random() < 0.3:
            goal = goal.replace("/", slash)
        text = random.choice(starts) + up + slash + goal + random.choice(_ENDS)
        if random.random() < 0.03:
            text += "/a" * random.choice([500, 4000, 8000])
        if random.random() < 0.2:
            text = _encode_some(random, text)
        return text.replace(" ", "%20")


def _encode_some(random: Random, text: str) -> str:
    return "".join(
        f"%{ord(each):02x}"
        if each.isascii() and each.isalnum() and random.random() < 0.15
        else each
        for each in text
    )
