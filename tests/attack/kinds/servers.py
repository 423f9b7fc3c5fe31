"""Everything that Ada's server can do, asked for by others."""

from random import Random
from typing import ClassVar
from urllib.parse import quote

from typing_extensions import override

from attack import values
from attack.attack import Attack
from attack.request import Request, compose
from attack.scene import CALLERS, Caller, Scene

_DOORS: tuple[tuple[str, str], ...] = (
    ("GET", "api/contents"),
    ("GET", "api/contents/home/jovyan/canary.txt"),
    ("PUT", "api/contents/home/jovyan/canary.txt"),
    ("DELETE", "api/contents/home/jovyan/canary.txt"),
    ("POST", "api/contents/home/jovyan"),
    ("GET", "files/home/jovyan/canary.txt"),
    ("GET", "files/home/jovyan/.bashrc"),
    ("GET", "nbconvert/html/home/jovyan/a.ipynb"),
    ("GET", "view/home/jovyan/canary.txt"),
    ("POST", "api/terminals"),
    ("GET", "api/terminals"),
    ("DELETE", "api/terminals/1"),
    ("POST", "api/kernels"),
    ("GET", "api/kernels"),
    ("GET", "api/sessions"),
    ("POST", "api/sessions"),
    ("GET", "api/config/notebook"),
    ("PUT", "api/config/notebook"),
    ("POST", "api/shutdown"),
    ("GET", "api/status"),
    ("GET", "api/me"),
    ("GET", "api/security/csp-report"),
    ("GET", "lab"),
    ("GET", "lab/api/settings"),
    ("PUT", "lab/api/settings/@jupyterlab/apputils-extension:themes"),
    ("GET", "lab/api/workspaces"),
    ("GET", "tree"),
    ("GET", "metrics"),
    ("GET", "logout"),
    ("GET", "mofang/training/api/jobs"),
    ("POST", "mofang/training/api/jobs"),
    ("GET", "mofang/training/api/defaults"),
    ("GET", "mofang/training/api/packages"),
    ("DELETE", "mofang/training/api/packages"),
    ("POST", "mofang/training/api/snapshots"),
    ("GET", "mofang/tensorboard/api/instances"),
    ("POST", "mofang/tensorboard/api/instances"),
    ("GET", "mofang/cloudshell/api/terminals"),
)


class Servers(Attack):
    """Files, kernels, terminals and extensions of a server of another person."""

    name = "another's server"
    weight = 2.0
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request that is good for the server's owner alone."""
        method, path = random.choice(_DOORS)
        if random.random() < 0.25:
            raw = values.text(random).encode("utf-8", errors="surrogatepass")[:500]
            path += "/" + quote(raw, safe=random.choice(["", "/?;=&"]))
        if random.random() < 0.1:
            path += f"?token={caller.token or 'a'}"
        headers = [*caller.headers] if random.random() < 0.7 else []
        if not headers and caller.cookie:
            headers = [("Cookie", f"{caller.cookie}; _xsrf={caller.xsrf}")]
            headers.append(("X-XSRFToken", caller.xsrf))
        body = b'{"type": "file", "format": "text", "content": "taken"}'
        has_body = method in ("POST", "PUT")
        return Request(
            payload=compose(
                method,
                scene.server_path + path,
                host=scene.victim_host,
                headers=headers,
                body=body if has_body else None,
            ),
            caller=caller.role,
            method=method,
            # Leaving a server that one never entered does nothing.
            must_be_refused=not path.startswith("logout"),
        )
