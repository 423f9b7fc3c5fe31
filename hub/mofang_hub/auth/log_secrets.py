"""What JupyterHub would write into its log, and nobody should read there.

JupyterHub 6 logs each new XSRF cookie with the content that it signs, which begins with
the session's id: the value of the cookie ``jupyterhub-session-id``.
"""

import logging

from tornado.log import app_log
from typing_extensions import override

_PREFIX = "Setting new xsrf cookie for "


class XsrfCookieFilter(logging.Filter):
    """Drops the lines about new XSRF cookies."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(_PREFIX)


_FILTER = XsrfCookieFilter()


def keep_secrets_out_of_log() -> None:
    """Keep session ids out of the log of this process."""
    app_log.addFilter(_FILTER)
