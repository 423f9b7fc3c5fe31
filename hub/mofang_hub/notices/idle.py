"""What is told, by mail and webhooks, of a server that will be stopped as idle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mofang_hub.culling.policy import CullingNotices, ServerIdentity
from mofang_hub.culling.records import duration_text
from mofang_hub.notices.contract import NoticeSender
from mofang_hub.notices.senders import build_senders
from mofang_hub.settings import MailSettings, NoticeSettings, Secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleNotice:
    """One server that will be stopped."""

    server: ServerIdentity
    idle: timedelta
    """For how long nothing has happened."""

    at: datetime
    """When it will be stopped, in UTC."""

    @property
    def event(self) -> str:
        """Return what has happened."""
        return "idle"

    @property
    def project(self) -> str:
        """Return where the server runs."""
        return self.server.project

    @property
    def owner(self) -> str:
        """Return whose it is."""
        return self.server.user

    @property
    def subject(self) -> dict[str, str]:
        """Return which server it is about."""
        return {"server": self.server.server}

    @property
    def message(self) -> str:
        """Return what people read."""
        return (
            f"{self.server.server} will be stopped at {self.at:%H:%M} UTC: nothing has "
            f"happened in it for {duration_text(self.idle)}."
        )

    @property
    def path(self) -> str:
        """Return the gallery, which leads to the server."""
        return "/hub/spawn"


def build_idle_senders(
    wanted: CullingNotices,
    settings: NoticeSettings,
    secrets: Secrets,
    *,
    public_url: str,
) -> list[NoticeSender]:
    """Return what tells of idle servers.

    Args:
        wanted: Which of the settings are to.
        settings: Webhooks and mail of the installation.
        secrets: Of those.
        public_url: Address of the platform, without a slash at its end.

    Raises:
        ValueError: There is no such webhook or no mail, or the Secret lacks something.
    """
    webhooks = {each.name: each for each in settings.webhooks}
    if unknown := sorted(set(wanted.webhooks) - webhooks.keys()):
        raise ValueError(
            f"culling.notices.webhooks has {', '.join(unknown)}, and "
            "jobs.notices.webhooks has not: add it there."
        )
    if wanted.mail and not settings.mail.host:
        raise ValueError(
            "culling.notices.mail is set, and jobs.notices.mail has no host: name the "
            "mail server there."
        )
    chosen = NoticeSettings(
        webhooks=tuple(webhooks[name] for name in wanted.webhooks),
        mail=settings.mail if wanted.mail else MailSettings(),
    )
    return build_senders(chosen, secrets, public_url=public_url)
