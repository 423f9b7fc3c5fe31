"""Classes of faults that JupyterHub and Jupyter Server had, tried on the platform.

Each test is one row of the table in ``docs/administrators/security.md``; what other
tests try already is named there alone.
"""

import base64
import secrets
from collections.abc import Callable

import httpx
import pytest

from support.hub import HubSession
from support.platform import Platform

SERVER = "vision-base"
OPTIONS = {"project": "vision", "environment": "base"}
ELSEWHERE = "evil.example.org"


@pytest.fixture
def ada(hub_of: Callable[[str], HubSession]) -> HubSession:
    session = hub_of("ada")
    if not session.server(SERVER):
        answer = session.start(SERVER, OPTIONS)
        assert answer.status_code in (201, 202), answer.text
    session.wait_ready(SERVER)
    return session


def server_request(
    ada: HubSession, verb: str, path: str, **options: object
) -> httpx.Response:
    headers = {"Authorization": f"token {ada.token}", **options.pop("headers", {})}  # type: ignore[dict-item]
    return httpx.request(
        verb,
        ada.server_url(SERVER) + path,
        headers=headers,
        timeout=30,
        trust_env=False,
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    "target",
    [
        f"//{ELSEWHERE}/",
        f"/\\{ELSEWHERE}/",
        f"///{ELSEWHERE}/",
        f"https:{ELSEWHERE}",
        f"https://{ELSEWHERE}/",
        f"http://mofang.localhost.{ELSEWHERE}/",
        f"/%09/{ELSEWHERE}",
        f"/hub/..//{ELSEWHERE}",
        "javascript:alert(1)",
    ],
)
def test_a_log_in_leads_nowhere_else(
    platform: Platform, ada: HubSession, target: str
) -> None:
    """CVE-2026-33709, CVE-2023-39968: open redirects by ``next``."""
    for base, path in (
        (platform.url, "/hub/login"),
        (ada.server_url(SERVER).rstrip("/"), "/login"),
    ):
        answer = httpx.get(
            f"{base}{path}",
            params={"next": target},
            cookies=ada.http.cookies,
            trust_env=False,
        )
        location = httpx.URL(answer.headers.get("Location", "/"))
        own = httpx.URL(platform.url).host
        assert location.scheme in {"", "http"}, answer.headers
        assert location.host in {"", own} or location.host.endswith(f".{own}")


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("POST", "/users/ada/tokens", {"note": "forged"}),
        ("DELETE", f"/users/ada/servers/{SERVER}", None),
        ("POST", "/users", {"usernames": ["forged"]}),
        ("DELETE", "/users/ada", None),
        ("POST", "/shutdown", {}),
    ],
)
def test_cookies_alone_change_nothing(
    ada: HubSession, verb: str, path: str, body: object
) -> None:
    """CVE-2026-40864, CVE-2020-36191: what another site makes a browser send."""
    answer = ada.http.request(
        verb,
        f"/hub/api{path}",
        json=body,
        headers={
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "cors",
            "Origin": f"https://{ELSEWHERE}",
        },
    )

    assert answer.status_code == 403
    assert ada.server(SERVER)


def test_a_failed_log_in_says_little_of_a_long_name(platform: Platform) -> None:
    """CVE-2026-54338: the log had all of what was sent as a name."""
    mark = secrets.token_hex(8)
    name = mark + "x" * 20_000 + mark[::-1]
    with httpx.Client(base_url=platform.url, trust_env=False) as http:
        http.get("/hub/login")
        answer = http.post(
            "/hub/login",
            data={
                "username": name,
                "password": "wrong",
                "_xsrf": http.cookies.get("_xsrf", path="/hub/") or "",
            },
        )
    assert answer.status_code in {400, 403}

    lines = platform.kubectl("logs", "-n", "mofang", "deploy/hub", "--tail=400")

    assert mark[::-1] not in lines
    assert max(map(len, lines.splitlines())) < 4096


def test_an_admin_lets_nobody_into_servers_of_others(
    platform: Platform, ada: HubSession, hub_of: Callable[[str], HubSession]
) -> None:
    """GHSA-c4gm-pwx9-9w8j, GHSA-69wv-m5fw-2fhp: shares, and what admins may."""
    admin, ben = hub_of("admin"), hub_of("ben")
    for other in (admin, ben):
        shared = other.api("POST", f"/shares/ada/{SERVER}", json={"user": ben.name})
        assert shared.status_code in {403, 404}
        answer = httpx.get(
            f"{ada.server_url(SERVER)}api/contents",
            headers={"Authorization": f"token {other.token}"},
            trust_env=False,
        )
        assert answer.status_code == 403


def opens_events(ada: HubSession, origin: str) -> bool:
    """Whether a page of an origin gets a WebSocket with the visitor's cookies."""
    # By the hub's log-in, which leaves the server's cookies.
    page = ada.http.get(f"{ada.server_url(SERVER)}lab")
    assert page.status_code == 200, page.text[:200]
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Origin": origin,
    }
    url = f"{ada.server_url(SERVER)}api/events/subscribe"
    with ada.http.stream("GET", url, headers=headers, follow_redirects=False) as answer:
        return answer.status_code == httpx.codes.SWITCHING_PROTOCOLS


def test_an_origin_that_only_looks_like_ours_is_another(ada: HubSession) -> None:
    """CVE-2026-40110, CVE-2024-35225: origins were compared by their beginning."""
    own = httpx.URL(ada.server_url(SERVER))
    host = f"{own.host}:{own.port}"
    assert opens_events(ada, f"http://{host}"), "so the cookies are good"
    for origin in (
        f"http://{host}.{ELSEWHERE}",
        f"http://{ELSEWHERE}/{host}",
        f"http://x{host}",
        f"http://{host}@{ELSEWHERE}",
        f"http://{host.replace('ada', 'ben', 1)}",
        "null",
    ):
        assert not opens_events(ada, origin), origin


def test_pages_of_users_content_are_sandboxed(ada: HubSession) -> None:
    """CVE-2026-44727, CVE-2023-40170: scripts of notebooks and of files."""
    notebook = {
        "cells": [
            {
                "cell_type": "markdown",
                "id": "a",
                "metadata": {},
                "source": "<script>window.stolen = document.cookie</script>",
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    made = server_request(
        ada,
        "PUT",
        "api/contents/home/jovyan/hostile.ipynb",
        json={"type": "notebook", "format": "json", "content": notebook},
    )
    assert made.status_code in {200, 201}, made.text
    try:
        for path in (
            "nbconvert/html/home/jovyan/hostile.ipynb",
            "files/home/jovyan/hostile.ipynb",
        ):
            page = server_request(ada, "GET", path)
            assert page.status_code == 200, page.text[:200]
            policy = page.headers.get("Content-Security-Policy", "")
            assert "sandbox" in policy, (path, page.headers)
            assert "allow-same-origin" not in policy
    finally:
        server_request(ada, "DELETE", "api/contents/home/jovyan/hostile.ipynb")


def test_a_page_of_another_site_reads_no_file(ada: HubSession) -> None:
    """CVE-2023-40170: ``/files/`` by another site, with the visitor's cookies."""
    url = ada.server_url(SERVER)
    answer = httpx.get(
        f"{url}files/home/jovyan/.bashrc",
        cookies=ada.http.cookies,
        headers={
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "no-cors",
            "Referer": f"https://{ELSEWHERE}/",
        },
        trust_env=False,
    )

    assert answer.status_code in {302, 403, 404}


def test_neither_logs_nor_variables_have_the_token(
    platform: Platform, ada: HubSession
) -> None:
    """CVE-2022-24757, CVE-2020-26261, kubespawner#398: secrets in logs and pods."""
    cookie = next(
        each.value for each in ada.http.cookies.jar if "session" in each.name.lower()
    )
    assert cookie
    # Jupyter Server logs the headers of what fails.
    server_request(ada, "GET", "api/contents/absent")
    server_request(ada, "PUT", "api/contents/absent/x", json={"type": "nothing"})
    pods = platform.get(
        *("pods", "-n", "mofang-project-vision"),
        *("-l", "mofang.dev/owner=ada,mofang.dev/environment=base"),
    )["items"]
    name = pods[0]["metadata"]["name"]
    logs = [
        platform.kubectl("logs", "-n", "mofang-project-vision", name, "-c", "notebook"),
        platform.kubectl("logs", "-n", "mofang", "deploy/hub", "--tail=2000"),
        str(pods),
    ]

    assert not any(ada.token in each for each in logs)
    assert not any(cookie in each for each in logs)
