"""Log-in, for forms and requests for tokens on which JupyterHub's handlers break."""

from http import HTTPStatus

from jupyterhub.apihandlers.auth import OAuthTokenHandler
from jupyterhub.handlers.login import LoginHandler
from tornado import web
from typing_extensions import override


class LogInFormHandler(LoginHandler):  # type: ignore[misc] # JupyterHub has no types
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


class TokenHandler(OAuthTokenHandler):  # type: ignore[misc] # likewise
    """JupyterHub's, which answers 500 to a body that is no text."""

    @override
    def post(self) -> None:
        """Give a token for a code."""
        try:
            self.request.body.decode()
        except UnicodeDecodeError:
            raise web.HTTPError(
                HTTPStatus.BAD_REQUEST,
                "The body is not UTF-8. Send the parameters of OAuth as a form.",
            ) from None
        super().post()


HANDLERS = ((r"/login", LogInFormHandler), (r"/api/oauth2/token", TokenHandler))
