"""A page that people log in by, while JupyterLab stays open in another tab.

JupyterLab's own requests are answered 403 once the log-in has ended, and a reload would
lose what is not saved. Who opens this page is led through the hub's log-in and back,
which renews the server's cookie for all tabs.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Logged in</title>
<body style="font-family: sans-serif; margin: 3rem">
<p role="status">You are logged in again. Close this tab and go on in the other one.</p>
<script>
new BroadcastChannel('mofang-log-in').postMessage(location.pathname);
window.close();
</script>
</body>
</html>
"""


class LogInHandler(JupyterHandler):
    """Tells the other tabs of this server that the log-in is renewed."""

    @web.authenticated
    def get(self) -> None:
        """Serve the page; whoever is not logged in is led to the hub's log-in first."""
        self.set_header("Cache-Control", "no-store")
        self.finish(PAGE)


HANDLERS = [(r"/mofang/training/log-in", LogInHandler)]
