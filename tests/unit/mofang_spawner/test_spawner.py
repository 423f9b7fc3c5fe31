"""What JupyterHub is told, by a spawner without a hub."""

import asyncio
from types import SimpleNamespace

import pytest
from jupyterhub.spawner import SpawnException
from jupyterhub.utils import format_exception
from kubernetes_asyncio.client import ApiClient
from unit.mofang_spawner.conftest import (
    a_catalog,
    a_plan,
    environment_body,
    project_body,
    without_image,
)
from unit.mofang_spawner.fake_cluster import (
    NAMESPACE,
)

from mofang_kube.errors import (
    InvalidError,
    KubernetesUnavailableError,
    MofangError,
    QuotaError,
)
from mofang_spawner.failures import refusal, start_failed, timed_out
from mofang_spawner.pod_phase import StartFailed
from mofang_spawner.progress import StartLog
from mofang_spawner.safe_mode import OFFER
from mofang_spawner.server_start import SpawnFailedError
from mofang_spawner.volumes.homes import HomeUnavailableError

FORM = {"project": ["vision"], "environment": ["pytorch"]}
OPTIONS = {"project": "vision", "environment": "pytorch"}


# -- how errors are told


def exited(reason="exit"):
    return SpawnFailedError(
        StartFailed(reason=reason, message="It ended."), "Bad config"
    )


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(InvalidError("no", fields={"gpu": "x"}), 422, id="invalid"),
        pytest.param(QuotaError("full"), 403, id="quota"),
        pytest.param(KubernetesUnavailableError("away"), 503, id="cluster away"),
    ],
)
def test_a_refusal_keeps_its_sentence_and_status(error, status):
    cause = refusal(error)

    assert (cause.message, cause.reason, cause.status_code) == (
        error.message,
        error.code,
        status,
    )


@pytest.mark.parametrize(
    "cause",
    [
        pytest.param(refusal(InvalidError("cpu 99 is too much.")), id="refused"),
        pytest.param(
            start_failed(
                SpawnFailedError(StartFailed(reason="image", message="No image."), "")
            ),
            id="failed",
        ),
    ],
)
def test_people_read_a_sentence_and_no_exception(cause):
    """Pages and the stream of progress show this, else the exception's own text."""
    plain, html = format_exception(cause)

    assert plain == cause.message
    assert html == cause.message_html
    assert format_exception(cause, only_jupyterhub=True) == (plain, html)


def test_a_refusal_is_text_on_a_page():
    """JupyterHub escapes a plain message; markup from here would pass."""
    assert refusal(MofangError("<b>no</b>")).message_html == (
        '<p data-failure="error">&lt;b&gt;no&lt;/b&gt;</p>'
    )


def test_last_lines_are_told_as_text():
    """A program's output is anybody's, and is never markup."""
    verdict = StartFailed(reason="exit", message="<i>ended</i>")
    cause = start_failed(SpawnFailedError(verdict, "<script>alert(1)</script>\n"))

    assert cause.message_html == (
        '<p data-failure="exit">&lt;i&gt;ended&lt;/i&gt;</p>'
        "<pre>&lt;script&gt;alert(1)&lt;/script&gt;</pre>"
        f"<p data-safe-mode>{OFFER}</p>"
    )
    assert "Its last lines were:" in cause.message
    assert (cause.status_code, cause.reason) == (424, "exit")


@pytest.mark.parametrize(
    ("cause", "is_offered"),
    [
        pytest.param(start_failed(exited()), True, id="the server exited"),
        pytest.param(
            start_failed(exited(), safe_mode=True), False, id="it was in safe mode"
        ),
        pytest.param(start_failed(exited("image")), False, id="there was no image"),
        pytest.param(
            start_failed(exited("memory")), False, id="there was too little memory"
        ),
        pytest.param(timed_out(60, has_run=True), True, id="it never answered"),
        pytest.param(
            timed_out(60, has_run=True, safe_mode=True), False, id="nor in safe mode"
        ),
        pytest.param(timed_out(60, has_run=False), False, id="there was no machine"),
        pytest.param(refusal(QuotaError("full")), False, id="it was refused"),
    ],
)
def test_safe_mode_is_offered_where_the_users_files_may_be_the_cause(cause, is_offered):
    assert ("data-safe-mode" in cause.message_html) == is_offered
    assert (OFFER in cause.message) == is_offered


def test_a_failure_in_safe_mode_is_for_the_administrator():
    assert (
        "Show this to an administrator"
        in start_failed(exited(), safe_mode=True).message
    )


def test_a_failed_start_without_lines_has_none():
    cause = start_failed(
        SpawnFailedError(StartFailed(reason="image", message="No image."), " \n")
    )

    assert cause.message == "No image."
    assert cause.message_html == '<p data-failure="image">No image.</p>'


# -- what may start


async def test_a_form_becomes_options(spawner):
    found = await spawner.options_from_form({**FORM, "_xsrf": ["x"], "gpu": [""]})

    assert found == OPTIONS


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param({**FORM, "image": ["x"]}, 422, id="an unknown field"),
        pytest.param({**FORM, "cpu": ["1", "2"]}, 422, id="a field twice"),
        pytest.param({**FORM, "project": ["speech"]}, 404, id="another's project"),
        pytest.param({**FORM, "cpu": ["64"]}, 422, id="too large"),
    ],
)
async def test_form_and_rest_refuse_alike(spawner, form, status):
    with pytest.raises(SpawnException) as of_form:
        await spawner.options_from_form(form)
    assert of_form.value.status_code == status
    if any(len(values) > 1 for values in form.values()):
        return
    options = {name: values[0] for name, values in form.items()}
    with pytest.raises(SpawnException) as of_rest:
        await spawner.apply_user_options(spawner, options)
    assert of_rest.value.message == of_form.value.message


async def test_an_environment_without_its_image_is_refused_with_the_reason(
    spawner, context
):
    """Not a pod that tries to pull what is not there."""
    context.catalog = a_catalog(environments=[without_image(environment_body())])

    with pytest.raises(SpawnException, match="3 of 9 are ready") as of_form:
        await spawner.options_from_form(FORM)
    with pytest.raises(SpawnException) as of_rest:
        await spawner.apply_user_options(spawner, OPTIONS)

    assert of_rest.value.message == of_form.value.message
    assert of_rest.value.status_code == of_form.value.status_code == 422


async def test_a_catalogue_that_is_away_is_told(spawner, context):
    context.failure = KubernetesUnavailableError("Kubernetes does not answer.")

    with pytest.raises(SpawnException) as caught:
        await spawner.options_from_form(FORM)

    assert caught.value.status_code == 503


@pytest.mark.parametrize(
    ("limit", "running", "allowed"),
    [
        pytest.param(0, 9, True, id="no limit"),
        pytest.param(2, 1, True, id="room for one"),
        pytest.param(2, 2, False, id="no room"),
    ],
)
async def test_the_limit_of_running_servers(spawner, context, limit, running, allowed):
    context.limit_per_user = limit
    spawner.user.spawners = {
        "stopped": SimpleNamespace(active=False, is_unused=False),
        "started-ahead": SimpleNamespace(active=True, is_unused=True),
        "vision-pytorch": spawner,
        **{
            f"s{n}": SimpleNamespace(active=True, is_unused=False)
            for n in range(running)
        },
    }

    if allowed:
        await spawner.apply_user_options(spawner, OPTIONS)
        return
    with pytest.raises(SpawnException, match="stop one of s0, s1 first"):
        await spawner.apply_user_options(spawner, OPTIONS)


async def test_nothing_starts_without_a_choice(spawner):
    """A server of before the platform has no options that say where."""
    with pytest.raises(SpawnException, match="Choose a project"):
        await spawner._start()


async def test_a_link_never_has_options_to_start_with(spawner):
    """JupyterHub starts a server for whoever is led to a link that has some."""
    with pytest.raises(SpawnException) as caught:
        spawner.options_from_query({"project": ["vision"]})

    assert caught.value.message.startswith("A link does not start a server.")


async def test_membership_lost_since_the_last_start_counts(spawner, context):
    context.catalog = a_catalog([project_body(members=[])])

    with pytest.raises(SpawnException) as caught:
        await spawner.apply_user_options(spawner, OPTIONS)

    assert caught.value.status_code == 404


async def test_safe_mode_is_of_one_start_alone(spawner):
    """A start without options repeats what JupyterHub has kept of the last one."""
    await spawner.apply_user_options(spawner, {**OPTIONS, "safe_mode": True})

    assert spawner._plan.safe_mode
    assert spawner.orm_spawner.user_options == OPTIONS

    await spawner.apply_user_options(spawner, spawner.orm_spawner.user_options)

    assert not spawner._plan.safe_mode


async def test_a_form_asks_for_safe_mode_by_its_button(spawner):
    found = await spawner.options_from_form({**FORM, "safe_mode": ["true"]})

    assert found == {**OPTIONS, "safe_mode": True}


# -- the start


async def test_a_refused_start_leaves_nothing_and_says_why(starting, context):
    context.core.failures["create", "pod"] = TimeoutError()

    with pytest.raises(SpawnException) as caught:
        await starting._start()

    assert caught.value.status_code == 503
    assert not context.core.objects
    assert starting.namespace == NAMESPACE


async def test_a_removal_that_fails_does_not_hide_the_cause(starting, context):
    context.core.failures["create", "pod"] = TimeoutError()
    context.core.failures["delete", "pod"] = TimeoutError()

    with pytest.raises(SpawnException, match="Could not start server"):
        await starting._start()


async def test_a_start_waits_for_the_home_before_anything_is_made(starting, context):
    """The kubelet would make it as root's."""
    context.homes.failure = HomeUnavailableError("The storage is full.")

    with pytest.raises(SpawnException, match="The storage is full") as caught:
        await starting._start()

    assert caught.value.status_code == 503
    assert context.homes.asked == ["ada"]
    assert not context.core.objects
    assert {verb for verb, _ in context.core.writes} <= {"delete"}


async def test_a_late_start_says_what_to_do(starting, context):
    starting.start_timeout = 1

    with pytest.raises(SpawnException, match="did not answer within 1 seconds") as err:
        await starting._start()

    assert err.value.status_code == 504
    context.core.collect_garbage()
    assert not context.core.objects


async def test_a_cancelled_start_leaves_nothing(starting, context):
    task = asyncio.create_task(starting._start())
    async with asyncio.timeout(30):
        while context.core.count()["service"] == 0:  # noqa: ASYNC110 - the fake's
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    context.core.collect_garbage()
    assert not context.core.objects


async def fail(spawner, context):
    """Start it; the container exits at once."""
    context.core.logs[False] = "Preferred directory not found: '/nowhere'"
    task = asyncio.create_task(spawner._start())
    async with asyncio.timeout(30):
        while context.core.count()["service"] == 0:  # noqa: ASYNC110 - the fake's
            await asyncio.sleep(0.01)
    ended = {"state": {"terminated": {"exitCode": 1}}}
    context.core.put_pod(phase="Running", containerStatuses=[ended])
    with pytest.raises(SpawnException) as caught:
        await task
    return caught.value


async def test_a_start_in_safe_mode_knows_why_the_last_one_failed(starting, context):
    """Also of another object, which JupyterHub makes for each start after a failure."""
    cause = await fail(starting, context)
    kept = starting.get_state()
    starting._last_failure = ""
    starting.load_state(kept)

    await starting.apply_user_options(starting, {**OPTIONS, "safe_mode": True})

    assert "Preferred directory not found" in cause.message
    assert starting._plan.last_failure == (
        "The server exited before it was ready, with exit code 1.\n"
        "Preferred directory not found: '/nowhere'"
    )


async def test_a_failure_in_safe_mode_does_not_hide_the_one_before(starting, context):
    before = {"last_failure": "Preferred directory not found"}
    starting.load_state(starting.get_state() | before)
    starting._plan = a_plan(safe_mode=True)

    cause = await fail(starting, context)

    assert "administrator" in cause.message
    assert starting.get_state()["last_failure"] == "Preferred directory not found"


async def test_a_refusal_is_no_failure_of_the_users_files(starting, context):
    starting._last_failure = "Preferred directory not found"
    context.core.failures["create", "pod"] = TimeoutError()

    with pytest.raises(SpawnException):
        await starting._start()

    assert starting.get_state()["last_failure"] == "Preferred directory not found"


async def test_progress_before_a_start_has_one_sentence(spawner):
    assert [event async for event in spawner.progress()] == [
        {"progress": 5, "message": "Checking the selection."}
    ]


async def test_progress_is_the_starts_own(spawner):
    spawner._start_log = StartLog()
    spawner._start_log.emit(30, "Assigned to node cpu-1.")
    spawner._start_log.end()

    assert [event async for event in spawner.progress()] == [
        {"progress": 30, "message": "Assigned to node cpu-1."}
    ]


async def test_the_state_says_what_runs_and_no_token(starting):
    state = starting.get_state()

    assert (state["project"], state["environment"]) == ("vision", "pytorch")
    assert "very-private" not in str(state)


async def test_defaults_of_the_administrator_are_in_the_pod(spawner, context):
    """By KubeSpawner's own code, up to what is sent to Kubernetes."""
    api = ApiClient()
    context.api = api
    spawner._plan = a_plan()
    spawner.api_token = "very-private"
    hook = {"postStart": {"exec": {"command": ["true"]}}}
    node = {"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    spawner.environment = {"HTTPS_PROXY": "http://proxy:3128", "NODE": dict(node)}
    spawner.extra_labels = {"team": "ours"}
    spawner.extra_annotations = {"example.org/a": "b"}
    spawner.node_selector = {"disk": "fast"}
    spawner.tolerations = [{"key": "users", "operator": "Exists"}]
    spawner.init_containers = [{"name": "first", "image": "a:1"}]
    spawner.extra_containers = [{"name": "beside", "image": "b:1"}]
    spawner.lifecycle_hooks = hook
    spawner.priority_class_name = "users"

    pod = api.sanitize_for_serialization(await spawner.get_pod_manifest())
    await api.close()

    assert pod["metadata"]["labels"]["team"] == "ours"
    assert pod["metadata"]["labels"]["mofang.dev/project"] == "vision"
    assert pod["metadata"]["annotations"]["example.org/a"] == "b"
    spec = pod["spec"]
    assert spec["nodeSelector"] == {"disk": "fast"}
    assert spec["tolerations"] == [{"key": "users", "operator": "Exists"}]
    assert spec["priorityClassName"] == "users"
    assert [each["name"] for each in spec["initContainers"]] == ["first"]
    server, beside = spec["containers"]
    assert (server["name"], beside["name"]) == ("notebook", "beside")
    assert server["lifecycle"] == hook
    assert {"name": "HTTPS_PROXY", "value": "http://proxy:3128"} in server["env"]
    assert {"name": "NODE", **node} in server["env"]
    for each in (*spec["initContainers"], *spec["containers"]):
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
