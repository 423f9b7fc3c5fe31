"""The log-in page, for forms that it did not draw."""

from http import HTTPStatus

from jupyterhub.handlers.login import LoginHandler
from tornado import web
from typing_extensions import override


class LogInHandler(LoginHandler):  # type: ignore[misc] # JupyterHub has no types
    """JupyterHub's, which answers 500 to a form without a user name."""

    @override
    async def post(self) -> None:
        """Log in, or show the form again."""
        if "username" not in self.request.body_arguments:
            raise web.HTTPError(
                HTTPStatus.BAD_REQUEST,
                "The form has no user name. Open the log-in page and send its form.",
            )
        await super().post()


HANDLERS = ((r"/login", LogInHandler),)
