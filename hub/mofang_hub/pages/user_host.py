"""What the hub answers on a user's host: a redirect to its own, never a page.

The gateway sends here whatever no running server on a user's host answers, with the
path prefixed. A page of the hub there would be controlled by the service workers that
the user's servers install, so nothing is rendered and no cookie is read or set.
"""

from http import HTTPStatus
from typing import Any

from jupyterhub.handlers.base import get_accepted_mimetype
from tornado.web import RequestHandler
from typing_extensions import override

from mofang_hub.routes.builder import USER_HOST_PREFIX

_ALL_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


class UserHostHandler(RequestHandler):
    """Redirects navigation to the hub's host; fails requests of programs.

    A program of a page, such as JupyterLab's save, cannot follow a redirect to another
    origin: it would see a network error. It gets 424, by which JupyterLab knows that
    the server does not run (jupyterhub ``UserUrlHandler``), and offers to start it.
    """

    SUPPORTED_METHODS = tuple(each.upper() for each in _ALL_METHODS)

    @override
    def initialize(self, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")

    @override
    def check_xsrf_cookie(self) -> None:
        """Nothing is changed by any method."""

    @override
    async def prepare(self) -> None:
        rest = str(self.request.uri)[len(USER_HOST_PREFIX) :]
        self.set_header("Cache-Control", "no-store")
        if self._is_navigation(rest.partition("?")[0]):
            self.redirect(f"{self._public_url}/{rest}")
            return
        self.set_status(HTTPStatus.FAILED_DEPENDENCY)
        self.finish(
            {
                "message": "This server is not running, or was never started. Start it "
                f"in the gallery, {self._public_url}/hub/spawn, then try again."
            }
        )

    def _is_navigation(self, path: str) -> bool:
        """Distinguish as JupyterHub does, but for programs that accept anything."""
        accepted = get_accepted_mimetype(
            self.request.headers.get("Accept", ""),
            choices=["text/html", "application/json"],
        )
        is_api = accepted == "application/json" or "api" in path.split("/")
        return self.request.method in {"GET", "HEAD"} and not is_api


def user_host_handlers(public_url: str) -> list[Any]:
    """Return the handler, below the hub's own prefix."""
    path = USER_HOST_PREFIX.removeprefix("/hub")
    return [(rf"{path}.*", UserHostHandler, {"public_url": public_url})]
