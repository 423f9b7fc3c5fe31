"""The card of a saved environment: whose it is, its versions, what one may do."""

import pytest
from unit.hub_pages.test_gallery import show  # noqa: F401 - a fixture
from unit.mofang_spawner.conftest import environment_body, project_body
from unit.mofang_spawner.test_saved import saved_body


async def card(show, *, owner="ben", role="member", **saved):  # noqa: F811
    members = [{"user": "ada", "role": role}]
    body = saved_body(versions=(1, 2), owner=owner, **saved)
    page = await show([project_body(members=members)], [environment_body(), body])
    [found] = [
        each for each in page.all("div") if "saved" in each.given.get("class", "")
    ]
    return page, found.text


async def test_it_says_whose_it_is_and_what_it_holds(show):  # noqa: F811
    _, text = await card(show)
    assert "Saved by ben, based on pytorch, version 2: 2 packages" in text
    assert "note 2" in text
    assert "Version 1, 2026-11-30, ada: 2 packages" in text


@pytest.mark.parametrize(
    ("given", "may"),
    [
        ({"owner": "ada"}, True),
        ({"owner": "ben"}, False),
        ({"owner": "ben", "role": "admin"}, True),
    ],
    ids=["owner", "member", "admin of the project"],
)
async def test_who_changes_it(show, given, may):  # noqa: F811
    page, _ = await card(show, **given)
    buttons = [each.given for each in page.all("button")]
    assert any("data-useversion" in each for each in buttons) is may
    assert any("data-dropsaved" in each for each in buttons) is may


async def test_an_earlier_version_in_use_says_which_is_the_newest(show):  # noqa: F811
    _, text = await card(show, current=1)
    assert "version 1 (the newest is 2)" in text


async def test_what_waits_for_an_administrator_says_so(show):  # noqa: F811
    page, text = await card(show, visibility="everyone")
    assert "once an administrator agrees" in text
    assert not [e for e in page.all("button") if "data-approve" in e.given]
