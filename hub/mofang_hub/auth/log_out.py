"""Log-out that ends a person's log-ins, and not one browser's cookie alone.

JupyterHub's removes the cookie from the browser that asks. Whoever has a copy of it
stays logged in for as long as the cookie may be used.
"""

from __future__ import annotations

from typing import Any

from jupyterhub.handlers.login import LogoutHandler
from jupyterhub.orm import new_token
from typing_extensions import override

from mofang_hub.handler_replacement import replace_handlers


def with_log_out(kind: type[LogoutHandler]) -> type[LogoutHandler]:
    """Return a subclass that makes all of a person's cookies of the hub worthless.

    Args:
        kind: JupyterHub's handler, or that of the authenticator.
    """

    class WithLogOut(kind):  # type: ignore[misc] # JupyterHub has no types
        logged_out_user: Any = None
        """For the audit log: JupyterHub forgets who it was."""

        @override
        def _backend_logout_cleanup(self, name: str) -> None:
            self.logged_out_user = self.current_user
            # A token, as of a server, does not log its owner out.
            user = self.get_current_user_cookie()
            super()._backend_logout_cleanup(name)
            if user is not None:
                user.orm_user.cookie_id = new_token()
                self.db.commit()

    return WithLogOut


def replace_log_out(handlers: list[Any]) -> list[Any]:
    """Return handlers of the hub, with such a one for each that logs out.

    Args:
        handlers: Tuples of a pattern, a class and, maybe, its arguments.
    """
    return replace_handlers(handlers, LogoutHandler, with_log_out)
