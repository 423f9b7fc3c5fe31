"""JupyterHub, with our pages before its own."""

from jupyterhub.app import JupyterHub
from typing_extensions import override

from mofang_hub.pages import handlers, servers
from mofang_hub.pages.client import client_handlers
from mofang_hub.pages.user_host import user_host_handlers


class Hub(JupyterHub):  # type: ignore[misc] # JupyterHub has no types
    """The hub's application; reads the settings of ``JupyterHub``."""

    @override
    def init_handlers(self) -> None:
        super().init_handlers()
        # The first that fits a path answers; settings can only add to the end.
        ours = [
            *handlers.HANDLERS,
            *servers.HANDLERS,
            *client_handlers(),
            *user_host_handlers(self.public_url),
        ]
        self.handlers[:0] = self.add_url_prefix(self.hub_prefix, ours)
