"""Whom attacks are aimed at, and who sends them.

Made by ``attack.stage``; kinds of attacks only read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ANONYMOUS = "anonymous"
OUTSIDER = "member of another project"
VIEWER = "viewer"
COLLEAGUE = "colleague"
SERVER = "server of another project"

CALLERS = (ANONYMOUS, OUTSIDER, VIEWER, COLLEAGUE, SERVER)
MEMBERS = (VIEWER, COLLEAGUE)
"""Who may see the project, its jobs and their logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who sends requests."""

    role: str
    """One of ``CALLERS``."""

    user: str = ""
    """Whom the limits of one person are for; empty for nobody."""

    token: str = ""
    cookie: str = ""
    """Of a browser that is logged in, with its XSRF token."""

    xsrf: str = ""

    @property
    def headers(self) -> list[tuple[str | bytes, str | bytes]]:
        """What says who asks, as programs say it."""
        return [("Authorization", f"token {self.token}")] if self.token else []

    @property
    def browser_headers(self) -> list[tuple[str | bytes, str | bytes]]:
        """What says who asks, as a page of the hub says it."""
        if not self.cookie:
            return []
        return [("Cookie", self.cookie), ("X-XSRFToken", self.xsrf)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A text that not everybody may see."""

    text: bytes
    what: str
    readers: frozenset[str] = frozenset()
    """Roles of callers that may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Ada, her project and what she has in it; and who is after it."""

    host: str
    """Of the hub, with the port, as browsers send it."""

    victim: str
    project: str
    other_project: str
    """Where outsiders are members."""

    job: str
    """Running; of the victim."""

    role: str
    """Of the job's only replica."""

    server: str
    """Name of the victim's running server in ``project``."""

    spec: Mapping[str, object]
    """The job's specification."""

    callers: Mapping[str, tuple[Caller, ...]]
    """By role."""

    canaries: tuple[Canary, ...] = field(default=())

    @property
    def training(self) -> str:
        """Path of the training service's API."""
        return "/services/training/api"

    @property
    def jobs(self) -> str:
        return f"{self.training}/projects/{self.project}/jobs"

    @property
    def job_path(self) -> str:
        return f"{self.jobs}/{self.job}"

    @property
    def victim_host(self) -> str:
        """Where the victim's servers are."""
        return f"{self.victim}.{self.host}"

    @property
    def server_path(self) -> str:
        return f"/user/{self.victim}/{self.server}/"

    @property
    def all_callers(self) -> list[Caller]:
        return [each for callers in self.callers.values() for each in callers]
