"""Sockets into what is Ada's: without a token, with another's, from other pages."""

import base64
from random import Random
from typing import ClassVar

from typing_extensions import override

from attack.attack import Attack
from attack.request import Request, compose
from attack.scene import CALLERS, Caller, Scene

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43


class Upgrades(Attack):
    """WebSockets, h2c and protocols that do not exist, to shells, SSH and servers."""

    name = "upgrades"
    weight = 2.0
    callers: ClassVar = CALLERS

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return an upgrade that must not come about."""
        replica = f"{scene.role}/{random.choice(['0', '0', '1', '99999'])}"
        terminal = f"{scene.job}:{scene.role}:0"
        servers = scene.server_path
        path = random.choice(
            [
                f"{scene.job_path}/shell/{replica}",
                f"{scene.job_path}/shell/{replica}",
                f"{scene.job_path}/ssh/{replica}",
                f"{servers}mofang/cloudshell/terminals/websocket/{terminal}",
                f"{servers}terminals/websocket/1",
                f"{servers}api/events/subscribe",
                f"{servers}api/kernels/{random.randbytes(16).hex()}/channels",
                f"{servers}mofang/tensorboard/view/{random.randbytes(16).hex()}/",
                f"{servers}lsp/ws/pylsp",
            ]
        )
        host = scene.victim_host if path.startswith("/user/") else scene.host
        headers = [*caller.headers, *self._upgrade(random)]
        if random.random() < 0.5:
            origins = ["null", "https://evil.example", f"http://{scene.host}"]
            origins += [f"http://{scene.victim_host}", f"https://{scene.host}.evil", ""]
            headers.append(("Origin", random.choice(origins)))
        if "/ssh/" in path:
            keys = [_KEY, "ssh-rsa AAAA", 'command="id" ' + _KEY, "", "x" * 5000]
            headers.append(("Mofang-Public-Key", random.choice(keys)))
        if caller.token and random.random() < 0.2:
            # In the address, as pages do that cannot set headers.
            path, headers = f"{path}?token={caller.token}", headers[1:]
        if caller.cookie and random.random() < 0.2:
            headers.append(("Cookie", caller.cookie))
        return Request(
            payload=compose("GET", path, host=host, headers=headers),
            caller=caller.role,
        )

    def _upgrade(self, random: Random) -> list[tuple[str | bytes, str | bytes]]:
        key = base64.b64encode(random.randbytes(16)).decode()
        kind = random.choice(
            ["websocket"] * 4 + ["WebSocket", "h2c", "tcp", "", "x, y"]
        )
        pairs: list[tuple[str | bytes, str | bytes]] = [
            (
                "Connection",
                random.choice(["Upgrade", "Upgrade", "keep-alive, Upgrade"]),
            ),
            ("Upgrade", kind),
            (
                "Sec-WebSocket-Version",
                random.choice(["13", "13", "13", "8", "99", "x"]),
            ),
            ("Sec-WebSocket-Key", random.choice([key, key, key, "", "a", key * 50])),
        ]
        if kind == "h2c":
            pairs[0] = ("Connection", "Upgrade, HTTP2-Settings")
            pairs.append(("HTTP2-Settings", "AAMAAABkAAQAAP__"))
        if random.random() < 0.3:
            names = ["v1.kernel.websocket.jupyter.org", "x", "a, b, a", "x" * 3000]
            pairs.append(("Sec-WebSocket-Protocol", random.choice(names)))
        if random.random() < 0.2:
            deflate = "permessage-deflate; server_max_window_bits=99"
            pairs.append(("Sec-WebSocket-Extensions", deflate))
        return pairs
