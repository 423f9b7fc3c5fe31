"""The program ``mofang-hub``: JupyterHub with the platform's configuration."""

import sys
from pathlib import Path

from tornado.httpserver import HTTPServer

from mofang_http.server import BoundedHTTPServer
from mofang_hub.metrics import bound_series
from mofang_hub.pages.application import Hub
from mofang_hub.settings import LimitSettings, Settings

CONFIG = Path(__file__).parent / "config" / "jupyterhub_config.py"


def bound_requests(limits: LimitSettings) -> None:
    """Give every server of this process bounds, before one is made.

    JupyterHub makes its own without any, and has no setting for them.
    """
    HTTPServer.configure(BoundedHTTPServer, limits=limits.hub_server_limits())


def hub() -> None:
    """Become JupyterHub."""
    bound_series()
    bound_requests(Settings.load().limits)
    Hub.launch_instance([f"--config={CONFIG}", *sys.argv[1:]])
