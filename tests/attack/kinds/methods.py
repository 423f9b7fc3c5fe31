"""Methods that an address does not have, and pages of the hub that act for others."""

from random import Random
from typing import ClassVar
from urllib.parse import quote

from typing_extensions import override

from attack import values
from attack.attack import Attack
from attack.request import Request, compose
from attack.scene import CALLERS, MEMBERS, Caller, Scene

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_OTHERS = ("PROPFIND", "SEARCH", "get", "ABC", "M" * 100, "DEBUG", "LOCK", "PURGE")


class Methods(Attack):
    """Every method on every address."""

    name = "methods"
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request of a method that its address may not know."""
        method = random.choice(_METHODS if random.random() < 0.7 else _OTHERS)
        path = random.choice(
            [
                scene.jobs,
                f"{scene.jobs}/watch",
                f"{scene.jobs}/preview",
                scene.job_path,
                f"{scene.job_path}/cancel",
                f"{scene.job_path}/debug",
                f"{scene.job_path}/metrics",
                f"{scene.job_path}/result",
                f"{scene.job_path}/logs/{scene.role}/0",
                f"{scene.job_path}/shell/{scene.role}/0",
                f"{scene.training}/projects/{scene.project}/environments",
                f"{scene.training}/health",
                "/services/training/metrics",
                "/services/training/",
                "/hub/metrics",
                "/hub/health",
                "/hub/user-host/",
            ]
        )
        changes = method not in ("GET", "HEAD", "OPTIONS")
        if path.endswith("/watch") and method == "GET":
            # A stream of those who may see it; others are in the kind of ids.
            path, method = f"{path}/x", "PUT"
        is_public = path.endswith(("/health", "/user-host/"))
        body = b"{}" if method in ("POST", "PUT", "PATCH") else None
        return Request(
            payload=compose(
                method, path, host=scene.host, headers=caller.headers, body=body
            ),
            caller=caller.role,
            method=method,
            must_be_refused=changes
            and not is_public
            and not path.endswith(("/preview", scene.jobs)),
        )


class Pages(Attack):
    """Pages and forms of the hub that would act in another's name."""

    name = "pages of the hub"
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request as a browser sends it."""
        victim, server = scene.victim, scene.server
        method, path = random.choice(
            [
                ("GET", f"/hub/spawn/{victim}/{server}"),
                ("POST", f"/hub/spawn/{victim}/{server}"),
                ("GET", f"/hub/spawn-pending/{victim}/{server}"),
                ("GET", f"/hub/user/{victim}/{server}/lab"),
                ("GET", "/hub/admin"),
                ("GET", "/hub/audit"),
                ("GET", f"/hub/jobs/{scene.project}"),
                ("GET", f"/hub/jobs/{scene.project}/{scene.job}"),
                ("GET", "/hub/home"),
                ("GET", "/hub/token"),
                ("GET", "/hub/login"),
                ("GET", "/hub/accept-share"),
                ("GET", "/hub/api/oauth2/authorize"),
                ("POST", "/hub/api/oauth2/authorize"),
                ("GET", "/hub/error/500"),
                ("GET", f"/hub/api/users/{victim}/servers/{server}/progress"),
                ("POST", f"/hub/api/mofang/servers/{victim}/{server}/restart"),
                ("POST", f"/hub/api/mofang/servers/{victim}/{server}/remove"),
            ]
        )
        query = self._query(random, scene)
        headers = caller.browser_headers
        if random.random() < 0.3:
            # A page of another site has no XSRF token.
            headers = [*headers[:1], ("Sec-Fetch-Site", "cross-site")]
        body = query.encode() if method == "POST" else None
        form = ("Content-Type", "application/x-www-form-urlencoded")
        return Request(
            payload=compose(
                method,
                f"{path}?{query}",
                host=scene.host,
                headers=[*headers, form] if body is not None else headers,
                body=body,
            ),
            caller=caller.role,
            method=method,
            must_be_refused=f"/{victim}/" in path
            or path.endswith(("admin", "audit"))
            or (path.startswith("/hub/jobs/") and caller.role not in MEMBERS),
        )

    def _query(self, random: Random, scene: Scene) -> str:
        names = (
            *("project", "environment", "cpu", "memory", "gpu", "job", "safe_mode"),
            *("next", "opt-job", "opt-project", "code", "client_id", "redirect_uri"),
            *("response_type", "state", "user", "limit", "offset", "_xsrf", "day"),
        )
        texts = (scene.project, "base", scene.job, "//evil.example", "/\\evil.example")
        texts += (
            "https:evil.example",
            "javascript:alert(1)",
            f"service-{scene.victim}",
        )
        pairs = []
        for _ in range(random.randint(0, 5)):
            text = (
                random.choice(texts) if random.random() < 0.6 else values.text(random)
            )
            raw = text.encode("utf-8", errors="surrogatepass")[:1500]
            pairs.append(f"{random.choice(names)}={quote(raw, safe='')}")
        return "&".join(pairs)
