"""Whoever locked themselves out of their server gets back in, and sees why."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.hub import HubSession
from support.kernels import running_kernel
from support.platform import Platform

SERVER = "vision-pytorch"
PYTORCH = {"project": "vision", "environment": "pytorch"}
CONFIG = "jupyter_server_config.py"
NOWHERE = 'c.ServerApp.root_dir = "/nowhere"\n'
UID = 1000


@pytest.fixture
def jupyter(platform: Platform) -> Iterator[Path]:
    """Ada's ~/.jupyter, hers alone and as it was afterwards."""
    home = platform.storage / "users" / "ada"
    folder, kept = home / ".jupyter", home / ".jupyter-kept"
    if folder.exists():
        folder.rename(kept)
    for each in (home, folder):
        if not each.exists():
            each.mkdir()
            os.chown(each, UID, UID)
    yield folder
    shutil.rmtree(folder)
    if kept.exists():
        kept.rename(folder)


@pytest.fixture
def session(hub_of: Callable[[str], HubSession], jupyter: Path) -> Iterator[HubSession]:
    """Ada without her server, before and afterwards."""
    session = hub_of("ada")
    stop(session)
    yield session
    stop(session)


def stop(session: HubSession) -> None:
    if session.server(SERVER):
        session.stop(SERVER)


def write(jupyter: Path, text: str) -> None:
    path = jupyter / CONFIG
    path.write_text(text)
    os.chown(path, UID, UID)


def fail(session: HubSession) -> str:
    """Start it in vain; return what is told."""
    answer = session.start(SERVER, PYTORCH)
    if answer.status_code not in (201, 202):
        return str(answer.json()["message"])
    last = session.follow_start(SERVER)[-1]
    assert last.get("failed"), last
    return str(last["message"])


def start_safely(session: HubSession) -> None:
    answer = session.start(SERVER, {**PYTORCH, "safe_mode": True})
    assert answer.status_code in (201, 202), answer.text
    session.wait_ready(SERVER)


def is_safe(session: HubSession) -> bool:
    """Whether JupyterLab's page tells of safe mode."""
    page = session.user_server(SERVER, "lab")
    page.raise_for_status()
    return "mofangSafeMode" in page.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(NOWHERE, "/nowhere", id="a root that is not there"),
        pytest.param(
            'c.ServerApp.root_dir = "/home/jovyan"\n',
            "Preferred directory not found",
            id="a root without the platform's directory",
        ),
        pytest.param(
            'c.ServerApp.port = "many"\n', "expected an int", id="a wrong value"
        ),
        pytest.param(
            'raise SystemExit("My own last words.")\n',
            "My own last words.",
            id="an end",
        ),
    ],
)
def test_a_server_that_its_configuration_keeps_from_starting(
    session: HubSession, jupyter: Path, text: str, says: str
) -> None:
    """The failure tells of it; safe mode starts, and the next start is normal."""
    write(jupyter, text)

    told = fail(session)

    assert says in told
    assert "start the server in safe mode" in told
    assert not session.server(SERVER)

    start_safely(session)

    assert is_safe(session)
    read = session.user_server(SERVER, f"api/contents/home/jovyan/.jupyter/{CONFIG}")
    assert read.json()["content"] == text

    session.stop(SERVER)
    write(jupyter, "")
    # Without options the hub repeats those of the last start.
    again = session.api("POST", f"/users/ada/servers/{SERVER}")
    assert again.status_code in (201, 202), again.text
    session.wait_ready(SERVER)
    assert not is_safe(session)


def test_a_kernel_in_safe_mode_has_the_images_packages(session: HubSession) -> None:
    start_safely(session)

    with running_kernel(session, SERVER) as kernel:
        printed = kernel.run("import sys; print(sys.executable)")

    assert printed == "/opt/mofang/bin/python\n"


def test_from_a_failed_start_to_the_file_that_is_the_cause(
    session: HubSession,
    jupyter: Path,
    page_of: Callable[[str], Page],
    screenshot: Callable[[Page, str], None],
) -> None:
    """In the browser, by the buttons that are there."""
    write(jupyter, NOWHERE)
    page = page_of("ada")
    page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()
    page.get_by_role("radio", name=re.compile("^Vision")).check()
    page.get_by_role("button", name="Start PyTorch", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("/nowhere", timeout=60_000)
    screenshot(page, "safe-mode-offered")
    page.get_by_role("button", name="Start in safe mode").first.click()

    page.wait_for_url(re.compile(f"/user/ada/{SERVER}/lab"), timeout=120_000)
    banner = page.get_by_role("status", name="Safe mode")
    expect(banner).to_contain_text(f"Fix /home/jovyan/.jupyter/{CONFIG}")
    screenshot(page, "safe-mode")
    banner.get_by_role("button", name="Show error").click()
    expect(page.get_by_role("dialog")).to_contain_text("/nowhere")
    page.get_by_role("button", name="Close").last.click()
    banner.get_by_role("button", name=f"Open {CONFIG}").click()
    expect(page.get_by_role("tab", name=CONFIG)).to_be_visible()


def test_safe_mode_is_checked_as_any_other_option(session: HubSession) -> None:
    answer = session.start(SERVER, {**PYTORCH, "safe_mode": "perhaps"})

    assert answer.status_code == 422
    assert "safe_mode" in answer.json()["message"]
    assert not session.server(SERVER)
