"""What clients understand: terminado's messages, or the bytes of an SSH connection.

Between a client and the channels of a container stands one of these, made anew for
each session. Nothing here waits or talks to anybody.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Protocol

from typing_extensions import override

from mofang_jobs.domain.public_keys import PublicKey
from mofang_jobs.domain.terminal_protocol import (
    SETUP,
    STDERR,
    STDOUT,
    disconnect_message,
    exit_code_of,
    frames_of,
    message_of,
    notice,
    output_message,
    stdin_frames,
)

MAX_COMPLAINT_BYTES = 4096
"""How much of the error output is remembered, to tell why there is no session."""

_SIGNALLED = range(129, 255)
"""Exit codes that stand for signals; sshd's own for a connection's end is 255."""

Message = str | bytes
"""A text frame or a binary one."""


class ClientProtocol(Protocol):
    """How one client is talked to."""

    name: str
    """What the session is called in sentences."""

    retry_hint: str
    """A sentence: what to do for another session."""

    kill_on_exit: bool
    """Whether what the session started ends even if it ended by itself."""

    def audit_fields(self) -> Mapping[str, str]:
        """Return what the record of a session tells beside who and where."""

    def on_open(self) -> list[Message]:
        """Return the messages that open a session."""

    def frames_of(self, message: Message) -> Iterator[bytes]:
        """Yield the frames for the container that a client's message asks for."""

    def messages_of(self, channel: int, content: bytes) -> list[Message]:
        """Return the messages for a piece of the container's output."""

    def exit_message(self, status: bytes) -> str:
        """Return what went wrong, by the status of the exec connection.

        Empty if nothing did, or if the output has said it already.
        """

    def on_close(self, message: str) -> list[Message]:
        """Return the messages that close a session; the sentence may be empty."""


class TerminadoProtocol(ClientProtocol):
    """terminado's, as JupyterLab's terminals speak it."""

    name = "shell"
    retry_hint = "Press Reconnect."
    kill_on_exit = False

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    @override
    def audit_fields(self) -> Mapping[str, str]:
        return {"kind": "shell"}

    @override
    def on_open(self) -> list[Message]:
        return [SETUP]

    @override
    def frames_of(self, message: Message) -> Iterator[bytes]:
        return frames_of(message)

    @override
    def messages_of(self, channel: int, content: bytes) -> list[Message]:
        text = self._decoder.decode(content)
        return [output_message(text)] if text else []

    @override
    def exit_message(self, status: bytes) -> str:
        return ""

    @override
    def on_close(self, message: str) -> list[Message]:
        messages = [notice(message)] if message else []
        return [*messages, disconnect_message()]


class SshProtocol(ClientProtocol):
    """Bytes of the SSH protocol both ways, and one sentence where they end early.

    Args:
        label: The replica's name.
        key: Who comes.
    """

    name = "SSH session"
    retry_hint = "Connect again."
    kill_on_exit = True

    def __init__(self, label: str, key: PublicKey) -> None:
        self._label = label
        self._key = key
        self._has_begun = False
        self._complaint = b""

    @override
    def audit_fields(self) -> Mapping[str, str]:
        return {"kind": "ssh", "key": self._key.fingerprint}

    @override
    def on_open(self) -> list[Message]:
        return []

    @override
    def frames_of(self, message: Message) -> Iterator[bytes]:
        # Text is none of the protocol's bytes.
        return stdin_frames(message) if isinstance(message, bytes) else iter(())

    @override
    def messages_of(self, channel: int, content: bytes) -> list[Message]:
        if channel == STDOUT:
            self._has_begun = True
            return [content]
        if channel == STDERR and not self._has_begun:
            self._complaint = (self._complaint + content)[-MAX_COMPLAINT_BYTES:]
        return []

    @override
    def exit_message(self, status: bytes) -> str:
        if not status:
            return (
                f"The connection to {self._label} was lost. If the job still runs, "
                "connect again."
            )
        code = exit_code_of(status)
        if self._has_begun and code is not None and code in _SIGNALLED:
            return (
                f"The SSH server in {self._label} was stopped, most often because the "
                "container ended. See the job's state."
            )
        if code == 0 or self._has_begun:
            return ""
        return f"SSH is not possible in {self._label}: {self._reason(status, code)}"

    @override
    def on_close(self, message: str) -> list[Message]:
        return [json.dumps({"error": message})] if message else []

    def _reason(self, status: bytes, code: int | None) -> str:
        lines = self._complaint.decode("utf-8", "replace").splitlines()
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if "No module named" in said:
            return (
                "its image is without Mofang's part for it. Use an environment of this "
                "version of the platform."
            )
        if said:
            return "".join(each for each in said if each.isprintable())
        if code is None:
            return message_of(status) or "the SSH server could not be started."
        return f"the SSH server ended with exit code {code}."
