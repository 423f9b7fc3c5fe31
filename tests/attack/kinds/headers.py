"""Headers that claim, smuggle or bloat: who asks, from where, for which host."""

import base64
from random import Random
from typing import ClassVar

from typing_extensions import override

from attack import values
from attack.attack import Attack
from attack.request import HeaderList, Request, compose
from attack.scene import ANONYMOUS, CALLERS, Caller, Scene

Pairs = list[tuple[str | bytes, str | bytes]]

_PROXY_NAMES = (
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Prefix",
    "X-Forwarded-User",
    "X-Real-Ip",
    "X-Scheme",
    "Forwarded",
    "X-Remote-User",
    "Remote-User",
    "X-Original-Url",
    "X-Rewrite-Url",
    "X-Http-Method-Override",
    "X-Envoy-Original-Path",
    "X-Envoy-Internal",
    "X-Envoy-Force-Trace",
    "X-Envoy-Upstream-Rq-Timeout-Ms",
    "X-Envoy-Retry-On",
    "X-Envoy-Decorator-Operation",
    "X-Jupyterhub-User",
    "Service-Worker",
)
_SITES = ("https://evil.example", "null", "file://", "http://ada.evil.example", "é", "")


def _authorization(random: Random, caller: Caller) -> Pairs:
    """Return a token as nobody writes it, or one that is nobody's."""
    token = caller.token or "0123456789abcdef0123456789abcdef"
    basic = base64.b64encode(f"ada:{token}".encode()).decode()
    text: str | bytes = random.choice(
        [
            "token",
            "token ",
            "Bearer",
            f"Basic {basic}",
            "Basic !!!",
            f"Digest username=ada, response={token}",
            f"token {token}{token}",
            f"token {token[:-1]}",
            f"token {token}\x00",
            f"token {token},token {token}",
            f"Negotiate {basic}",
            "token " + "a" * 7000,
            "token é",
            b"token \xff\xfe\x80",
            "token " + values.text(random).replace("\r", "").replace("\n", "")[:500],
        ]
    )
    pairs: Pairs = [("Authorization", text)]
    if random.random() < 0.2:
        pairs.append(("Authorization", f"token {random.randbytes(16).hex()}"))
    return pairs


def _claims(random: Random, scene: Scene) -> Pairs:
    """Return what a proxy would say, if one were trusted with it."""
    texts = [scene.victim, "127.0.0.1", "evil.example", "https", "/hub/admin", "::1"]
    texts += [
        "for=127.0.0.1;host=evil.example",
        "DELETE",
        "1",
        values.text(random)[:800],
    ]
    return [
        (random.choice(_PROXY_NAMES), _line(random.choice(texts)))
        for _ in range(random.randint(1, 4))
    ]


def _cookies(random: Random, caller: Caller, scene: Scene) -> Pairs:
    """Return cookies of other hosts, twice, too long, or without end."""
    name = random.choice(
        ["jupyterhub-session-id", "jupyterhub-hub-login", "_xsrf", "__Host-_xsrf"]
        + [f"jupyterhub-user-{scene.victim}", "a", "", "$Version"]
    )
    text = random.choice(
        ["x", '"', "2|1:0|10:1|3:foo|4:YmFy|" + "0" * 64, "é", "a;b;c", "=" * 50]
        + [_line(values.text(random))[:3000], "x" * 3900]
    )
    cookie = f"{name}={text}"
    if caller.cookie and random.random() < 0.5:
        parts = [caller.cookie, cookie]
        random.shuffle(parts)
        cookie = "; ".join(parts)
    return [("Cookie", cookie)] * random.choice([1, 1, 2])


def _bloat(random: Random) -> Pairs:
    return random.choice(
        [
            [("X-A", "x" * random.choice([8000, 16_000, 33_000, 61_000, 100_000]))],
            [(f"X-{number}", "y" * 50) for number in range(random.choice([90, 300]))],
            [("X" * 20_000, "a")],
            [("Accept", "*/*;q=" + "9" * 3000)],
            [("Accept-Language", ",".join(["en;q=0.1"] * 800))],
            [("Range", "bytes=" + ",".join(f"{i}-" for i in range(1500)))],
            [("If-None-Match", ",".join(['"a"'] * 2000))],
            [("If-Modified-Since", random.choice(["x", "Thu, 99 Foo 99999", "é"]))],
            [("Content-Type", "a/b;" + ";".join(["c=d"] * 2000))],
        ]
    )


def _origins(random: Random, scene: Scene) -> Pairs:
    site = random.choice(
        [*_SITES, f"http://{scene.victim_host}", f"http://{scene.host}"]
    )
    fetch = random.choice(["cross-site", "same-site", "none", "x"])
    pairs: Pairs = [("Origin", site), ("Sec-Fetch-Site", fetch)]
    pairs.append(("Sec-Fetch-Mode", random.choice(["no-cors", "navigate", "cors"])))
    pairs.append(("Referer", f"{site}/hub/"))
    return pairs


class Headers(Attack):
    """Headers of all kinds on requests for what is Ada's."""

    name = "headers"
    weight = 2.0
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request whose path is real, and whose headers are not."""
        method, path, host = random.choice(
            [
                ("GET", f"{scene.jobs}/{scene.job}/shell/{scene.role}/0", scene.host),
                ("DELETE", scene.job_path, scene.host),
                ("POST", f"{scene.job_path}/cancel", scene.host),
                ("GET", "/hub/api/users", scene.host),
                ("GET", "/hub/admin", scene.host),
                ("GET", "/hub/audit", scene.host),
                ("GET", "/hub/home", scene.host),
                ("GET", f"/hub/api/users/{scene.victim}", scene.host),
                ("POST", f"/hub/api/users/{scene.victim}/tokens", scene.host),
                ("GET", f"{scene.server_path}api/contents", scene.victim_host),
                ("GET", f"{scene.server_path}lab", scene.victim_host),
                ("GET", f"{scene.training}/health", scene.host),
                ("GET", "/services/training/metrics", scene.host),
            ]
        )
        pairs: HeaderList
        match random.randrange(6):
            case 0 | 1:
                pairs = _authorization(random, caller)
            case 2:
                pairs = [*caller.headers, *_claims(random, scene)]
            case 3:
                pairs = _cookies(random, caller, scene)
            case 4:
                pairs = [*caller.headers, *_bloat(random)]
            case _:
                pairs = [*caller.headers, *_origins(random, scene)]
        body = b"{}" if method == "POST" else None
        is_page = path.startswith("/hub/home") or path.endswith("/health")
        return Request(
            payload=compose(method, path, host=host, headers=pairs, body=body),
            caller=caller.role,
            method=method,
            must_be_refused=(not is_page and caller.role == ANONYMOUS)
            or path.startswith((scene.jobs, scene.server_path)),
            may_close=sum(len(name) + len(text) for name, text in pairs) > 30_000,
        )


class Hosts(Attack):
    """Names of hosts that lead to another's server, or away from the platform."""

    name = "host names"
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request for a host that is not what it says."""
        name, _, port = scene.host.partition(":")
        hers = scene.victim_host
        host = random.choice(
            [
                "",
                "evil.example",
                f"{hers}.evil.example",
                f"evil.example#{scene.host}",
                f"evil.example@{scene.host}",
                f"{hers}.",
                hers.upper(),
                f"{scene.victim}.{scene.victim}.{scene.host}",
                f"-.{scene.host}",
                f"..{scene.host}",
                f"*.{scene.host}",
                f"%61da.{scene.host}",
                f"{scene.host}, evil.example",
                f"{name}:99999",
                f"{name}:-1",
                f"{name}:{port}:{port}",
                "[::1]",
                "[",
                "127.0.0.1",
                "169.254.169.254",
                "hub.mofang.svc.cluster.local:8081",
                "kubernetes.default.svc",
                "a" * 300 + f".{scene.host}",
                "u-ada--00000000." + scene.host,
                b"\xff\xfe." + scene.host.encode(),
                f"ada\x00.{scene.host}",
                hers,
                hers,
            ]
        )
        path = random.choice(
            [
                f"{scene.server_path}api/contents",
                f"{scene.server_path}lab/tree/a",
                f"/user/eve/{scene.server}/api/status",
                "/hub/api/user",
                "/hub/token",
                "/hub/user-host/",
                "/hub/login?next=%2F%2Fevil.example",
                f"{scene.job_path}/shell/{scene.role}/0",
                "//evil.example/%2e%2e",
                "/\\evil.example",
                f"http://{hers}{scene.server_path}api/contents",
                "http://evil.example/hub/login",
                "https://kubernetes.default.svc/api/v1/secrets",
                "*",
            ]
        )
        method = random.choice(["GET", "GET", "GET", "OPTIONS", "HEAD", "CONNECT"])
        if method == "CONNECT":
            path = "kubernetes.default.svc:443"
        return Request(
            payload=compose(method, path, host=host, headers=caller.headers),
            caller=caller.role,
            method="" if method == "CONNECT" else method,
            # To be told what one may send is nothing yet.
            must_be_refused=method != "OPTIONS"
            and path.startswith((scene.server_path, scene.jobs)),
        )


def _line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")
