"""Faults of JupyterHub, Jupyter Server and Envoy that are known, each with its reason.

They are counted apart. Whatever is not here is a fault of the platform.
"""

import re
from dataclasses import dataclass

from attack.exchange import Answer
from attack.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault that is not ours."""

    whose: str
    what: str
    request: bytes
    """Pattern of the request's bytes."""

    status: int
    body: bytes = b""
    """Pattern of the answer's body."""

    from_gateway: bool = False
    """Whether the gateway answered itself."""

    def fits(self, request: Request, answer: Answer) -> bool:
        """Say whether it is the reason of an answer."""
        is_own = not answer.header("x-envoy-upstream-service-time")
        return (
            answer.status == self.status
            and (is_own or not self.from_gateway)
            and bool(re.search(self.request, request.payload, re.DOTALL))
            and bool(re.search(self.body, answer.body, re.DOTALL))
        )


FINDINGS: tuple[Finding, ...] = ()


def find(request: Request, answer: Answer) -> Finding | None:
    """Return the known fault that an answer is, if it is one."""
    return next((each for each in FINDINGS if each.fits(request, answer)), None)
