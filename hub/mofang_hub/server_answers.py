"""What JupyterHub reads of the answers of users' servers.

It parses one header, the server's version, and an error there is not expected: a server
would count as running without a route, and a hub that is started anew would end.
"""

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from packaging.version import InvalidVersion, Version
from typing_extensions import override

_VERSION = "X-JupyterHub-Version"


class ServerAnswer(aiohttp.ClientResponse):
    """An answer whose version, if it has one, is a version."""

    @property
    @override
    def headers(self) -> CIMultiDictProxy[str]:
        given: CIMultiDictProxy[str] = super().headers
        try:
            for each in given.getall(_VERSION, []):
                Version(each)
        except InvalidVersion:
            kept = CIMultiDict(given)
            kept.popall(_VERSION)
            return CIMultiDictProxy(kept)
        return given
