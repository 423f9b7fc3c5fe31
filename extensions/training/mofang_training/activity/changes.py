"""Count the changes that people and programs ask of this server.

Pages that are left open ask for lists without end, so what only reads counts for
nothing; nor does what goes to applications behind the server, whose processes count.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

_CHANGES = {"DELETE", "PATCH", "POST", "PUT"}
_REFUSED = 400


class ChangeCounter:
    """Counts answered requests of jupyter_server's REST API.

    Args:
        prefix: Of that API's paths.
        log: tornado's ``log_function``, which is called for every request.
    """

    def __init__(self, prefix: str, log: Callable[[Any], None]) -> None:
        self._prefix = prefix
        self._log = log
        self.count = 0

    def __call__(self, handler: Any) -> None:
        """Log the request of a handler that has answered, and count it."""
        request = handler.request
        if (
            request.method in _CHANGES
            and handler.get_status() < _REFUSED
            and request.path.startswith(self._prefix)
        ):
            self.count += 1
        self._log(handler)


def count_changes(settings: MutableMapping[str, Any]) -> ChangeCounter:
    """Count from now on; called once all extensions have set what they log by.

    Args:
        settings: The web application's.
    """
    counter = ChangeCounter(f"{settings['base_url']}api/", settings["log_function"])
    settings["log_function"] = counter
    return counter
