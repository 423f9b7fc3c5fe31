"""What the hub keeps of an idle server, with the server's state.

JupyterHub stores the state in its database, also of a server that was stopped.
"""

from typing import Any, cast

from jupyterhub.spawner import Spawner
from traitlets import Dict

CULLING_STATE = "culling"
"""Key in a server's state."""


class CullingState(Spawner):  # type: ignore[misc] # JupyterHub has no types
    """To be mixed into a spawner."""

    culling: dict[str, Any] = Dict(
        help="""
        JSON: that somebody keeps the server although it is idle, or that it was stopped
        for that. It is forgotten when the server starts.
        """
    )

    def get_state(self) -> dict[str, Any]:
        """What a new hub needs to know of the server."""
        state = cast("dict[str, Any]", super().get_state())
        if self.culling:
            state[CULLING_STATE] = self.culling
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Read what another process, or the object of the start before, left."""
        super().load_state(state)
        self.culling = state.get(CULLING_STATE) or {}
