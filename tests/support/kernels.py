"""A kernel of a notebook's server, as a notebook uses it."""

import json
import uuid
from typing import Any, Self

import httpx
from websockets.sync.client import connect

from support.hub import HubSession


class Kernel:
    """One that was started for the test; leaving the context ends it."""

    def __init__(self, session: HubSession, server: str) -> None:
        path = f"/user/{session.name}/{server}/api/kernels"
        self._headers = {"Authorization": f"token {session.token}"}
        self._http = httpx.Client(
            base_url=f"{session.platform.url}{path}",
            headers=self._headers,
            timeout=120,
            trust_env=False,
        )
        answer = self._http.post("", json={"name": "python3"})
        answer.raise_for_status()
        self.id = answer.json()["id"]
        address = str(self._http.base_url).replace("http", "ws", 1)
        self._socket = connect(
            f"{address.rstrip('/')}/{self.id}/channels",
            additional_headers=self._headers,
            open_timeout=120,
            max_size=None,
            proxy=None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._socket.close()
        self._http.delete(f"/{self.id}")
        self._http.close()

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
