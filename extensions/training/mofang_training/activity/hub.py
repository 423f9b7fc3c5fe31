"""The hub, as a server reports its activity to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from mofang_training.hub_request import ask_hub_for, server_path

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
        found = server_path(environment)
        if found is None:
            return None
        path = f"users/{found.user}/servers/{found.server}"
        return cls(url=f"{found.api}/mofang/{path}", token=found.token)

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

        return await ask_hub_for(
            f"{self.url}/{path}",
            self.token,
            CullingStatus,
            body=body.model_dump(mode="json"),
        )
