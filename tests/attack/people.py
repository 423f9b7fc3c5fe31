"""Who sends hostile requests: made by the admin for a run, and removed after it."""

from collections.abc import Iterable
from contextlib import suppress
from shutil import rmtree

import httpx

from attack.scene import ANONYMOUS, COLLEAGUE, OUTSIDER, VIEWER, Caller
from support.hub import HubSession
from support.platform import Login, Platform

OUTSIDERS = ("eve", "mallory", "trudy")
NEIGHBOUR = "peggy"
"""An outsider whose server sends requests, with its own token and by its pod."""
VIEWERS = ("vera", "victor")
COLLEAGUES = ("ben", "bob", "bea")
_KNOWN = ("ada", "ben")
"""Who is there anyway."""

LIMIT_PER_PERSON = 80
"""Requests in a second: fewer than the platform takes, so that 429 hides nothing."""


class People:
    """Their sessions with the hub.

    Several for each role, since the platform limits what one person may ask for.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._sessions: dict[str, HubSession] = {}
        self._admin = HubSession(platform, platform.login("admin"))
        self._made: list[str] = []

    def __getitem__(self, name: str) -> HubSession:
        if name not in self._sessions:
            if name not in _KNOWN:
                self._make(name)
            password = self._platform.login("ada").password
            login = Login(name=name, password=password)
            self._sessions[name] = HubSession(self._platform, login)
        return self._sessions[name]

    @property
    def admin(self) -> HubSession:
        return self._admin

    def callers(self) -> dict[str, tuple[Caller, ...]]:
        """Return who sends requests, by role; servers are not among them."""
        roles = {OUTSIDER: OUTSIDERS, VIEWER: VIEWERS, COLLEAGUE: COLLEAGUES}
        return {
            ANONYMOUS: (Caller(role=ANONYMOUS),),
            **{
                role: tuple(_caller(role, self[name]) for name in names)
                for role, names in roles.items()
            },
        }

    def close(self) -> None:
        """End all sessions, and remove who was made."""
        for name in self._made:
            with suppress(httpx.HTTPError):
                self._admin.api("DELETE", f"/users/{name}")
        with suppress(RuntimeError):
            # Else their homes are made again.
            homes = ("homes.mofang.dev", *self._made, "--ignore-not-found")
            self._platform.kubectl("delete", *homes)
        for name in self._made:
            rmtree(self._platform.storage / "users" / name, ignore_errors=True)
        for session in (*self._sessions.values(), self._admin):
            session.close()

    def _make(self, name: str) -> None:
        answer = self._admin.api("POST", f"/users/{name}")
        assert answer.status_code in (201, 409), answer.text
        self._made.append(name)


def _caller(role: str, session: HubSession) -> Caller:
    cookies: Iterable[str] = (
        f"{each.name}={each.value}" for each in session.http.cookies.jar
    )
    return Caller(
        role=role,
        user=session.name,
        token=session.token,
        cookie="; ".join(cookies),
        xsrf=session.xsrf,
    )
