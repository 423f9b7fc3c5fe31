"""What cards say of the room for a server, of its versions, starts and access."""

import pytest
from unit.hub_pages.test_gallery import (
    GPU,
    FakeUser,
    running,
    show,  # noqa: F401 - a fixture
)
from unit.mofang_kube.test_free_capacity import node, pod
from unit.mofang_spawner.conftest import environment_body, project_body

from mofang_kube.free_capacity import FreeCapacity
from mofang_spawner.server_failure import ServerFailure

NODES = [node("gpu-1", gpu=4), node("cpu-1")]
QUOTA = {"cpu": "16", "memory": "64Gi", "gpu": 2}
HELD = pod("a", "gpu-1", gpu="1", cpu="1500m", memory="4Gi")
OTHERS = pod("b", "gpu-1", gpu="1", namespace="other")


def availability_text(page):
    (found,) = [
        p for p in page.all("p") if "mofang-availability" in p.given.get("class", "")
    ]
    return found.text, "is-free" in found.given["class"]


async def test_gpus_free_and_held_are_told(show):  # noqa: F811
    page = await show(
        [project_body(quota=QUOTA)],
        [environment_body(resources=GPU)],
        free=FreeCapacity(NODES, [HELD, OTHERS]),
    )

    text = "Available now 2 of 4 GPUs free · Vision holds 1 of 2"
    assert availability_text(page) == (text, True)


async def test_a_quota_of_cpu_and_memory_is_reported(show):  # noqa: F811
    page = await show([project_body(quota=QUOTA)], free=FreeCapacity(NODES, [HELD]))

    text = "Available now Vision holds 1.5 of 16 cores, 4 of 64 GiB"
    assert availability_text(page) == (text, True)


@pytest.mark.parametrize(
    ("pods", "quota", "label"),
    [
        pytest.param(
            [HELD, pod("c", gpu="1")], QUOTA, "Quota of GPUs used up", id="quota"
        ),
        pytest.param(
            [pod("c", "gpu-1", gpu="4", namespace="other")],
            QUOTA,
            "Waits for a node",
            id="all GPUs are held",
        ),
        pytest.param(
            [pod("c", "gpu-1", memory="15Gi", namespace="other")],
            {},
            "Waits for a node",
            id="too little memory beside the GPUs",
        ),
    ],
)
async def test_a_start_that_would_wait_or_be_refused_says_so(
    show,  # noqa: F811
    pods,
    quota,
    label,
):
    page = await show(
        [project_body(quota=quota)],
        [environment_body(resources=GPU)],
        free=FreeCapacity(NODES, pods),
    )

    text, is_free = availability_text(page)
    assert text.startswith(label)
    assert not is_free


async def test_a_cluster_without_gpus_says_so(show):  # noqa: F811
    page = await show(
        environments=[environment_body(resources=GPU)],
        free=FreeCapacity([node("cpu-1")], []),
    )

    assert availability_text(page) == ("No node has GPUs", False)


async def test_nothing_is_said_that_nobody_knows(show):  # noqa: F811
    page = await show()

    assert not [
        p for p in page.all("p") if "mofang-availability" in p.given.get("class", "")
    ]
    assert not page.all("p", **{"class": "mofang-usual"})
    assert not page.all("ul", **{"class": "mofang-versions"})


async def test_usual_starts_are_told_after_three(show):  # noqa: F811
    starts = [("pytorch", 2.0), ("pytorch", 3.0), ("pytorch", 9.0), ("base", 1.0)]
    page = await show(starts=starts)

    (usual,) = page.all("p", **{"class": "mofang-usual"})
    assert (
        usual.text == "Usually ready in 3 s, 9 times in 10 within 8 s (last 3 starts)"
    )


async def test_versions_are_listed_in_their_order(show):  # noqa: F811
    versions = [
        {"name": "PyTorch", "version": 2.6},
        {"name": "<CUDA>", "version": "12"},
    ]
    page = await show(environments=[environment_body(versions=versions)])

    (listed,) = page.all("ul", **{"class": "mofang-versions"})
    assert listed.text.strip() == "PyTorch 2.6<CUDA> 12"


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({"everyone": True}, "Open to everyone"),
        ({"projects": ["vision", "secret"]}, "For members of Vision"),
    ],
)
async def test_who_may_start_it_is_reported_without_the_names_of_others(
    show,  # noqa: F811
    access,
    said,
):
    page = await show(environments=[environment_body(access=access)])

    assert page.all("p", **{"class": "mofang-access"})[0].text == said
    assert "secret" not in page.text


async def test_a_running_server_says_size_node_and_since_when(show):  # noqa: F811
    page = await show(user=FakeUser(vision_pytorch=running(node="gpu-1")))

    (facts,) = page.all("p", **{"class": "mofang-server-facts"})
    assert facts.text == "0.5 cores · 2 GiB memory · vision-pytorch · node gpu-1"
    (since,) = page.all("time")
    assert since.given["datetime"] == "2026-11-30T12:00:00+00:00"


async def test_a_server_that_was_restarted_for_memory_offers_more(show):  # noqa: F811
    failure = ServerFailure(reason="memory", message="It used all of its memory.")
    user = FakeUser(vision_pytorch=running(restart_failure=failure))
    page = await show(user=user)

    (button,) = [b for b in page.all("button") if b.text.startswith("Restart with")]
    assert button.text == "Restart with 4 GiB vision-pytorch"
    assert button.given["data-sizes"] == '{"memory": "4Gi"}'
    (told,) = page.all("p", **{"class": "mofang-failure"})
    assert told.text == failure.message


async def test_a_server_of_an_environment_that_is_gone_can_be_removed(show):  # noqa: F811
    page = await show(
        environments=[], user=FakeUser(states={"vision-pytorch": {"failure": {}}})
    )

    assert page.all("button", **{"data-name": "vision-pytorch"})
    (title,) = page.all("strong", **{"class": "mofang-server-title"})
    assert title.text == "vision-pytorch"


async def test_the_tag_of_a_single_program_is_not_shown(show):  # noqa: F811
    page = await show(environments=[environment_body(frameworks=["single", "jax"])])

    (tags,) = page.all("ul", **{"class": "mofang-tags"})
    assert tags.text.strip() == "jax"
