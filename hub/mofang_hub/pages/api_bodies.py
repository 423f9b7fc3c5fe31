"""What JupyterHub's REST API reads in bodies of requests, as models.

JupyterHub checks some fields and breaks on wrong values of others, or leaves them to
the database. Lengths are those of its columns, which PostgreSQL enforces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from jupyterhub.apihandlers import groups, hub, services, shares, users
from jupyterhub.apihandlers.users import _parse_timestamp
from jupyterhub.crypto import CryptKeeper, EncryptionUnavailable
from jupyterhub.scopes import ScopeNotFound, _check_scopes_exist
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_DAY = 24 * 60 * 60
LONGEST_NAME = 255
LONGEST_TOKEN_SECONDS = 100 * 366 * _DAY
"""JupyterHub adds it to the time of now, and years have four digits."""

_LONGEST_NOTE = 1023


def _check_time(text: str) -> str:
    try:
        # JupyterHub's own, whose refusals go through.
        _parse_timestamp(text)
    except OverflowError:
        raise ValueError("write a time such as 2026-11-30T08:00:00Z") from None
    return text


def _check_kept(state: dict[str, Any]) -> dict[str, Any]:
    try:
        CryptKeeper.instance().check_available()
    except EncryptionUnavailable:
        raise ValueError("the hub has no key to keep it with") from None
    return state


def _check_scope(text: str) -> str:
    try:
        _check_scopes_exist([text])
    except ScopeNotFound:
        raise ValueError(f"there is no scope {text[:LONGEST_NAME]!r}") from None
    return text


Name = Annotated[str, Field(max_length=LONGEST_NAME)]
_Known = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_Scope = Annotated[str, AfterValidator(_check_scope)]
_Time = Annotated[str, AfterValidator(_check_time)]


class Body(BaseModel):
    """A JSON object; what JupyterHub does not know is left to it."""

    model_config = ConfigDict(extra="allow", strict=True)


class StrictBody(Body):
    """A JSON object of which JupyterHub knows no other fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewToken(Body):
    """POST on a user's tokens."""

    note: Annotated[str, Field(max_length=_LONGEST_NOTE)] | None = None
    expires_in: int | None = Field(default=None, ge=1, le=LONGEST_TOKEN_SECONDS)
    """Seconds."""
    roles: list[Name] | None = None
    scopes: list[_Scope] | None = None


class NewUsers(Body):
    """POST on users."""

    usernames: list[Name]
    admin: bool = False


class NewUser(Body):
    """POST on a user."""

    admin: bool = False


class ChangedUser(StrictBody):
    """PATCH on a user."""

    name: Name | None = None
    admin: bool | None = None
    auth_state: Annotated[dict[str, Any], AfterValidator(_check_kept)] | None = None


class StartedServer(Body):
    """POST and PUT on a server."""

    display_name: Name | None = None
    user_options: dict[str, Any] | None = None


class ChangedServer(StrictBody):
    """PATCH on a server."""

    name: Name | None = None
    display_name: Name = ""
    user_options: dict[str, Any] = Field(default_factory=dict)


class StoppedServer(Body):
    """DELETE on a server."""

    remove: bool = False


class ServerActivity(Body):
    """Of one server."""

    last_activity: _Time


class Activity(Body):
    """POST on a user's activity."""

    last_activity: _Time | None = None
    servers: dict[str, ServerActivity] | None = None


class Share(StrictBody):
    """POST and PATCH on the shares of a server."""

    user: _Known | None = None
    group: _Known | None = None
    scopes: list[_Scope] | None = None


class NewShareCode(StrictBody):
    """POST on the share codes of a server."""

    scopes: list[_Scope] | None = None
    expires_in: int = Field(default=_DAY, ge=60, le=365 * _DAY)
    """Seconds."""


class NewGroups(Body):
    """POST on groups."""

    groups: list[Name]
    users: list[Name] = Field(default_factory=list)


class NewGroup(Body):
    """POST on a group."""

    users: list[Name] = Field(default_factory=list)


class GroupUsers(Body):
    """POST and DELETE on the users of a group."""

    users: list[Name]


class GroupProperties(Body):
    """PUT on the properties of a group: any."""


class NewService(Body):
    """POST on a service."""

    url: Annotated[str, Field(max_length=2047)] | None = None
    oauth_client_allowed_scopes: list[_Scope] | None = None
    info: dict[str, Any] | None = None


class Shutdown(Body):
    """POST on the hub's end."""

    proxy: bool | None = None
    servers: bool | None = None


BODIES: Mapping[tuple[type, str], type[Body]] = {
    (users.UserTokenListAPIHandler, "POST"): NewToken,
    (users.UserListAPIHandler, "POST"): NewUsers,
    (users.UserAPIHandler, "POST"): NewUser,
    (users.UserAPIHandler, "PATCH"): ChangedUser,
    (users.UserServerAPIHandler, "POST"): StartedServer,
    (users.UserServerAPIHandler, "PUT"): StartedServer,
    (users.UserServerAPIHandler, "PATCH"): ChangedServer,
    (users.UserServerAPIHandler, "DELETE"): StoppedServer,
    (users.ActivityAPIHandler, "POST"): Activity,
    (shares.ServerShareAPIHandler, "POST"): Share,
    (shares.ServerShareAPIHandler, "PATCH"): Share,
    (shares.ServerShareCodeAPIHandler, "POST"): NewShareCode,
    (groups.GroupListAPIHandler, "POST"): NewGroups,
    (groups.GroupAPIHandler, "POST"): NewGroup,
    (groups.GroupUsersAPIHandler, "POST"): GroupUsers,
    (groups.GroupUsersAPIHandler, "DELETE"): GroupUsers,
    (groups.GroupPropertiesAPIHandler, "PUT"): GroupProperties,
    (services.ServiceAPIHandler, "POST"): NewService,
    (hub.ShutdownAPIHandler, "POST"): Shutdown,
}
"""By JupyterHub's handler and the method."""


def body_of(handler: type, method: str) -> type[Body] | None:
    """Return the model of a request's body; None where JupyterHub reads none."""
    return next(
        (BODIES[each, method] for each in handler.__mro__ if (each, method) in BODIES),
        None,
    )
