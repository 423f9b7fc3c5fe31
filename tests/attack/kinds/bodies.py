"""Bodies that are no JSON, not what was asked for, or more than anybody wants."""

import gzip
import zlib
from collections.abc import Callable
from random import Random
from typing import ClassVar

from typing_extensions import override

from attack import values
from attack.attack import Attack
from attack.request import Request, chunks, compose
from attack.scene import ANONYMOUS, CALLERS, Caller, Scene

_BOMB = gzip.compress(bytes(8 * 1024**2))
_DEFLATED = zlib.compress(bytes(8 * 1024**2))

_TYPES = (
    "application/json",
    "application/json",
    "application/json; charset=utf-16",
    "application/json; charset=" + "x" * 300,
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=b",
    "multipart/form-data; boundary=" + "b" * 500,
    "text/plain",
    "application/xml",
    "application/x-yaml",
    "application/msgpack",
    "",
    "/",
    "é",
)
_ENCODINGS = (
    ("gzip", _BOMB),
    ("deflate", _DEFLATED),
    ("gzip", b"\x1f\x8b broken"),
    ("br", b"\x0b\x02\x80"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("gzip, gzip, gzip", gzip.compress(gzip.compress(_BOMB))),
    ("identity", b"{}"),
    ("x" * 200, b"{}"),
)
_PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\nada\r\n--b--',
    b"--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
    b"--b\r\n\r\n--b--",
    b"--b--",
    b"--b" * 1000,
    b"--b\r\nContent-Disposition: form-data; filename*=a''%FF\r\n\r\nx\r\n--b--",
    b"--b\r\nContent-Disposition: form-data; name*=x'y'%zz\r\n\r\nx\r\n--b--",
)


def raw_body(random: Random) -> bytes:
    """Return what is no JSON, or nothing that a model is of."""
    return random.choice(
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b'"text"',
            b"{}{}",
            b'{"name": }',
            b"\xff\xfe{\x00}\x00",
            b"\xef\xbb\xbf{}",
            b"\x00" * random.choice([1, 1000]),
            bytes(random.randrange(256) for _ in range(200)),
            b'{"name": "\xff\xfe"}',
            b'{"name": "\\ud800"}',
            b'{"name": "\\u0000"}',
            b'{"name": "a\nb"}',
            "{'name': 'é'}".encode("latin-1"),
            '{"name": "é"}'.encode("utf-16"),
        ]
    )


def _nested(random: Random) -> bytes:
    depth = random.choice([50, 900, 1100, 20_000, 60_000])
    opening, inner, closing = random.choice(
        [(b"[", b"", b"]"), (b'{"a":', b"1", b"}"), (b'[{"a":', b"1", b"}]")]
    )
    whole = opening * depth + inner
    return whole + closing * depth if random.random() < 0.7 else whole


def _numbers(random: Random) -> bytes:
    field = random.choice(
        [b"replicas", b"run_as_user", b"lr", b"hold_on_failure_minutes"]
    )
    number = random.choice(values.RAW_NUMBERS).encode()
    template = random.choice(
        [
            b'{"name": "n", "%s": %s}',
            b'{"name": "n", "hyperparameters": {"%s": %s}}',
            b'{"name": "n", "roles": {"%s": {"replicas": %s}}}',
        ]
    )
    return template % (field, number)


def _duplicates(random: Random) -> bytes:
    pair = b'"%s": %s' % (
        random.choice([b"name", b"run_as_user", b"script", b"username"]),
        random.choice([b'"a"', b"0", b"null", b"{}"]),
    )
    return b"{" + b", ".join([pair] * random.choice([2, 2000])) + b"}"


def _large(random: Random) -> bytes:
    size = random.choice([32, 64, 127, 129, 255, 257, 600]) * 1024
    return b'{"name": "' + b"x" * size + b'"}'


def _any_json(random: Random) -> bytes:
    return values.encode(values.value(random))


_MAKERS: tuple[Callable[[Random], bytes], ...] = (
    raw_body,
    raw_body,
    _nested,
    _numbers,
    _duplicates,
    _any_json,
    _any_json,
    lambda random: random.choice(_PARTS),
)


class Bodies(Attack):
    """Bodies for every address that reads one."""

    name = "bodies"
    weight = 3.0
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request whose body is not what its address reads."""
        method, path, is_browser, host = self._address(random, scene)
        headers = [*(caller.browser_headers if is_browser else caller.headers)]
        headers.append(("Content-Type", random.choice(_TYPES)))
        body = random.choice(_MAKERS)(random)
        if random.random() < 0.02:
            body = _large(random)
        elif random.random() < 0.1:
            coding, body = random.choice(_ENCODINGS)
            headers.append(("Content-Encoding", coding))
        elif random.random() < 0.1:
            headers.append(("Transfer-Encoding", "chunked"))
            cut = random.randrange(1, 50)
            body = chunks([body[:cut], body[cut:]])
        # The log-in page answers 200 or 403 with the form to whoever it knows not.
        return Request(
            payload=compose(method, path, host=host, headers=headers, body=body),
            caller=caller.role,
            method=method,
            must_be_refused=not is_browser and caller.role == ANONYMOUS,
        )

    def _address(self, random: Random, scene: Scene) -> tuple[str, str, bool, str]:
        hub, hers = scene.host, scene.victim_host
        extension = f"{scene.server_path}mofang"
        actions = f"/hub/api/mofang/servers/{scene.victim}/{scene.server}"
        return random.choice(
            [
                ("POST", scene.jobs, False, hub),
                ("POST", f"{scene.jobs}/preview", False, hub),
                ("POST", f"{scene.jobs}/preview", False, hub),
                ("POST", f"{scene.job_path}/cancel", False, hub),
                ("DELETE", scene.job_path, False, hub),
                ("POST", "/hub/login", True, hub),
                ("POST", f"/hub/spawn/{scene.victim}/{scene.server}", True, hub),
                ("POST", "/hub/api/oauth2/token", False, hub),
                ("POST", f"/hub/api/users/{scene.victim}/tokens", False, hub),
                ("POST", f"/hub/api/users/{scene.victim}/activity", False, hub),
                ("PATCH", f"/hub/api/users/{scene.victim}", False, hub),
                ("POST", f"{actions}/restart", False, hub),
                ("POST", f"{actions}/rename", False, hub),
                ("POST", f"{extension}/training/api/jobs", False, hers),
                ("POST", f"{extension}/training/api/snapshots", False, hers),
                ("POST", f"{extension}/tensorboard/api/instances", False, hers),
                ("PUT", f"{scene.server_path}api/contents/a.txt", False, hers),
                ("POST", f"{scene.server_path}api/kernels", False, hers),
            ]
        )
