"""What the hub keeps of an idle server, with the server's state.

JupyterHub stores the state in its database, also of a server that was stopped.
"""

from typing import Any, cast

from traitlets import Dict, HasTraits

CULLING_STATE = "culling"
"""Key in a server's state."""


class CullingState(HasTraits):  # type: ignore[misc] # traitlets has no types
    """To be mixed into a spawner, before its other bases."""

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
