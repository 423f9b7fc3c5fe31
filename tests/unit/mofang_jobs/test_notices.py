"""What is told of jobs, once, and where it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from unit.mofang_jobs.world import World, running_world

from mofang_api.models import JobState
from mofang_hub.notices.contract import NoticeError
from mofang_hub.notices.delivery import NoticeDelivery
from mofang_hub.notices.senders import (
    MailSender,
    WebhookSender,
    build_senders,
)
from mofang_hub.settings import (
    JobSettings,
    MailSettings,
    NoticeSettings,
    Secrets,
    WebhookSettings,
)
from mofang_jobs.domain.conditions import ConditionType
from mofang_jobs.domain.notices import JobNotice, NoticeEvent, notice_event
from support.eventually import until

NOTIFIED = "mofang.dev/notified"
PUBLIC = "https://mofang.example.org"
FAILED = JobNotice(
    event=NoticeEvent.FAILED, project="vision", job="digits-x1y2z3", owner="ada"
)


class FakeSender:
    """Keeps what it is given; takes the first so many for nothing."""

    name = "fake"

    def __init__(self, refusals: int = 0, *, is_final: bool = False) -> None:
        self.taken: list[JobNotice] = []
        self.tries = 0
        self._refusals, self._is_final = refusals, is_final

    def accepts(self, notice: JobNotice) -> bool:
        return notice.project == "vision"

    async def send(self, notice: JobNotice) -> None:
        self.tries += 1
        if self.tries <= self._refusals:
            raise NoticeError("Not now.", is_final=self._is_final)
        self.taken.append(notice)

    @property
    def reported(self) -> list[tuple[str, str]]:
        return [(each.job, each.event.value) for each in self.taken]


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


def noticed_world(
    folder: Path,
    sender: FakeSender,
    *given: Any,
    grace_seconds: float = 0,
    **more: Any,
) -> Any:
    """The service with a sender; a job that fails has failed for good at once."""
    return running_world(
        folder,
        *given,
        notice_senders=[sender],
        notice_grace_seconds=grace_seconds,
        **more,
    )


def ended(minutes: float = 0) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def annotation(world: World, made: dict[str, Any]) -> str | None:
    found = world.cluster.jobs[made["id"]]["metadata"]["annotations"].get(NOTIFIED)
    return None if found is None else str(found)


def hang(world: World, made: dict[str, Any], *, hangs: bool = True) -> None:
    job = world.cache.find("vision", made["id"])
    assert job is not None
    if hangs:
        world.conditions.set(job, ConditionType.HANGING, "It hangs.")
    else:
        world.conditions.clear(job, ConditionType.HANGING)


async def running(world: World, **asked: Any) -> dict[str, Any]:
    made = await world.submit(**asked)
    await world.admit(made)
    world.run_pod(made)
    await world.eventually(made["id"], state="Running")
    return made


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
async def test_an_end_is_told_once(
    tmp_path: Path, sender: FakeSender, end: str
) -> None:
    async with noticed_world(tmp_path, sender) as world:
        made = await running(world)
        world.fail(made["id"], end, at=ended())
        await until(lambda: sender.taken)
        assert annotation(world, made) == end.lower()
        await world.kill()
    assert sender.reported == [(made["id"], end.lower())]
    assert sender.taken[0].owner == "ada"

    # A service that takes its place tells of what happens now alone.
    async with noticed_world(tmp_path, sender, world.cluster) as again:
        other = await running(again, name="other")
        again.fail(other["id"], "Succeeded", at=ended())
        await until(lambda: len(sender.taken) > 1)
        await again.notices.reconcile()
    assert sender.reported[1:] == [(other["id"], "succeeded")]


async def test_each_hang_is_told(tmp_path: Path, sender: FakeSender) -> None:
    async with noticed_world(tmp_path, sender) as world:
        made = await running(world)
        hang(world, made)
        await until(lambda: annotation(world, made) == "hanging")
        hang(world, made, hangs=False)
        await until(lambda: annotation(world, made) is None)
        hang(world, made)
        await until(lambda: len(sender.taken) > 1)
    assert sender.reported == [(made["id"], "hanging")] * 2


async def test_a_failure_that_is_restarted_is_not_told(
    tmp_path: Path, sender: FakeSender
) -> None:
    rule = {"limit": 1, "include_script_failures": True}
    async with noticed_world(tmp_path, sender) as world:
        made = await running(world, restart=rule)
        world.fail(made["id"], at=ended())
        await until(lambda: f"{made['id']}-r2" in world.cluster.jobs)
        world.fail(f"{made['id']}-r2", at=ended())
        await until(lambda: sender.taken)
    assert sender.reported == [(made["id"], "failed")]


async def test_a_job_that_has_just_failed_may_yet_be_restarted(
    tmp_path: Path, sender: FakeSender
) -> None:
    async with noticed_world(tmp_path, sender, grace_seconds=15) as world:
        made = await running(world)
        world.fail(made["id"], at=ended())
        await world.eventually(made["id"], state="Failed")
        await world.notices.reconcile()
        assert annotation(world, made) is None
        world.fail(made["id"], at=ended(1))
        await until(lambda: sender.taken)


@pytest.mark.parametrize(
    ("minutes", "minimum"),
    [
        pytest.param(120, 0, id="long ago"),
        pytest.param(0, 10**7, id="soon after its submission"),
    ],
)
async def test_what_nobody_needs_to_know_is_not_told(
    tmp_path: Path, sender: FakeSender, minutes: int, minimum: int
) -> None:
    settings = JobSettings(notices=NoticeSettings(minimum_minutes=minimum))
    async with noticed_world(tmp_path, sender, settings=settings) as world:
        made = await running(world)
        world.fail(made["id"], "Succeeded", at=ended(minutes))
        await world.eventually(made["id"], state="Succeeded")
        await world.notices.reconcile()
        assert annotation(world, made) is None
    assert not sender.tries


async def test_a_cancelled_job_is_not_told(tmp_path: Path, sender: FakeSender) -> None:
    async with noticed_world(tmp_path, sender) as world:
        made = await world.submit()
        await world.call("POST", f"{made['id']}/cancel")
        await world.notices.reconcile()
        assert annotation(world, made) is None
    assert not sender.tries


async def test_only_the_copy_that_leads_tells(
    tmp_path: Path, sender: FakeSender
) -> None:
    async with noticed_world(tmp_path, sender, leads=lambda: False) as world:
        # Nobody admits it, either.
        made = await world.submit()
        world.fail(made["id"], at=ended())
        await world.notices.reconcile()
        assert annotation(world, made) is None
    assert not sender.tries


@pytest.mark.parametrize(
    ("refusals", "is_final", "tries", "taken"),
    [
        pytest.param(2, False, 3, 1, id="later"),
        pytest.param(1, True, 1, 0, id="never"),
        pytest.param(9, False, 3, 0, id="not for long"),
    ],
)
async def test_what_is_not_taken_is_sent_again(
    refusals: int, is_final: bool, tries: int, taken: int
) -> None:
    sender = FakeSender(refusals, is_final=is_final)
    delivery = NoticeDelivery([sender], pauses=(0.0, 0.0))
    await delivery.send(sender, FAILED)
    assert (sender.tries, len(sender.taken)) == (tries, taken)


@pytest.mark.parametrize(
    ("state", "is_hanging", "event"),
    [
        (JobState.RUNNING, False, None),
        (JobState.RUNNING, True, "hanging"),
        (JobState.RESTARTING, True, None),
        (JobState.CANCELLED, True, None),
        (JobState.FAILED, True, "failed"),
        (JobState.SUCCEEDED, False, "succeeded"),
    ],
)
def test_what_there_is_to_tell(
    state: JobState, is_hanging: bool, event: str | None
) -> None:
    assert notice_event(state, is_hanging=is_hanging) == event


def webhook(
    answer: Callable[[httpx.Request], httpx.Response], *projects: str
) -> WebhookSender:
    return WebhookSender(
        WebhookSettings(name="chat", projects=projects),
        "https://chat.example.org/hooks/s3cret",
        public_url=PUBLIC,
        transport=httpx.MockTransport(answer),
    )


async def test_a_webhook_gets_json_without_reason_and_log() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    notice = JobNotice(
        event=NoticeEvent.FAILED,
        project="vision",
        job="digits-x1y2z3",
        owner="<!channel>",
    )
    await webhook(answer).send(notice)
    url = f"{PUBLIC}/hub/jobs/vision/digits-x1y2z3"
    assert json.loads(asked[0].content) == {
        "event": "failed",
        "project": "vision",
        "job": "digits-x1y2z3",
        "owner": "<!channel>",
        "url": url,
        "text": "digits-x1y2z3 has failed. Owner &lt;!channel&gt;, "
        f"project vision: {url}",
    }


@pytest.mark.parametrize(
    ("status", "is_final"), [(302, True), (404, True), (429, False), (503, False)]
)
async def test_a_refusal_names_no_address(status: int, is_final: bool) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        headers = {"Location": "http://169.254.169.254/"}
        return httpx.Response(status, headers=headers)

    with pytest.raises(NoticeError) as refusal:
        await webhook(answer).send(FAILED)
    assert refusal.value.is_final is is_final
    assert "s3cret" not in str(refusal.value)
    assert len(asked) == 1, "no redirect is followed"


async def test_a_webhook_that_is_away_is_asked_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}")

    with pytest.raises(NoticeError) as refusal:
        await webhook(answer).send(FAILED)
    assert not refusal.value.is_final
    assert "s3cret" not in str(refusal.value)


def test_a_webhook_is_told_of_its_projects() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200)

    assert webhook(answer).accepts(FAILED)
    assert webhook(answer, "vision").accepts(FAILED)
    assert not webhook(answer, "speech").accepts(FAILED)


MAIL = MailSettings(
    host="127.0.0.1", security="none", sender="mofang@example.org", domain="example.org"
)


@pytest.mark.parametrize(
    ("owner", "address"),
    [
        ("ada", "ada@example.org"),
        ("ada@other.org", "ada@other.org"),
        ("ada lovelace", None),
        ("ada\nBcc: eve@example.org", None),
        ("ada@a@b", None),
        ("ada,eve", None),
    ],
)
def test_mail_goes_to_who_has_an_address(owner: str, address: str | None) -> None:
    sender = MailSender(MAIL, "", public_url=PUBLIC)
    notice = JobNotice(event=NoticeEvent.FAILED, project="p", job="j", owner=owner)
    assert sender.address(owner) == address
    assert sender.accepts(notice) is (address is not None)


def test_without_a_domain_names_are_no_addresses() -> None:
    sender = MailSender(MailSettings(host="x", sender="a@b.c"), "", public_url=PUBLIC)
    assert sender.address("ada") is None


class MailServer:
    """Takes mail by SMTP; the answer to RCPT is a test's."""

    def __init__(self, recipient: str = "250 ok") -> None:
        self.lines: list[str] = []
        self._recipient = recipient

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"220 test\r\n")
        is_text = False
        while raw := await reader.readline():
            line = raw.decode().rstrip("\r\n")
            self.lines.append(line)
            if is_text and line != ".":
                continue
            verb = line[:4].upper()
            answers = {"RCPT": self._recipient, "DATA": "354 go on", "QUIT": "221 bye"}
            writer.write(f"{answers.get(verb, '250 ok')}\r\n".encode())
            is_text = verb == "DATA"
            if verb == "QUIT":
                break
        writer.close()


async def mailed(server: MailServer) -> None:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings = MAIL.model_copy(update={"port": port})
    async with listening:
        await MailSender(settings, "", public_url=PUBLIC).send(FAILED)


async def test_mail_arrives() -> None:
    server = MailServer()
    await mailed(server)
    assert "rcpt TO:<ada@example.org>" in server.lines
    assert "Subject: digits-x1y2z3 has failed" in server.lines
    assert "Auto-Submitted: auto-generated" in server.lines
    assert f"{PUBLIC}/hub/jobs/vision/digits-x1y2z3" in server.lines


@pytest.mark.parametrize(
    ("answer", "is_final"), [("550 nobody", True), ("450 later", True)]
)
async def test_an_address_that_is_refused_is_not_tried_again(
    answer: str, is_final: bool
) -> None:
    with pytest.raises(NoticeError) as refusal:
        await mailed(MailServer(answer))
    assert refusal.value.is_final is is_final
    assert "ada@" not in str(refusal.value)


async def test_without_a_mail_server_it_is_tried_again(unused_tcp_port: int) -> None:
    settings = MAIL.model_copy(update={"port": unused_tcp_port})
    with pytest.raises(NoticeError) as refusal:
        await MailSender(settings, "", public_url=PUBLIC).send(FAILED)
    assert not refusal.value.is_final


def test_the_secret_has_all_that_the_settings_name(tmp_path: Path) -> None:
    settings = NoticeSettings(
        webhooks=(WebhookSettings(name="chat"),),
        mail=MAIL.model_copy(update={"username": "mofang"}),
    )
    with pytest.raises(ValueError, match="no address for the webhook chat"):
        build_senders(settings, Secrets(tmp_path), public_url=PUBLIC)
    (tmp_path / "chat").write_text("https://chat.example.org/hooks/s3cret\n")
    with pytest.raises(ValueError, match="no password for mail"):
        build_senders(settings, Secrets(tmp_path), public_url=PUBLIC)
    (tmp_path / "smtp-password").write_text("x")
    found = build_senders(settings, Secrets(tmp_path), public_url=PUBLIC)
    assert [each.name for each in found] == ["webhook chat", "mail"]
    assert build_senders(NoticeSettings(), Secrets(tmp_path), public_url=PUBLIC) == []


def test_mail_has_a_sender() -> None:
    with pytest.raises(ValidationError, match="Mail needs a sender"):
        MailSettings(host="smtp.example.org")
