"""One password for all, of any characters."""

from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from typing_extensions import override


class SharedPassword(SharedPasswordAuthenticator):  # type: ignore[misc] # no types
    """JupyterHub's, which answers 500 to a password that is not all ASCII."""

    @override
    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        """Return who logs in, or None.

        Args:
            handler: Of the log-in page.
            data: Its form.
        """
        if not data.get("password", "").isascii():
            # ``secrets.compare_digest`` takes no other text. Nor can such a password
            # be set: nobody could log in.
            return None
        return await super().authenticate(handler, {"password": "", **data})
