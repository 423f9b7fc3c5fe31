"""Log-in, for forms and requests for tokens on which JupyterHub's handlers break."""

from http import HTTPStatus

from jupyterhub.apihandlers.auth import OAuthAuthorizeHandler, OAuthTokenHandler
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


class AuthorizeHandler(OAuthAuthorizeHandler):  # type: ignore[misc] # likewise
    """JupyterHub's, which answers 500 to a body that is no text."""

    @web.authenticated
    @override
    def post(self) -> None:
        """Give a code to a server or service, as its user agreed to."""
        _require_text(self.request.body)
        super().post()


class TokenHandler(OAuthTokenHandler):  # type: ignore[misc] # likewise
    """Likewise."""

    @override
    def post(self) -> None:
        """Give a token for a code."""
        _require_text(self.request.body)
        super().post()


def _require_text(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise web.HTTPError(
            HTTPStatus.BAD_REQUEST,
            "The body is not UTF-8. Send the parameters of OAuth as a form.",
        ) from None


HANDLERS = (
    (r"/login", LogInFormHandler),
    (r"/api/oauth2/authorize", AuthorizeHandler),
    (r"/api/oauth2/token", TokenHandler),
)
