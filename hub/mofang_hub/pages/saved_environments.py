"""Saved environments by REST, for servers' own requests and for the gallery."""

from http import HTTPStatus
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.user import User
from pydantic import BaseModel, ValidationError
from tornado import web

from mofang_hub.auth.scopes import APPROVE_ENVIRONMENTS, WRITE_ENVIRONMENTS
from mofang_hub.pages.api_checks import parse_object
from mofang_hub.saved_environments import (
    ChangeRequest,
    Person,
    SavedEnvironmentService,
    SaveRequest,
    describe,
    describe_saved,
)
from mofang_kube.errors import InvalidError, MofangError

_SHOWN = 3


class _SavedHandler(APIHandler):  # type: ignore[misc] # JupyterHub has no types
    """Knows who asks, and answers with JSON or with a sentence."""

    def person(self) -> Person:
        """Return who asks.

        Raises:
            HTTPError: They may not.
        """
        user = self.current_user
        # JupyterHub's decorator knows no custom scopes when modules are loaded.
        if not isinstance(user, User) or WRITE_ENVIRONMENTS not in self.expanded_scopes:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN,
                "Environments are saved for a user, by a token with the scope "
                f"{WRITE_ENVIRONMENTS}.",
            )
        return Person(
            name=user.name,
            groups=frozenset(group.name for group in user.groups),
            is_admin=APPROVE_ENVIRONMENTS in self.expanded_scopes,
        )

    async def environments(self) -> SavedEnvironmentService:
        """Return them, once they are known."""
        context = self.current_user.spawner.context()
        await context.ready()
        return SavedEnvironmentService(context.objects, context.catalog)

    def read(self, kind: type[BaseModel]) -> Any:
        """Return the body as a model.

        Raises:
            InvalidError: Says what is wrong with it.
        """
        try:
            return kind.model_validate(parse_object(self.request.body or b"{}") or {})
        except ValidationError as err:
            faults = err.errors(include_url=False, include_input=False)
            fields = {
                ".".join(map(str, each["loc"]))[:60]: each["msg"] for each in faults
            }
            told = "; ".join(
                f"{name}: {what}" for name, what in list(fields.items())[:_SHOWN]
            )
            raise InvalidError(
                f"The environment was not saved. {told}.", fields=fields
            ) from err

    def refuse(self, error: MofangError) -> web.HTTPError:
        """Return the answer to what cannot be done."""
        return web.HTTPError(error.status, "%s", error.message)


class SavedEnvironmentsHandler(_SavedHandler):
    """All of a project, and a place to save one."""

    async def get(self) -> None:
        person = self.person()
        try:
            saved = await self.environments()
            found = saved.list_for(person, self.get_query_argument("project", ""))
        except MofangError as error:
            raise self.refuse(error) from error
        listed = [
            describe_saved(each.name, each.display_name, each.saved)
            for each in found
            if each.saved is not None
        ]
        self.finish({"environments": listed})

    async def post(self) -> None:
        person = self.person()
        try:
            request = self.read(SaveRequest)
            body = await (await self.environments()).save(person, request)
        except MofangError as error:
            raise self.refuse(error) from error
        self.set_status(HTTPStatus.CREATED)
        self.finish(describe(body["metadata"]["name"], body))


class SavedEnvironmentHandler(_SavedHandler):
    """One saved environment."""

    async def get(self, name: str) -> None:
        person = self.person()
        try:
            found = (await self.environments()).get(person, name)
        except MofangError as error:
            raise self.refuse(error) from error
        assert found.saved is not None  # noqa: S101 - ``get`` returns no other
        self.finish(describe_saved(found.name, found.display_name, found.saved))

    async def patch(self, name: str) -> None:
        person = self.person()
        try:
            request = self.read(ChangeRequest)
            body = await (await self.environments()).change(person, name, request)
        except MofangError as error:
            raise self.refuse(error) from error
        self.finish(describe(name, body))

    async def delete(self, name: str) -> None:
        person = self.person()
        try:
            await (await self.environments()).remove(person, name)
        except MofangError as error:
            raise self.refuse(error) from error
        self.set_status(HTTPStatus.NO_CONTENT)


class VersionHandler(_SavedHandler):
    """One version of a saved environment."""

    async def delete(self, name: str, version: str) -> None:
        person = self.person()
        try:
            saved = await self.environments()
            body = await saved.remove_version(person, name, int(version))
        except MofangError as error:
            raise self.refuse(error) from error
        self.finish(describe(name, body))


_ENVIRONMENTS = r"/api/mofang/environments"

HANDLERS: tuple[tuple[str, Any], ...] = (
    (_ENVIRONMENTS, SavedEnvironmentsHandler),
    (rf"{_ENVIRONMENTS}/([^/]+)", SavedEnvironmentHandler),
    (rf"{_ENVIRONMENTS}/([^/]+)/versions/([0-9]{{1,6}})", VersionHandler),
)
