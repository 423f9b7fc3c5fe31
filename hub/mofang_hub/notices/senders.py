"""Notices by webhook and mail, to addresses that an administrator has named.

No text of a user's is an address: webhooks are those of the settings, and mail goes to
the owner of the job or server, by the name that the identity provider gave.
"""

from __future__ import annotations

import asyncio
import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from mofang_hub.notices.contract import Notice, NoticeError, NoticeSender
from mofang_hub.settings import MailSettings, NoticeSettings, Secrets, WebhookSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 10.0
PASSWORD_KEY = "smtp-password"  # noqa: S105 - the name of a key, and no password

_ADDRESS = re.compile(
    r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", re.ASCII
)
_TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""Chat services read names in angle brackets as calls to people."""


class WebhookSender:
    """Posts JSON to one address.

    Args:
        settings: Its name, and whose jobs it is told of.
        url: The address; a secret, as whoever knows it may post there.
        public_url: Address of the platform, without a slash at its end.
        transport: For tests.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        url: str,
        *,
        public_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = f"webhook {settings.name}"
        self._projects = frozenset(settings.projects)
        self._url = url
        self._public_url = public_url
        self._transport = transport

    def accepts(self, notice: Notice) -> bool:
        """Say whether it is told of the job's project."""
        return not self._projects or notice.project in self._projects

    async def send(self, notice: Notice) -> None:
        """Post it; redirects lead nowhere, and the answer is not read.

        Raises:
            NoticeError: It was not taken.
        """
        try:
            async with (
                httpx.AsyncClient(
                    timeout=SECONDS,
                    follow_redirects=False,
                    transport=self._transport,
                ) as client,
                client.stream("POST", self._url, json=self._body(notice)) as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            # Its text may have the address.
            raise NoticeError(f"There was no answer ({type(err).__name__}).") from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            is_final = status < HTTPStatus.INTERNAL_SERVER_ERROR
            raise NoticeError(
                f"The answer was {status}.",
                is_final=is_final and status not in _TRY_AGAIN,
            )

    def _body(self, notice: Notice) -> Mapping[str, str]:
        url = f"{self._public_url}{notice.path}"
        owner = notice.owner.translate(_MARKUP)
        return {
            "event": notice.event,
            "project": notice.project,
            **notice.subject,
            "owner": notice.owner,
            "url": url,
            # What Slack, Mattermost and their kin show.
            "text": f"{notice.message} Owner {owner}, project {notice.project}: {url}",
        }


class MailSender:
    """Sends mail to the owners of jobs.

    Args:
        settings: The host, the sender and the domain of people's addresses.
        password: For the log-in at the host, where there is one.
        public_url: Address of the platform, without a slash at its end.
    """

    name = "mail"

    def __init__(
        self, settings: MailSettings, password: str, *, public_url: str
    ) -> None:
        self._settings = settings
        self._password = password
        self._public_url = public_url

    def accepts(self, notice: Notice) -> bool:
        """Say whether the owner has an address."""
        return self.address(notice.owner) is not None

    def address(self, owner: str) -> str | None:
        """Return where mail for a user goes; None where their name makes no address."""
        domain = self._settings.domain
        whole = owner if "@" in owner or not domain else f"{owner}@{domain}"
        return whole if _ADDRESS.fullmatch(whole) else None

    async def send(self, notice: Notice) -> None:
        """Send it.

        Raises:
            NoticeError: It was not taken.
        """
        try:
            await asyncio.to_thread(self._send, self._message(notice))
        except smtplib.SMTPResponseException as err:
            # Codes from 500 say never; the text may name people.
            raise NoticeError(
                f"The mail server answered {err.smtp_code}.",
                is_final=err.smtp_code >= HTTPStatus.INTERNAL_SERVER_ERROR,
            ) from None
        except smtplib.SMTPRecipientsRefused:
            raise NoticeError(
                "The mail server refused the address.", is_final=True
            ) from None
        except (smtplib.SMTPException, OSError) as err:
            raise NoticeError(
                f"There was no mail server ({type(err).__name__})."
            ) from None

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = self.address(notice.owner)
        message["Subject"] = notice.message.removesuffix(".")
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(
            domain=self._settings.sender.rpartition("@")[2]
        )
        # Out-of-office replies are for people.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            f"{notice.message}\n\nProject {notice.project}\n"
            f"{self._public_url}{notice.path}\n"
        )
        return message

    def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        host, port = settings.host, settings.port
        tls = ssl.create_default_context()
        connect: Callable[[], smtplib.SMTP] = (
            (lambda: smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=tls))
            if settings.security == "tls"
            else (lambda: smtplib.SMTP(host, port, timeout=SECONDS))
        )
        with connect() as server:
            if settings.security == "starttls":
                server.starttls(context=tls)
            if settings.username:
                server.login(settings.username, self._password)
            server.send_message(message)


def build_senders(
    settings: NoticeSettings, secrets: Secrets, *, public_url: str
) -> list[NoticeSender]:
    """Return what tells of jobs.

    Args:
        settings: Webhooks and mail.
        secrets: Addresses of the webhooks by their names, and the password for mail.
        public_url: Address of the platform, without a slash at its end.

    Raises:
        ValueError: The Secret lacks something; says what.
    """
    senders: list[NoticeSender] = []
    for webhook in settings.webhooks:
        url = secrets.get(webhook.name)
        if not url.startswith(("https://", "http://")):
            raise ValueError(
                f"The Secret of jobs.notices has no address for the webhook "
                f"{webhook.name}: put one there, as {webhook.name}."
            )
        senders.append(WebhookSender(webhook, url, public_url=public_url))
    if settings.mail.host:
        password = secrets.get(PASSWORD_KEY)
        if settings.mail.username and not password:
            raise ValueError(
                f"The Secret of jobs.notices has no password for mail: put it there, "
                f"as {PASSWORD_KEY}."
            )
        senders.append(MailSender(settings.mail, password, public_url=public_url))
    return senders
