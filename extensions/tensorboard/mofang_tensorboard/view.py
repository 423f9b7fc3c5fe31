"""What TensorBoard serves, under the notebook's address and authorisation.

jupyter-server-proxy carries the requests, and leaves XSRF tokens to what it serves;
TensorBoard's requests carry none. Still a page of another person's server cannot ask
for anything: it does not know the id in the path, and the interface that tells it
asks for the token. Pages of other sites are refused by their origin, too.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server_proxy.handlers import ProxyHandler, RewritableResponse
from tornado import web
from tornado.httputil import HTTPHeaders
from typing_extensions import override

from mofang_tensorboard.errors import AbsentError
from mofang_tensorboard.handlers import AUTH_RESOURCE, INSTANCES
from mofang_tensorboard.instances import Instances

LOST = "TensorBoard does not answer. Open it again from JupyterLab."

SECRETS = ("Cookie", "Authorization", "X-Xsrftoken")
"""Headers that TensorBoard has no use for."""

WAITING = re.compile(r".*/data/plugins_listing$")
"""What a tab without data asks again and again: no sign that anybody works."""


class ViewHandler(ProxyHandler):
    """Every path of every TensorBoard."""

    auth_resource = AUTH_RESOURCE
    SUPPORTED_METHODS = ("GET", "HEAD", "POST")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        rewrite = (_guard, _find_fonts)
        super().__init__(
            *args,
            rewrite_response=rewrite,
            absolute_url=True,
            exclude_last_activity_patterns=[WAITING],
            **kwargs,
        )

    @override
    @web.authenticated
    @authorized
    async def get(self, instance_id: str, path: str) -> None:
        await self._pass_on(instance_id, path)

    @override
    @web.authenticated
    @authorized
    async def head(self, instance_id: str, path: str) -> None:
        await self._pass_on(instance_id, path)

    @override
    @web.authenticated
    @authorized("read")  # It asks for curves by POST; TensorBoard writes nothing.
    async def post(self, instance_id: str, path: str) -> None:
        await self._pass_on(instance_id, path)

    @override
    def get_client_uri(
        self, protocol: str, host: str, port: int, proxied_path: str
    ) -> str:
        # TensorBoard knows its prefix, so it gets the path as the browser wrote it.
        query = f"?{self.request.query}" if self.request.query else ""
        return f"{protocol}://{host}:{port}{self.request.path}{query}"

    @override
    def proxy_request_headers(self) -> HTTPHeaders:
        headers: HTTPHeaders = super().proxy_request_headers()
        for name in SECRETS:
            headers.pop(name, None)
        if self.path_args[-1] == "":
            # The page is changed on its way, so it must not come compressed.
            headers.pop("Accept-Encoding", None)
        return headers

    @override
    def proxy_request_options(self) -> dict[str, Any]:
        return {
            "follow_redirects": False,
            "connect_timeout": 5.0,
            "request_timeout": 120.0,
        }

    @override
    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a sentence: the page of an error would not show in a frame."""
        problem = kwargs.get("exc_info", (None, None, None))[1]
        said = problem.log_message if isinstance(problem, web.HTTPError) else None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Content-Security-Policy", "frame-ancestors 'self'")
        self.finish(said or f"{HTTPStatus(status_code).phrase}.")

    async def _pass_on(self, instance_id: str, path: str) -> None:
        if not self.check_origin():
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN, "Pages of other sites cannot ask TensorBoard."
            )
        instances: Instances = self.settings[INSTANCES]
        try:
            instance = instances.get(instance_id)
        except AbsentError as err:
            raise web.HTTPError(HTTPStatus.NOT_FOUND, str(err)) from err
        with instance.in_use():
            try:
                await self.proxy("127.0.0.1", instance.program.port, path)
            except (web.HTTPError, OSError) as err:
                # What the proxy raises is never TensorBoard's own answer.
                self.log.warning("TensorBoard %s: %s", instance.selection.text, err)
                raise web.HTTPError(HTTPStatus.BAD_GATEWAY, LOST) from err


def _guard(response: RewritableResponse) -> None:
    """Let only pages of this site frame it, and tell none other its address."""
    policy = response.headers.get("Content-Security-Policy")
    frames = "frame-ancestors 'self'"
    response.headers["Content-Security-Policy"] = (
        f"{policy};{frames}" if policy else frames
    )
    response.headers["Referrer-Policy"] = "same-origin"


def _find_fonts(response: RewritableResponse) -> None:
    """Let the page ask for its fonts below its prefix, which TensorBoard forgets."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        response.body = response.body.replace(b"url(/font-", b"url(font-")
