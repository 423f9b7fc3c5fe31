"""After a log-out, no copy of what the browser had is good for anything."""

import httpx
import pytest
import pytest_asyncio
from jupyterhub import orm
from jupyterhub.handlers.login import LogoutHandler
from oauthenticator.oauth2 import OAuthLogoutHandler
from unit.hub_pages.hub import running_hub

from mofang_hub.auth.log_out import replace_log_out

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory):
    async with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


async def is_logged_in(url, cookies):
    async with httpx.AsyncClient(
        base_url=url, cookies=cookies, trust_env=False
    ) as http:
        return (await http.get("/hub/token")).status_code == 200


def copied(browser):
    return {each.name: each.value for each in browser.http.cookies.jar}


async def test_cookies_that_were_copied_are_worthless(hub):
    ada, other = await hub.visit("ada"), await hub.visit("ada")
    url = ada.http.base_url
    taken = [copied(ada), copied(other)]
    assert [await is_logged_in(url, each) for each in taken] == [True, True]

    await ada.open("/hub/logout")

    assert [await is_logged_in(url, each) for each in taken] == [False, False]


async def test_others_stay_logged_in(hub):
    ada, ben = await hub.visit("ada"), await hub.visit("ben")
    await ada.open("/hub/logout")
    assert await is_logged_in(ben.http.base_url, copied(ben))


async def test_a_session_with_a_server_ends_too(hub):
    """The server asks the hub again, and learns that the token is none any more."""
    ada = await hub.visit("ada")
    user = hub.hub.users["ada"].orm_user
    session = copied(ada)["jupyterhub-session-id"]
    token = user.new_api_token(session_id=session)
    other = user.new_api_token(session_id="of another browser")
    assert orm.APIToken.find(hub.hub.db, token)

    await ada.open("/hub/logout")

    assert orm.APIToken.find(hub.hub.db, token) is None
    assert orm.APIToken.find(hub.hub.db, other)


async def test_a_token_logs_nobody_out(hub):
    """Such as one that code in a server has."""
    ada = await hub.visit("ada")
    token = hub.hub.users["ada"].orm_user.new_api_token()
    async with httpx.AsyncClient(
        base_url=ada.http.base_url, trust_env=False
    ) as stranger:
        await stranger.get("/hub/logout", headers={"Authorization": f"token {token}"})

    assert await is_logged_in(ada.http.base_url, copied(ada))


async def test_what_an_authenticator_does_at_a_log_out_is_kept():
    class Other:
        pass

    given = [("/hub/logout", OAuthLogoutHandler), ("/x", Other, {"a": 1})]
    [(path, made), rest] = replace_log_out(given)

    assert path == "/hub/logout"
    assert issubclass(made, OAuthLogoutHandler)
    assert made.handle_logout is OAuthLogoutHandler.handle_logout
    assert made._backend_logout_cleanup is not LogoutHandler._backend_logout_cleanup
    assert rest == given[1]
