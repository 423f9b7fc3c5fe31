"""What people do in the hub, for the audit log: by the request, when it has ended.

Every request of the hub ends in tornado's ``log_function``, so nothing that a handler
of JupyterHub's does passes by. Events go through JupyterHub's own ``EventLogger``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from jupyter_events.logger import EventLogger
from jupyterhub.orm import Service

from mofang_audit.address import Network, client_address, parse_networks
from mofang_audit.event import (
    SCHEMA_FILE,
    SCHEMA_ID,
    AuditAction,
    AuditEvent,
    AuditOutcome,
)
from mofang_audit.files import AuditFileHandler
from mofang_hub.settings import AuditSettings

_SERVER = r"/servers?(?:/(?P<server>[^/]*))?"
_WRITES = "POST|PUT|PATCH|DELETE"


@dataclass(frozen=True, slots=True)
class _Rule:
    methods: str
    path: str
    action: AuditAction | None
    """None for what is not recorded."""

    def match(self, method: str, path: str) -> re.Match[str] | None:
        if not re.fullmatch(self.methods, method):
            return None
        return re.fullmatch(self.path, path)


_USER = r"/api/users/(?P<owner>[^/]+)"
_RULES = (
    _Rule("POST", r"/login", AuditAction.LOG_IN),
    _Rule("GET", r"/oauth_callback", AuditAction.LOG_IN),
    _Rule("GET", r"/logout", AuditAction.LOG_OUT),
    _Rule(
        "POST",
        r"/spawn(?:/(?P<owner>[^/]+)(?:/(?P<server>[^/]+))?)?",
        AuditAction.START,
    ),
    _Rule("POST", _USER + _SERVER, AuditAction.START),
    _Rule("DELETE", _USER + _SERVER, AuditAction.STOP),
    _Rule("GET|POST", r"/api/oauth2/authorize", AuditAction.ENTER),
    # A server's own, hundreds a day each.
    _Rule("POST", _USER + "/activity", None),
    _Rule("POST", r"/api/mofang/users/[^/]+/servers/[^/]+/\w+", None),
    _Rule("POST", r"/api/oauth2/token", None),
    _Rule("POST", _USER + "/tokens", AuditAction.CREATE_TOKEN),
    _Rule("POST", r"/api/authorizations/token", AuditAction.CREATE_TOKEN),
    _Rule("DELETE", _USER + r"/tokens/[^/]*", AuditAction.REVOKE_TOKEN),
    _Rule(
        "POST|PATCH",
        r"/api/share(?:s|-codes)/(?P<owner>[^/]+)/(?P<server>[^/]*)",
        AuditAction.SHARE,
    ),
    _Rule("POST", r"/accept-share", AuditAction.SHARE),
    _Rule(
        _WRITES,
        r"/api/share(?:s|-codes)/(?P<owner>[^/]+)(?:/(?P<server>[^/]*))?",
        AuditAction.UNSHARE,
    ),
    _Rule("DELETE", r"/api/(?:users|groups)/[^/]+/shared/.*", AuditAction.UNSHARE),
    _Rule(_WRITES, _USER + "(?:/.*)?", AuditAction.ADMINISTER),
    _Rule(_WRITES, r"/api/.*", AuditAction.ADMINISTER),
)

_OF_SERVERS = "jupyterhub-user-"
"""How the ids of servers begin, as OAuth clients of the hub."""


def find_action(method: str, path: str) -> tuple[AuditAction, dict[str, str]] | None:
    """Return what a request does, and to what; None if it is not recorded.

    Args:
        method: Of HTTP.
        path: Below the hub's prefix, without the query.
    """
    for rule in _RULES:
        match = rule.match(method, path)
        if match is not None:
            about = {name: text for name, text in match.groupdict().items() if text}
            return (rule.action, about) if rule.action else None
    return None


class RequestAudit:
    """Records requests of the hub.

    Args:
        events: JupyterHub's; gets the schema and the file.
        settings: Where the log is, for how long, and whose headers are believed.
        prefix: Of the hub's paths.
    """

    def __init__(
        self, events: EventLogger, settings: AuditSettings, prefix: str
    ) -> None:
        events.register_event_schema(SCHEMA_FILE)
        self.handler = AuditFileHandler(
            settings.folder,
            "hub",
            keep_days=settings.retention_days,
            max_bytes=settings.max_bytes_per_day,
        )
        events.register_handler(self.handler)
        self._events = events
        self._trusted = parse_networks(settings.trusted_proxies)
        self._prefix = prefix.rstrip("/")

    def record(self, handler: Any) -> None:
        """Record the request of a handler that has answered; never raises."""
        request = handler.request
        path = request.path.removeprefix(self._prefix)
        if path == request.path:
            return
        found = find_action(request.method or "", path)
        if found is None or not _concerns_us(handler, found[0]):
            return
        action, about = found
        event = AuditEvent.model_validate(
            {
                "action": action,
                "outcome": _outcome(handler, action),
                "status": handler.get_status(),
                "request": f"{request.method} {request.path}",
                **_actor(handler, action),
                **_about(handler, action, about),
                **_address(request, self._trusted),
            }
        )
        self._events.emit(schema_id=SCHEMA_ID, data=event.content())


def _concerns_us(handler: Any, action: AuditAction) -> bool:
    match action:
        case AuditAction.ENTER:
            return bool(handler.get_argument("client_id", "").startswith(_OF_SERVERS))
        case AuditAction.LOG_OUT:
            # Nobody was logged in.
            return _user(handler) is not None
        case _:
            return True


def _user(handler: Any) -> Any:
    """Return who sent the request; None if nobody is known."""
    user = getattr(handler, "_jupyterhub_user", None)
    return user or getattr(handler, "logged_out_user", None)


def _outcome(handler: Any, action: AuditAction) -> AuditOutcome:
    status = handler.get_status()
    # The form is shown again, with a sentence, when the password was wrong.
    if action is AuditAction.LOG_IN and status == HTTPStatus.OK:
        return AuditOutcome.REFUSED
    return AuditOutcome.of_status(status)


def _actor(handler: Any, action: AuditAction) -> dict[str, Any]:
    user = _user(handler)
    if user is not None:
        kind = "service" if isinstance(user, Service) else "user"
        return {"actor": user.name, "actor_kind": kind}
    if action is AuditAction.LOG_IN:
        # Whom somebody says to be, who could not show it.
        return {"owner": handler.get_body_argument("username", "")}
    return {}


def _about(handler: Any, action: AuditAction, found: dict[str, str]) -> dict[str, str]:
    about = dict(found)
    user = getattr(handler, "_jupyterhub_user", None)
    if action is AuditAction.START and "owner" not in about and user is not None:
        about["owner"] = user.name
    if action is AuditAction.ENTER:
        about["detail"] = handler.get_argument("client_id", "")
    if (
        "server" in about
        and "owner" in about
        and (project := _project(handler, about["owner"], about["server"]))
    ):
        about["project"] = project
    return about


def _project(handler: Any, owner: str, server: str) -> str:
    user = handler.find_user(owner)
    spawner = user.orm_spawners.get(server) if user is not None else None
    options = (spawner.user_options or {}) if spawner is not None else {}
    return str(options.get("project") or "")


def _address(request: Any, trusted: Sequence[Network]) -> dict[str, str]:
    # What tornado calls remote_ip is what a header says, whoever sent it.
    peer = request.connection.context.address
    found = client_address(
        str(peer[0]) if isinstance(peer, tuple) else "",
        request.headers.get_list("X-Forwarded-For"),
        trusted,
    )
    return {"address": found.address, "forwarded_for": found.forwarded_for}
