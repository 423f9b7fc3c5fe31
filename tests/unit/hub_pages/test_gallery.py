"""The gallery as HTML, read the way a browser and a screen reader do."""

from datetime import datetime
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import ClassVar

import pytest
from tornado import web
from traitlets.config import Config
from unit.mofang_spawner.conftest import (
    BUILDING,
    a_catalog,
    environment_body,
    project_body,
    without_image,
)

from mofang_hub.pages.configure import TEMPLATES, configure_pages
from mofang_kube.ephemeral_storage import EphemeralStorage
from mofang_kube.errors import KubernetesUnavailableError
from mofang_spawner.start_history import StartHistory

HOSTILE = "<script>alert('x')</script> \" onload=\"alert(1)"
GPU = {
    "cpu": {"default": "1"},
    "memory": {"default": "2Gi", "min": "1Gi", "max": "8Gi"},
    "gpu": {"default": 1, "min": 1, "max": 4},
}
CHOICE = ("project", "environment")
STARTED = datetime(2026, 11, 30, 12, 0)  # noqa: DTZ001 - as JupyterHub's database
NOT_CLOSED = {"input", "br", "img", "hr"}


class Page(HTMLParser):
    """Elements in their order, each with its text and the elements around it."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.elements = []
        self._open = []
        self.feed(text)
        assert not self._open, "an element is not closed"

    def handle_starttag(self, tag, attributes):
        element = SimpleNamespace(
            tag=tag, given=dict(attributes), text="", around=list(self._open)
        )
        self.elements.append(element)
        if tag not in NOT_CLOSED:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open.pop().tag == tag

    def handle_data(self, data):
        for element in self._open:
            element.text += data

    def all(self, tag, **given):
        return [
            each
            for each in self.elements
            if each.tag == tag and given.items() <= each.given.items()
        ]


class FakeUser:
    name = "ada"
    escaped_name = "ada"
    groups = ()
    settings: ClassVar = {}

    def __init__(self, states=None, **spawners):
        self.spawners = {k.replace("_", "-"): v for k, v in spawners.items()}
        states = {**dict.fromkeys(self.spawners), **(states or {})}
        self.orm_spawners = {
            name: SimpleNamespace(
                state=state,
                user_options=dict(zip(CHOICE, name.split("-", 1), strict=True)),
                display_name=name,
                started=STARTED,
            )
            for name, state in states.items()
        }

    def server_url(self, name):
        return f"/user/ada/{name}/"


def running(lost_node="", node="", restart_failure=None):
    return SimpleNamespace(
        ready=True,
        pending=None,
        _failed=None,
        is_unused=False,
        lost_node=lost_node,
        queued_message="",
        node=node,
        restart_failure=restart_failure,
    )


def starting():
    return SimpleNamespace(
        ready=False, pending="spawn", _failed=None, is_unused=False, queued_message=""
    )


def stopping():
    return SimpleNamespace(ready=False, pending="stop", _failed=None, is_unused=False)


@pytest.fixture
def show():
    """The gallery's page of ``ada``."""
    c = Config()
    configure_pages(c)

    async def show(
        projects=None, environments=None, user=None, home=None, free=None, starts=()
    ):
        async def ready():
            pass

        context = SimpleNamespace(
            homes=SimpleNamespace(status=lambda _: home or {}),
            ready=ready,
            catalog=a_catalog(projects, environments),
            ephemeral_storage=EphemeralStorage(),
            free_capacity=lambda: free,
            starts=StartHistory(),
        )
        context.starts.load(starts)
        spawner = SimpleNamespace(
            context=lambda: context,
            user=user or FakeUser(),
            hub=SimpleNamespace(base_url="/hub/"),
        )
        return Page(await c.MofangSpawner.gallery(spawner))

    return show


async def test_a_card_starts_the_server_of_its_name(show):
    page = await show()
    (form,) = page.all("form")

    assert form.given["action"] == "/hub/spawn/ada/vision-pytorch"
    assert form.given["method"] == "post"
    hidden = {
        each.given["name"]: each.given["value"]
        for each in page.all("input", type="hidden")
    }
    chosen = {"project": "vision", "environment": "pytorch"}
    assert hidden == {**chosen, "cpu": "", "memory": ""}


async def test_people_cannot_write_markup_into_the_gallery(show):
    """Whoever names a project does not get to run programs in every browser."""
    page = await show(
        [project_body(displayName=HOSTILE, description=HOSTILE)],
        [
            environment_body(
                displayName=HOSTILE, description=HOSTILE, frameworks=[HOSTILE]
            )
        ],
    )

    assert not page.all("script")
    assert not [each for each in page.elements if "onload" in each.given]
    assert page.all("h3")[0].text == HOSTILE
    assert page.all("section")[0].given["aria-label"].endswith(HOSTILE)


async def test_a_hostile_user_name_is_text(show):
    user = FakeUser()
    user.name = HOSTILE
    page = await show(projects=[], user=user)

    assert not page.all("script")
    assert page.all("strong")[0].text == HOSTILE


async def test_who_belongs_to_no_project_is_reported_what_to_do(show):
    page = await show([project_body(members=[])])

    assert page.all("h2")[0].text == "You belong to no project yet"
    assert "Ask the administrator" in page.all("p")[0].text
    assert not page.all("form")


async def test_a_project_without_environments_says_so(show):
    page = await show(environments=[])

    messages = [each.text for each in page.all("p")]
    assert any("No environment is open to this project" in each for each in messages)


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(FakeUser(), id="nothing runs"),
        pytest.param(FakeUser(vision_pytorch=running()), id="a server runs"),
        pytest.param(FakeUser(vision_pytorch=starting()), id="a server starts"),
    ],
)
async def test_every_input_has_a_label(show, user):
    page = await show(environments=[environment_body(resources=GPU)], user=user)

    labelled = {label.given.get("for") for label in page.all("label")}
    for each in page.all("input"):
        if each.given.get("type") == "hidden":
            continue
        is_inside = any(outer.tag == "label" for outer in each.around)
        assert is_inside or each.given["id"] in labelled, each


async def test_every_button_has_a_name_of_its_own(show):
    """Of five buttons called “Start”, a screen reader would tell none apart."""
    page = await show(environments=[environment_body("a"), environment_body("b")])

    names = [each.given.get("aria-label") for each in page.all("button")]
    assert names == [
        "Start A",
        "Start in safe mode: A",
        "Start B",
        "Start in safe mode: B",
    ]


async def test_ids_are_unique_and_what_is_referred_to_exists(show):
    """``a-b`` with ``c`` and ``a`` with ``b-c`` are two cards."""
    page = await show(
        [project_body("a"), project_body("a-b")],
        [environment_body("c", resources=GPU), environment_body("b-c", resources=GPU)],
    )
    ids = [each.given["id"] for each in page.elements if "id" in each.given]

    assert len(page.all("form")) == 4
    assert len(ids) == len(set(ids))
    for each in page.elements:
        for attribute in ("for", "aria-describedby", "aria-labelledby"):
            if attribute in each.given:
                assert each.given[attribute] in ids


async def test_hints_say_what_may_be_asked_for(show):
    page = await show(environments=[environment_body(resources=GPU)])

    assert [each.text for each in page.all("small")] == ["1 to 8 GiB", "1 to 4 GPUs"]
    assert [each.text for each in page.all("output")] == ["1 core"]


async def test_gpus_are_not_offered_where_there_are_none(show):
    page = await show()

    assert not page.all("input", name="gpu")


async def test_a_running_server_is_opened_or_stopped(show):
    page = await show(user=FakeUser(vision_pytorch=running()))

    opens = page.all("a", href="/user/ada/vision-pytorch/")
    assert len(opens) == 2
    resize, restart, stop, rename = [
        each
        for each in page.all("button")
        if "template" not in {around.tag for around in each.around}
    ]
    assert resize.given["data-resize"] == restart.given["data-restart"]
    assert stop.given["data-stop"] == "vision-pytorch"
    address = "/hub/api/mofang/servers/ada/vision-pytorch"
    assert restart.given["data-restart"] == rename.given["data-rename"] == address


async def test_a_server_on_a_lost_node_can_be_stopped_and_says_so(show):
    page = await show(user=FakeUser(vision_pytorch=running("cpu-1")))

    said = "Its node cpu-1 does not answer. Stop the server to start it on another"
    assert sum(said in each.text for each in page.all("p")) == 2
    assert page.all("button", **{"data-stop": "vision-pytorch"})


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param({"eviction": "The server filled <b>/cache</b>."}, 1, id="full"),
        pytest.param({"pod_name": "x"}, 0, id="stopped as usual"),
        pytest.param(None, 0, id="never started"),
    ],
)
async def test_a_server_that_was_evicted_says_why_until_it_is_started(
    show, state, said
):
    page = await show(user=FakeUser(states={"vision-pytorch": state}))

    notes = page.all("p", **{"class": "mofang-failure"})
    assert [each.text for each in notes] == ["The server filled <b>/cache</b>."] * said
    (button,) = [each for each in page.all("button") if each.text == "Start"]
    assert "disabled" not in button.given


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        pytest.param({}, "0.5 cores · 2 GiB memory · 4.5 GiB /cache", id="the default"),
        pytest.param(
            {"cache": {"default": "100Gi"}},
            "0.5 cores · 2 GiB memory · 90.0 GiB /cache",
            id="the environment's",
        ),
        pytest.param(
            {"cache": {"default": "0"}}, "0.5 cores · 2 GiB memory", id="no /cache"
        ),
    ],
)
async def test_a_card_tells_what_of_its_cache_is_usable(show, resources, said):
    given = environment_body()
    given["spec"]["resources"] |= resources
    page = await show(environments=[given])

    (machine,) = page.all("p", **{"class": "mofang-machine"})
    assert machine.text == said


async def test_an_environment_without_its_image_cannot_be_started_and_says_why(show):
    page = await show(environments=[without_image(environment_body())])

    (form,) = page.all("form")
    (button,) = page.all("button")
    (badge,) = page.all("p", **{"class": "mofang-badge"})
    (message,) = page.all("p", id=button.given["aria-describedby"])
    assert "data-unavailable" in form.given
    assert "disabled" in button.given
    assert badge.text == "Preparing"
    assert message.text == BUILDING
    assert not page.all("details"), "nothing to choose a size for"


async def test_enter_in_a_field_starts_normally(show):
    """It presses the first button of the form."""
    page = await show()

    (first, safe) = page.all("button", type="submit")
    assert "name" not in first.given
    assert (safe.given["name"], safe.given["value"]) == ("safe_mode", "true")


@pytest.mark.parametrize("failure", [None, RuntimeError("It exited.")])
async def test_safe_mode_is_suggested_after_a_failure(show, failure):
    stopped = SimpleNamespace(
        ready=False, pending=None, _failed=failure, is_unused=False
    )
    page = await show(user=FakeUser(vision_pytorch=stopped))

    (details,) = page.all("details", **{"class": "mofang-safe-mode"})
    assert ("open" in details.given) == (failure is not None)
    assert "without your Jupyter configuration" in details.text


async def test_an_image_that_failed_to_build_has_another_badge(show):
    body = without_image(environment_body(), reason="BuildFailed", message=HOSTILE)
    page = await show(environments=[body])

    (badge,) = page.all("p", **{"class": "mofang-badge is-failed"})
    assert badge.text == "Not available"
    assert page.all("p", id="unavailable-vision-pytorch")[0].text == f"{HOSTILE}."
    assert not page.all("script")


async def test_an_environment_with_its_image_can_be_started(show):
    body = without_image(environment_body(), status="True", reason="Available")
    page = await show(environments=[body])

    (form,) = page.all("form")
    (button, _safe) = page.all("button")
    assert "data-unavailable" not in form.given
    assert not {"disabled", "aria-describedby"} & set(button.given)
    assert not page.all("p", **{"class": "mofang-badge"})


async def test_a_running_server_is_opened_whatever_its_image_is_now(show):
    page = await show(
        environments=[without_image(environment_body())],
        user=FakeUser(vision_pytorch=running()),
    )

    assert page.all("a", **{"aria-label": "Open Pytorch"})
    assert "data-unavailable" not in page.all("form")[0].given


async def test_what_becomes_available_is_announced(show):
    page = await show()

    (status,) = page.all("div", role="status")
    assert status.text == ""


async def test_a_starting_server_leads_to_its_progress(show):
    page = await show(user=FakeUser(vision_pytorch=starting()))

    links = page.all("a", href="/hub/spawn-pending/ada/vision-pytorch")
    assert [each.text for each in links] == [
        "Show progress of Pytorch in Vision",
        "Show progress",
    ]
    assert not page.all("button", type="submit"), "it cannot be started twice"


async def test_a_stopping_server_is_neither_opened_nor_started(show):
    page = await show(user=FakeUser(vision_pytorch=stopping()))

    (form,) = page.all("form")
    (button,) = page.all("button")
    (link,) = page.all("a")
    assert link.given["href"] == "/hub/jobs/vision", "and to no server"
    assert "data-unavailable" in form.given, "the page follows it"
    assert "disabled" in button.given
    (message,) = page.all("p", id=button.given["aria-describedby"])
    assert "is stopping" in message.text


async def test_a_server_that_looks_into_a_job_can_be_opened_and_stopped(show):
    """It is no environment's, and yet one of those that run."""
    page = await show(user=FakeUser(vision_debug_train_5ba511fe=running()))

    assert page.all("a", href="/user/ada/vision-debug-train-5ba511fe/")
    assert page.all("button", **{"data-stop": "vision-debug-train-5ba511fe"})


async def test_a_stopped_server_is_not_among_those_that_run(show):
    stopped = SimpleNamespace(ready=False, pending=None, _failed=None, is_unused=False)
    page = await show(user=FakeUser(vision_pytorch=stopped))

    assert not page.all("h2", id="mofang-running")


async def test_the_first_project_is_chosen_and_the_others_hidden(show):
    page = await show([project_body("a"), project_body("b")])

    assert ["checked" in each.given for each in page.all("input", type="radio")] == [
        True,
        False,
    ]
    assert ["hidden" in each.given for each in page.all("section")] == [False, True]


async def test_the_machine_is_said_in_a_persons_words(show):
    page = await show(environments=[environment_body(resources=GPU)])

    (machine,) = page.all("p", **{"class": "mofang-machine"})
    assert machine.text == "1 core · 2 GiB memory · 1 GPU · 4.5 GiB /cache"


async def test_a_catalogue_that_is_away_is_not_an_empty_one():
    """Nobody is told to belong to no project because Kubernetes is away."""
    c = Config()
    configure_pages(c)

    async def ready():
        raise KubernetesUnavailableError("Kubernetes does not answer.")

    context = SimpleNamespace(ready=ready)
    with pytest.raises(web.HTTPError, match="Kubernetes does not answer") as caught:
        await c.MofangSpawner.gallery(SimpleNamespace(context=lambda: context))
    assert caught.value.status_code == 503


def test_the_hubs_pages_are_ours():
    c = Config()
    configure_pages(c)

    assert c.JupyterHub.template_paths == [str(TEMPLATES / "hub")]
    assert c.JupyterHub.default_url == "/hub/spawn"
    assert set(c.JupyterHub.template_vars) == {
        "mofang_style",
        "mofang_script",
        "mofang_stop",
        "mofang_fragment",
        "mofang_preload",
        "mofang_culled",
        "mofang_static_url",
        "mofang_client",
        "mofang_jobs",
        "mofang_jobs_style",
        "mofang_has_usage",
        "mofang_usage_style",
    }
