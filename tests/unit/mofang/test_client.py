import re

import httpx
import pytest
from unit.mofang.fake_service import GIVEN, TOKEN, a_job, refuse

from mofang.async_client import AsyncClient
from mofang.client import Client
from mofang.errors import (
    ConfigurationError,
    ConflictError,
    InvalidError,
    MofangError,
    NotAllowedError,
    NotFoundError,
    NotLoggedInError,
    PlatformError,
    RefusedError,
    StillRunningError,
    UnexpectedAnswerError,
    UnreachableError,
)
from mofang_api.models import JobEvent, JobMetrics, JobState, ReplicaMetrics


def test_a_job_lives_from_submission_to_removal(client, service):
    job = client.submit(a_job().spec)
    assert client.list_jobs().jobs == [job]
    assert client.get_job(job.id).state is JobState.SUBMITTED
    assert client.cancel(job.id).state is JobState.CANCELLING
    client.delete(job.id)
    assert client.list_jobs().jobs == []


def test_requests_carry_the_token_and_the_project(client, service):
    client.list_jobs(limit=5, after="digits-000001")
    [request] = service.requests
    assert request.headers["Authorization"] == f"token {TOKEN}"
    assert request.url.path == "/services/training/api/projects/vision/jobs"
    assert dict(request.url.params) == {"limit": "5", "after": "digits-000001"}


def test_a_list_is_filtered_by_the_service(client, service):
    service.add(a_job(1, JobState.FAILED))
    service.add(a_job(2, JobState.QUEUED, owner="ben"))
    service.add(a_job(3, JobState.RUNNING))
    page = client.list_jobs(state=["Queued", "Running"], owner="ben", search="dig")
    assert [job.id for job in page.jobs] == ["digits-000002"]
    assert page.total == 1
    assert str(service.requests[-1].url.query, "ascii") == (
        "state=Queued&state=Running&owner=ben&search=dig"
    )
    assert client.list_jobs(state="Failed").jobs[0].id == "digits-000001"


def test_a_job_is_looked_at_before_and_after_it_ran(client, service):
    job = a_job()
    assert client.preview(job.spec).cost[0].requested == 2
    assert service.jobs == {}
    service.add(job)
    service.metrics = JobMetrics(replicas=[ReplicaMetrics(role="worker", index=0)])
    assert client.metrics(job.id, points=30).replicas[0].role == "worker"
    assert service.requests[-1].url.params["points"] == "30"
    assert client.result(job.id) == {}
    service.results[job.id] = {"accuracy": 0.97}
    assert client.result(job.id) == {"accuracy": 0.97}


def test_a_result_that_is_none_is_an_error(client, service):
    service.answers = [httpx.Response(200, json=[1])]
    with pytest.raises(UnexpectedAnswerError, match="does not understand"):
        client.result("digits-000001")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidError),
        (401, NotLoggedInError),
        (403, NotAllowedError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, InvalidError),
        (422, InvalidError),
        (429, RefusedError),
        (500, PlatformError),
        (503, PlatformError),
    ],
)
def test_a_refusal_is_the_platforms_own_sentence(client, service, status, kind):
    service.answers = [refuse(status, "a_code", "The sentence.", name="Too long.")]
    with pytest.raises(kind, match=r"The sentence\.") as caught:
        client.list_jobs()
    if isinstance(caught.value, RefusedError):
        assert caught.value.code == "a_code"
        assert caught.value.status == status
        assert caught.value.fields == {"name": "Too long."}
        assert "name: Too long." in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 502])
def test_an_error_of_somebody_on_the_way_is_still_a_sentence(client, service, status):
    service.answers = [httpx.Response(status, html="<h1>nginx</h1>")]
    with pytest.raises(MofangError) as caught:
        client.list_jobs()
    assert "<h1>" not in str(caught.value)
    assert len(str(caught.value)) > 10


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<h1>Sign in</h1>"),
        httpx.Response(302, headers={"Location": "/hub/login"}),
        httpx.Response(200, json={"jobs": [{"id": 1}]}),
    ],
    ids=["a page", "a redirect to the log-in", "another version"],
)
def test_an_answer_that_is_not_the_services_says_where_to_look(client, service, answer):
    service.answers = [answer]
    with pytest.raises(UnexpectedAnswerError, match="/services/training"):
        client.list_jobs()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (httpx.ConnectError("Name or service not known"), "not known"),
        (httpx.ReadTimeout(""), "did not answer in time"),
        (httpx.RemoteProtocolError("closed"), "try again in a minute"),
    ],
)
def test_an_error_of_the_network_says_what_to_do(client, service, error, says):
    service.answers = [error]
    with pytest.raises(UnreachableError, match=says):
        client.list_jobs()


def test_a_submission_is_never_sent_twice(client, service):
    """Better no job than two."""
    service.answers = [httpx.ReadTimeout("")]
    with pytest.raises(UnreachableError, match="may have been accepted"):
        client.submit(a_job().spec)
    assert len(service.requests) == 1


@pytest.mark.parametrize("job_id", ["", ".", "..", "a/b", "a?b=c", "Ä", "x" * 64])
def test_what_is_no_id_never_becomes_part_of_a_path(client, service, job_id):
    with pytest.raises(InvalidError, match="is not the id of a job"):
        client.delete(job_id)
    assert service.requests == []


def test_the_token_is_in_no_text_that_people_see(client, service):
    service.answers = [httpx.ConnectError("refused"), refuse(401, "x", "No.")]
    for _ in range(2):
        with pytest.raises(MofangError) as caught:
            client.list_jobs()
        assert TOKEN not in str(caught.value) + repr(caught.value)
    assert TOKEN not in repr(client) + repr(client.settings) + str(client.settings)


def test_waiting_returns_the_job_once_it_ended(client, service, clock):
    job = service.add(a_job())
    service.steps = [JobState.QUEUED, JobState.RUNNING, JobState.FAILED]
    assert client.wait(job.id).state is JobState.FAILED
    assert clock.pauses == [0.5, 0.65]


def test_waiting_longer_asks_less_often(client, service, clock):
    job = service.add(a_job())
    service.steps = [JobState.RUNNING] * 50 + [JobState.SUCCEEDED]
    client.wait(job.id)
    assert max(clock.pauses) == 3.0
    assert clock.pauses == sorted(clock.pauses)


def test_waiting_ends_at_the_time_that_was_given(client, service, clock):
    job = service.add(a_job())
    with pytest.raises(StillRunningError, match="goes on") as caught:
        client.wait(job.id, timeout=10)
    assert clock.seconds == 1010
    assert isinstance(caught.value, TimeoutError)


def test_waiting_bears_a_restart_of_the_service(client, service, clock):
    job = service.add(a_job(state=JobState.SUCCEEDED))
    service.answers = [
        httpx.ConnectError("refused"),
        refuse(503, "starting", "The service starts."),
    ]
    assert client.wait(job.id) == job


def away_until(service, clock, moment: float) -> None:
    """Refuse connections at once, as long as a restart of the hub takes."""

    def when_paused() -> None:
        is_away = clock.seconds < moment
        service.answers = [httpx.ConnectError("refused")] if is_away else []

    service.answers = [httpx.ConnectError("refused")]
    clock.when_paused = when_paused


def test_waiting_bears_a_restart_of_the_hub(client, service, clock):
    job = service.add(a_job(state=JobState.SUCCEEDED))
    away_until(service, clock, clock.seconds + 170)
    assert client.wait(job.id) == job
    assert max(clock.pauses) == 5.0


def test_waiting_gives_up_on_a_platform_that_stays_away(client, service, clock):
    away_until(service, clock, clock.seconds + 9999)
    with pytest.raises(UnreachableError):
        client.wait("digits-000001")
    assert 1180 <= clock.seconds <= 1185


def test_each_time_away_is_borne_anew(client, service, clock):
    """What came long after the last look is no longer absence."""
    job = service.add(a_job())
    service.logs["worker-0"] = b"start end"
    turns = iter(range(99))

    def slow():
        yield b"start"
        clock.seconds += 3600
        raise httpx.ReadError("reset")

    def when_paused() -> None:
        if next(turns) == 20:
            service.become(job.id, JobState.SUCCEEDED)
            service.answers = []

    service.answers = [
        httpx.Response(200, content=slow()),
        *[refuse(503, "starting", "The service starts.")] * 99,
    ]
    clock.when_paused = when_paused
    assert b"".join(client.follow_log(job.id)) == b"start end"


def test_a_log_is_read_in_parts(client, service):
    job = service.add(a_job())
    service.logs["worker-1"] = b"0123456789"
    part = client.read_log(job.id, "worker", 1, offset=4, limit=3)
    assert (part.content, part.size, part.next) == (b"456", 10, 7)
    assert not part.is_complete
    assert client.read_log(job.id, "worker", 1, offset=-2).content == b"89"


def test_a_followed_log_is_whole_although_connections_break(client, service, clock):
    job = service.add(a_job(state=JobState.SUCCEEDED))
    service.logs["worker-0"] = b"one two three four"

    def breaks():
        yield b"one "
        raise httpx.ReadError("reset")

    service.streams = [breaks()]
    assert b"".join(client.follow_log(job.id)) == b"one two three four"
    offsets = [int(r.url.params.get("offset", 0)) for r in service.requests]
    assert offsets == [0, 4]


def test_a_followed_log_goes_on_while_its_replica_is_silent(client, service, clock):
    """A long step without a line of output is not an error."""
    job = service.add(a_job())
    service.logs["worker-0"] = b"start"
    silent = 0

    def when_paused() -> None:
        nonlocal silent
        silent += 1
        if silent == 30:
            service.logs["worker-0"] += b" end"
            service.become(job.id, JobState.SUCCEEDED)

    clock.when_paused = when_paused
    assert b"".join(client.follow_log(job.id)) == b"start end"
    assert max(clock.pauses) == 5.0


def test_a_log_is_followed_before_it_exists(client, service, clock):
    """Replicas that still wait for their image have no log yet."""
    job = service.add(a_job(state=JobState.QUEUED))

    def starts() -> None:
        service.logs["worker-0"] = b"hello"
        service.become(job.id, JobState.SUCCEEDED)

    clock.when_paused = starts
    assert b"".join(client.follow_log(job.id)) == b"hello"


def test_a_log_is_waited_for_over_a_restart(client, service, clock):
    job = service.add(a_job(state=JobState.QUEUED))

    def starts() -> None:
        service.logs["worker-0"] = b"hello"
        service.become(job.id, JobState.SUCCEEDED)

    service.answers = [
        refuse(404, "not_found", "There is no log yet."),
        refuse(503, "starting", "The service starts."),
    ]
    clock.when_paused = starts
    assert b"".join(client.follow_log(job.id)) == b"hello"


def test_a_log_that_will_never_exist_is_an_error(client, service, clock):
    job = service.add(a_job(state=JobState.FAILED))
    with pytest.raises(NotFoundError, match="no log of worker-7"):
        list(client.follow_log(job.id, index=7))


def test_following_a_log_gives_up_when_refused(client, service, clock):
    service.answers = [refuse(403, "forbidden", "You may not.")]
    with pytest.raises(NotAllowedError):
        list(client.follow_log("digits-000001"))


def test_the_watch_yields_events_and_passes_over_signs_of_life(client, service):
    first = JobEvent(type="added", job=a_job(1))
    second = JobEvent(type="deleted", job=a_job(2))
    service.events = [
        b": alive\n\n",
        f"event: job\ndata: {first.model_dump_json()}\n\n: alive\n\nevent:".encode(),
        f" job\ndata: {second.model_dump_json()}\n\n".encode(),
        b"event: other\ndata: {}\n\n",
    ]
    with client.watch() as events:
        assert list(events) == [first, second]


def test_an_event_that_cannot_be_read_asks_for_the_right_version(client, service):
    service.events = [b'event: job\ndata: {"type": "exploded"}\n\n']
    with (
        client.watch() as events,
        pytest.raises(UnexpectedAnswerError, match="version"),
    ):
        next(events)


def test_a_watch_that_breaks_is_an_error_of_the_network(client, service):
    def breaks():
        yield b": alive\n\n"
        raise httpx.ReadError("reset")

    service.events = breaks()
    with pytest.raises(UnreachableError), client.watch() as events:
        list(events)


def test_headers_that_are_no_numbers_are_told(client, service):
    service.answers = [httpx.Response(200, headers={"X-Log-Size": "big"})]
    with pytest.raises(UnexpectedAnswerError, match="not numbers"):
        client.read_log("digits-000001")


def test_both_clients_offer_the_same():
    """There are two classes; they must not grow apart."""

    def offers(kind: type) -> set[str]:
        return {name for name in vars(kind) if re.match(r"[a-z]", name)}

    assert offers(Client) == offers(AsyncClient)


def test_a_refusal_is_printed_once():
    """Also where the sentence of its only field is the whole message."""
    message = "The job needs 20 cores; the quota of Vision is 16 cores."
    fields = {"resources.cpu": message}

    assert str(RefusedError(message, fields=fields)) == message
    assert str(RefusedError("Two fields.", fields=fields)) == (
        f"Two fields.\n  resources.cpu: {message}"
    )


def test_certificates_that_are_not_there_are_a_sentence(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    for kind in (Client, AsyncClient):
        with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
            kind(**GIVEN)
