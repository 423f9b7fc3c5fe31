"""The ways into a replica: a terminal for a browser, SSH for an editor at home."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import urlsplit

from typing_extensions import override

from mofang_audit.event import AuditAction
from mofang_jobs.api.websocket_proxy import WebSocketProxyHandler
from mofang_jobs.domain.client_protocols import SshProtocol, TerminadoProtocol
from mofang_jobs.domain.container_commands import ShellTarget, login_shell, ssh_server
from mofang_jobs.domain.public_keys import parse_public_key
from mofang_jobs.services.shell_session import SessionRequest
from mofang_kube.errors import ForbiddenError

KEY_HEADER = "Mofang-Public-Key"


class ShellHandler(WebSocketProxyHandler):
    """A terminal in one replica of a job."""

    # Refused ones; the others are recorded with their session.
    audited: ClassVar[Mapping[str, AuditAction]] = MappingProxyType(
        {"GET": AuditAction.SHELL}
    )

    @override
    def check_request(self) -> None:
        origin = self.request.headers.get("Origin")
        if origin is not None and not self.check_origin(origin):
            raise ForbiddenError("Shells are opened from the platform's pages only.")

    @override
    def check_origin(self, origin: str) -> bool:
        """Let browsers in from the platform's own pages only.

        Jupyter servers and programs send no origin; a page of another site would.
        """
        host = self.request.headers.get("Host", "")
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()

    @override
    def session_request(self, target: ShellTarget) -> SessionRequest:
        return SessionRequest(
            caller=self.caller,
            target=target,
            program=login_shell(target),
            protocol=TerminadoProtocol(),
            action=AuditAction.SHELL,
            origin=self.client_address,
        )


class SshHandler(WebSocketProxyHandler):
    """An SSH connection into one replica of a job, for who holds a key.

    The key is the client's and good for this connection only: the caller's token has
    let them in already, and says whose job it is.
    """

    audited: ClassVar[Mapping[str, AuditAction]] = MappingProxyType(
        {"GET": AuditAction.SSH}
    )

    @override
    def check_request(self) -> None:
        if "Origin" in self.request.headers:
            raise ForbiddenError("SSH is not for pages; use `mofang ssh`.")
        self._key = parse_public_key(self.request.headers.get(KEY_HEADER, ""))

    @override
    def check_origin(self, origin: str) -> bool:
        """Let no browser in."""
        return False

    @override
    def session_request(self, target: ShellTarget) -> SessionRequest:
        return SessionRequest(
            caller=self.caller,
            target=target,
            program=ssh_server(target, self._key),
            protocol=SshProtocol(target.label, self._key),
            action=AuditAction.SSH,
            origin=self.client_address,
        )
