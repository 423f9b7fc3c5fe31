"""What people are told of the room that their files have."""

import pytest
from unit.hub_pages.test_gallery import show as show  # noqa: PLC0414 - a fixture
from unit.mofang_spawner.conftest import project_body

from mofang_hub.pages.space import Space

GIB = 2**30


def status(used, limit=None, *, enforced=True, complete=True):
    quota = {"enforced": enforced} | ({"bytes": limit} if limit else {})
    return {
        "usage": {"bytes": used, "files": 7, "complete": complete},
        "quota": quota,
    }


@pytest.mark.parametrize(
    ("found", "text", "percent"),
    [
        (status(5 * GIB, 10 * GIB), "5.0 GiB of 10.0 GiB (50 %)", 50),
        (status(11 * GIB, 10 * GIB), "11.0 GiB of 10.0 GiB (100 %)", 100),
        (status(5 * GIB), "5.0 GiB", None),
        (status(5 * GIB, complete=False), "at least 5.0 GiB", None),
        (
            status(5 * GIB, 10 * GIB, enforced=False),
            "5.0 GiB of 10.0 GiB, which this file system does not enforce",
            None,
        ),
    ],
)
def test_usage_is_said_with_its_quota(found, text, percent):
    space = Space.read(found)

    assert (space.text, space.percent) == (text, percent)


@pytest.mark.parametrize(
    ("used", "says"), [(89, ""), (90, "nearly full"), (99, "nearly"), (100, "is full")]
)
def test_there_is_advice_from_90_percent(used, says):
    advice = Space.read(status(used, 100)).advice

    assert says in advice
    assert bool(advice) == bool(says)


@pytest.mark.parametrize("found", [{}, {"phase": "Failed"}, {"quota": {"bytes": 1}}])
def test_nothing_is_said_that_nobody_knows(found):
    assert Space.read(found) is None


async def test_the_gallery_shows_home_and_project(show):
    project = project_body(
        status={"phase": "Ready", "storage": {"project": status(1 * GIB, 4 * GIB)}}
    )

    page = await show([project], home=status(95, 100))

    meters = {each.given["aria-label"]: each.given for each in page.all("meter")}
    assert meters["Your home"]["value"] == "95"
    assert meters["Files of the project"]["value"] == "25"
    (full,) = page.all("p", **{"class": "mofang-space mofang-space-full"})
    assert "nearly full" in full.text
    assert "Servers start all the same" in full.text


async def test_without_a_count_the_gallery_shows_none(show):
    page = await show()

    assert not page.all("meter")
    assert "Your home" not in page.text
