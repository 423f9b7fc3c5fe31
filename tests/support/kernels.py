"""A kernel of a notebook's server, as a notebook uses it."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from support.hub import HubSession


@contextmanager
def running_kernel(session: HubSession, server: str) -> Iterator["Kernel"]:
    """Start the default kernel of a person's server, and end it afterwards."""
    url = f"{session.server_url(server)}api/kernels"
    headers = {"Authorization": f"token {session.token}"}
    with httpx.Client(headers=headers, timeout=120, trust_env=False) as http:
        answer = http.post(url, json={"name": "python3"})
        answer.raise_for_status()
        kernel = f"{url}/{answer.json()['id']}"
        try:
            with connect(
                f"{kernel.replace('http', 'ws', 1)}/channels",
                additional_headers=headers,
                open_timeout=120,
                max_size=None,
                proxy=None,
            ) as socket:
                yield Kernel(socket)
        finally:
            http.delete(kernel)


class Kernel:
    """A kernel that runs cells, one after the other."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def run(self, code: str, *, within: float = 240) -> str:
        """Run a cell; return what it printed.

        Raises:
            AssertionError: The cell failed; its error is the message.
        """
        request = self._send("execute_request", code)
        printed = ""
        while True:
            message = json.loads(self._socket.recv(timeout=within))
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed += content["text"]
            elif kind == "error":
                raise AssertionError("\n".join([printed, *content["traceback"]]))
            elif kind == "status" and content["execution_state"] == "idle":
                return printed

    def _send(self, kind: str, code: str) -> str:
        message_id = uuid.uuid4().hex
        content: dict[str, Any] = {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        header = {
            "msg_id": message_id,
            "msg_type": kind,
            "session": "tests",
            "username": "tests",
            "version": "5.3",
        }
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
            "buffers": [],
        }
        self._socket.send(json.dumps(message))
        return message_id
