"""The hub, as a server reports its activity to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from mofang_training.hub_request import HubRefusalError, ask_hub

if TYPE_CHECKING:
    from mofang_api.models.activity import (
        ActivityReport,
        CullingStatus,
        ExtensionRequest,
    )


@dataclass(slots=True, kw_only=True)
class ActivityClient:
    """Sends what concerns one server, with its token."""

    url: str
    """Of the server below the hub's API."""
    token: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Return the client of a server that JupyterHub has started, else None."""
        names = ("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER")
        api, token, user = (environment.get(name, "") for name in names)
        server = environment.get("JUPYTERHUB_SERVER_NAME", "")
        if not (api and token and user and server):
            return None
        path = f"users/{quote(user, safe='')}/servers/{quote(server, safe='')}"
        return cls(url=f"{api.rstrip('/')}/mofang/{path}", token=token)

    async def report(self, report: ActivityReport) -> CullingStatus:
        """Report the activity; the hub may stop the server on it.

        Raises:
            HubRefusalError: It was not taken.
        """
        return await self._post("activity", report)

    async def extend(self, request: ExtensionRequest) -> CullingStatus:
        """Ask to keep the server running.

        Raises:
            HubRefusalError: It will not be; says why.
        """
        return await self._post("extension", request)

    async def _post(
        self, path: str, body: ActivityReport | ExtensionRequest
    ) -> CullingStatus:
        # The start-up time of every server counts.
        from mofang_api.models.activity import CullingStatus  # noqa: PLC0415

        answer = await ask_hub(
            f"{self.url}/{path}",
            self.token,
            method="POST",
            body=body.model_dump_json(),
        )
        try:
            return CullingStatus.model_validate_json(answer)
        except ValueError as err:
            raise HubRefusalError(
                "The hub answered something unexpected. Try again in a minute."
            ) from err
