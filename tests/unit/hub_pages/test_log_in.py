"""Forms that the log-in page did not draw."""

import pytest
import pytest_asyncio
from unit.hub_pages.hub import running_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ada(tmp_path_factory):
    async with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield await hub.visit("ada")


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({}, id="empty"),
        pytest.param({"password": "x"}, id="no user name"),
        pytest.param({"user": "ada"}, id="other fields"),
    ],
)
async def test_a_form_without_a_name_is_refused_with_what_to_do(ada, form):
    answer = await ada.send("/hub/login", **form)

    assert answer.status_code == 400
    assert "Open the log-in page" in answer.text


async def test_json_is_no_form(ada):
    answer = await ada.http.post(
        "/hub/login", json={"username": "ada"}, headers={"X-XSRFToken": ada.xsrf}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"\xff\xfe{\0}\0", "not UTF-8", id="no text"),
        pytest.param(b"grant_type=x", "unsupported_grant_type", id="no grant"),
    ],
)
async def test_a_request_for_a_token_is_refused_with_a_reason(ada, body, says):
    headers = {"X-XSRFToken": ada.xsrf}
    answer = await ada.http.post("/hub/api/oauth2/token", content=body, headers=headers)

    assert answer.status_code in (400, 401)
    assert says in answer.text


async def test_an_authorization_is_refused_with_a_reason(ada):
    headers = {"X-XSRFToken": ada.xsrf}
    answer = await ada.http.post(
        "/hub/api/oauth2/authorize", content=b"\xff\xfe{\0}\0", headers=headers
    )

    assert answer.status_code == 400
    assert "not UTF-8" in answer.text
