"""A server that was started before anybody asked for it, and who has used it since.

JupyterHub stores the state in its database: a hub that is started anew goes on.
"""

import time
from typing import Any, cast

from traitlets import Bool, Float, HasTraits

STARTED_AHEAD_STATE = "started_ahead"
"""Key in a server's state."""


class StartedAheadState(HasTraits):  # type: ignore[misc] # traitlets has no types
    """To be mixed into a spawner, before its other bases."""

    started_ahead: float = Float(
        0.0,
        help="""
        When the server was started ahead, in seconds since 1970; 0 for one that
        somebody has started or uses.
        """,
    )
    gives_way: bool = Bool(
        False, help="Whether it is being stopped without ever having been used."
    )
    used_since: float = Float(
        0.0,
        help="""
        By a steady clock: when somebody asked for what was started ahead. 0 where
        nobody did.
        """,
    )

    _stop_pending: bool
    """JupyterHub's: whether the server is being stopped."""

    @property
    def is_unused(self) -> bool:
        """Whether it was started ahead, and nobody uses it."""
        return self.started_ahead > 0

    def begin_ahead(self) -> None:
        """Note, before its start, that nobody has asked for it."""
        self.started_ahead, self.used_since = time.time(), 0.0

    def begin_use(self) -> None:
        """Note that somebody uses it: from now on it is like any other."""
        self.started_ahead, self.used_since = 0.0, time.monotonic()

    def get_state(self) -> dict[str, Any]:
        """What a new hub needs to know of the server."""
        state = cast("dict[str, Any]", super().get_state())
        if self.is_unused:
            state[STARTED_AHEAD_STATE] = self.started_ahead
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Read what another process, or the object of the start before, left."""
        super().load_state(state)
        self.started_ahead = float(state.get(STARTED_AHEAD_STATE) or 0.0)

    def clear_state(self) -> None:
        """Forget it once the server has ended; JupyterHub asks before a start, too."""
        super().clear_state()
        if self._stop_pending:
            self.started_ahead, self.gives_way = 0.0, False
