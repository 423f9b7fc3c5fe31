"""JupyterHub's REST API, with refusals for what JupyterHub answers with 500.

The table in docs/administrators/security.md lists what that is. Checks come after
JupyterHub's own of who asks, and never let more through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from jupyterhub.apihandlers.auth import TokenAPIHandler
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.apihandlers.proxy import ProxyAPIHandler
from jupyterhub.apihandlers.shares import ServerShareCodeAPIHandler
from jupyterhub.apihandlers.users import SelfAPIHandler, UserTokenAPIHandler
from jupyterhub.scopes import needs_scope
from pydantic import ValidationError
from tornado import web
from typing_extensions import override

from mofang_hub.handler_replacement import replace_handlers
from mofang_hub.pages.api_bodies import LONGEST_NAME, body_of
from mofang_hub.pages.start_ahead import IdentityHandler

_LARGEST = 2**63 - 1
"""That databases take for the number of rows to skip."""

_ID = re.compile(r"[0-9]{1,9}", re.ASCII)
"""Of rows: columns have 32 bits."""

_SHOWN = 3
"""Faults of a body in one answer."""


def _refused(message: str) -> web.HTTPError:
    return web.HTTPError(HTTPStatus.BAD_REQUEST, "%s", message)


class CheckedHandler(APIHandler):  # type: ignore[misc] # JupyterHub has no types
    """Looks at a request before JupyterHub's handler does."""

    @override
    async def prepare(self) -> None:
        """Refuse names in the address that no database keeps."""
        await super().prepare()
        names = [each for each in self.path_args if each is not None]
        values = [each for many in self.request.arguments.values() for each in many]
        if any("\0" in each for each in names) or any(b"\0" in each for each in values):
            raise _refused("The address has a NUL character. Leave it out.")
        if any(len(each) > LONGEST_NAME for each in names):
            raise _refused(
                f"A name in the address is too long. Names have at most {LONGEST_NAME} "
                "characters."
            )

    @override
    def get_api_pagination(self) -> tuple[int, int]:
        offset, limit = super().get_api_pagination()
        if offset > _LARGEST:
            raise _refused(f"offset is too large. It is at most {_LARGEST}.")
        return offset, limit

    @override
    def server_model(self, spawner: Any, *, user: Any = None) -> dict[str, Any]:
        # Nobody has asked for it yet: it is none of its person's that run.
        # Rows of the database come here, too.
        if getattr(spawner, "is_unused", False) and not self._is_own(spawner):
            spawner, user = spawner.orm_spawner, spawner.user
        model: dict[str, Any] = super().server_model(spawner, user=user)
        return model

    @override
    def user_model(self, user: Any) -> dict[str, Any]:
        model: dict[str, Any] = super().user_model(user)
        if not self.include_stopped_servers and model.get("servers"):
            model["servers"] = {
                name: each
                for name, each in model["servers"].items()
                if not each["stopped"]
            }
        return model

    def _is_own(self, spawner: Any) -> bool:
        """Whether it is the server itself that asks."""
        own = f"read:servers!server={spawner.user.name}/{spawner.name}"
        return own in self.expanded_scopes

    @override
    def get_json_body(self) -> Any:
        """Return the body, if there is one: an object with fields that may be.

        Raises:
            HTTPError: Says what is wrong with it.
        """
        if not self.request.body:
            return None
        model = parse_object(self.request.body)
        kind = body_of(type(self), self.request.method)
        if kind is None or model is None:
            return model
        try:
            kind.model_validate(model)
        except ValidationError as err:
            raise _refused(_message(err)) from err
        return model


def parse_object(body: bytes) -> dict[str, Any] | None:
    """Return a body's JSON object; None for null.

    Raises:
        HTTPError: It is something else, or has text that no database keeps.
    """
    try:
        model = json.loads(body.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise _refused("The body is not UTF-8. Send a JSON object.") from None
    except (ValueError, RecursionError):
        raise _refused("The body is not JSON. Send a JSON object.") from None
    if model is not None and not isinstance(model, dict):
        raise _refused("The body is JSON, but not an object. Send a JSON object.")
    for text in _texts(model):
        if "\0" in text or any("\ud800" <= each <= "\udfff" for each in text):
            raise _refused(
                "The body has a NUL character or half of a surrogate pair in a text. "
                "Leave it out."
            )
    return model


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts and the names of fields in JSON of any depth."""
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case list() as items:
                left += items
            case dict() as fields:
                left += [*fields, *fields.values()]
            case _:
                pass


def _message(err: ValidationError) -> str:
    found = err.errors(include_url=False, include_input=False, include_context=False)
    faults = []
    for each in found[:_SHOWN]:
        name = ".".join(str(part) for part in each["loc"])[:LONGEST_NAME]
        faults.append(f"{name}: {each['msg'].removeprefix('Value error, ')}")
    return f"The body cannot be used. {'; '.join(faults)}."


class TokenOwnerHandler(TokenAPIHandler):  # type: ignore[misc] # likewise
    """Whose a token is; the address may have a token, or lack it, for either verb."""

    @override
    def get(self, token: str = "") -> None:
        if not token:
            raise web.HTTPError(
                HTTPStatus.NOT_FOUND,
                "There is no token in the address. Ask /hub/api/user, with the token "
                "in the header Authorization.",
            )
        super().get(token)

    @override
    async def post(self, token: str = "") -> None:
        del token
        await super().post()


class UserTokenHandler(UserTokenAPIHandler):  # type: ignore[misc] # likewise
    """One token of a user, by an id of the length that ids have."""

    @override
    def find_token_by_id(self, user: Any, token_id: str) -> Any:
        if not _ID.fullmatch(token_id[1:]):
            raise web.HTTPError(
                HTTPStatus.NOT_FOUND,
                "%s",
                f"No such token {token_id} for user {user.name}",
            )
        return super().find_token_by_id(user, token_id)


class ShareCodeHandler(ServerShareCodeAPIHandler):  # type: ignore[misc] # likewise
    """Share codes of a server, by ids of the length that ids have."""

    @needs_scope("shares")
    @override
    def delete(self, user_name: str, server_name: str | None = None) -> None:
        found = self.get_argument("id", "")
        if found and not _ID.fullmatch(found.removeprefix("sc_")):
            raise web.HTTPError(
                HTTPStatus.NOT_FOUND, "%s", f"No code found matching id={found}"
            )
        super().delete(user_name, server_name)


class ProxyHandler(ProxyAPIHandler):  # type: ignore[misc] # likewise
    """The proxy, whose address is read as other bodies are."""

    @needs_scope("proxy")
    @override
    async def patch(self) -> None:
        self.get_json_body()
        await super().patch()


_REPLACED: dict[type, type] = {
    TokenAPIHandler: TokenOwnerHandler,
    UserTokenAPIHandler: UserTokenHandler,
    SelfAPIHandler: IdentityHandler,
    ServerShareCodeAPIHandler: ShareCodeHandler,
    ProxyAPIHandler: ProxyHandler,
}


def with_checks(handlers: list[Any]) -> list[Any]:
    """Return handlers of the hub, with a checked one for each of its REST API.

    Args:
        handlers: Tuples of a pattern, a class and, maybe, its arguments.
    """
    return replace_handlers(handlers, APIHandler, _checked)


def _checked(kind: type) -> type:
    kind = _REPLACED.get(kind, kind)
    # After JupyterHub's handler, which calls what it inherits, and before its base.
    return type(kind.__name__, (kind, CheckedHandler), {"__module__": kind.__module__})
