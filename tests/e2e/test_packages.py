"""pip in the notebook: packages of the image change for one environment, and back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.eventually import eventually
from support.hub import HubSession
from support.jobs import api, submit, wait_for_state
from support.kernels import running_kernel
from support.lab import Lab
from support.platform import Platform
from support.wheels import build_wheel

SERVER = "vision-base"
WHEELS = "~/test-wheels"
SIX = 'python -c \'import six; print(getattr(six, "version", "of the image"))\''
PIP = f"pip install -q --no-index --find-links {WHEELS}"
UV = f"uv pip install -q --offline --no-index --find-links {WHEELS}"


@pytest.fixture(scope="module")
def wheels(platform: Platform) -> Iterator[Path]:
    """Versions of what every image has, in ada's home: pods reach no index."""
    folder = platform.storage / "users" / "ada" / "test-wheels"
    for version in ("0.5", "99.0"):
        build_wheel(folder, "six", version)
    build_wheel(folder, "mofangcubes", "1.0", requires=["six>=99"])
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def session(hub_of: Callable[[str], HubSession], wheels: Path) -> Iterator[HubSession]:
    """Ada with a server of the environment base, whose packages are the image's."""
    session = hub_of("ada")
    ready_server(session, SERVER, "base")
    yield session
    undo(session, SERVER)


def ready_server(session: HubSession, server: str, environment: str) -> None:
    if not session.server(server):
        answer = session.start(
            server, {"project": "vision", "environment": environment}
        )
        assert answer.status_code in (201, 202), answer.text
    session.wait_ready(server)
    undo(session, server)


def undo(session: HubSession, server: str) -> None:
    answer = api(session, server, "DELETE", "packages")
    assert answer.status_code == 200, answer.text
    assert answer.json()["changes"] == []


def changes(session: HubSession, server: str) -> dict[str, tuple[str, str]]:
    found = api(session, server, "GET", "packages").json()["changes"]
    return {each["name"]: (each["kind"], each["version"]) for each in found}


def in_terminal(platform: Platform, environment: str, command: str) -> str:
    """What a command says in a log-in shell of ada's server."""
    namespace = ("-n", "mofang-project-vision")
    selector = f"mofang.dev/owner=ada,mofang.dev/environment={environment}"
    pods = platform.get("pods", *namespace, "-l", f"{selector},mofang.dev/server")[
        "items"
    ]
    [pod] = [each for each in pods if "deletionTimestamp" not in each["metadata"]]
    name = pod["metadata"]["name"]
    return platform.kubectl(
        "exec", *namespace, name, "--", "bash", "-lc", f"{{ {command}\n}} 2>&1"
    )


@pytest.mark.parametrize("install", [PIP, UV], ids=["pip", "uv"])
def test_packages_of_the_image_are_upgraded_downgraded_and_removed(
    platform: Platform, session: HubSession, install: str
) -> None:
    for version in ("99.0", "0.5"):
        told = in_terminal(platform, "base", f"{install} six=={version}; {SIX}")
        assert told.splitlines()[-1] == version
        assert changes(session, SERVER) == {"six": ("changed", version)}
    uninstall = install.split(" install ", maxsplit=1)[0] + " uninstall"
    uninstall += " -y" if install == PIP else ""
    told = in_terminal(platform, "base", f"{uninstall} six; {SIX} || true")
    assert "No module named 'six'" in told
    assert changes(session, SERVER) == {"six": ("removed", "")}
    undo(session, SERVER)
    assert in_terminal(platform, "base", SIX) == "of the image\n"


def test_what_is_installed_in_a_notebook_is_there_in_its_jobs_and_nowhere_else(
    platform: Platform, session: HubSession
) -> None:
    install = PIP.replace("pip", "%pip", 1).replace("~", "/home/jovyan")
    with running_kernel(session, SERVER) as kernel:
        kernel.run(f"{install} --user mofangcubes")
        told = kernel.run("import mofangcubes, six; print(mofangcubes.version)")
        assert told == "1.0\n"
    assert changes(session, SERVER) == {
        "mofangcubes": ("added", "1.0"),
        "six": ("changed", "99.0"),
    }
    assert not (platform.storage / "users" / "ada" / ".local" / "lib").exists()

    environment = platform.get("environment.mofang.dev", "base")
    job = submit(
        session,
        SERVER,
        name="packages",
        script="/home/jovyan/packages.py",
        text="import mofangcubes, six, sys; print('has', six.version, sys.prefix)",
        framework="single",
        image=environment["spec"]["image"],
    )
    job = wait_for_state(session, SERVER, job["id"], "Succeeded", within=300)
    log = api(session, SERVER, "GET", f"jobs/{job['id']}/logs/worker/0").text
    assert "has 99.0 /home/jovyan/.mofang/environments/base" in log
    assert "with your packages of the environment base (1 added, 1 changed)" in log
    api(session, SERVER, "DELETE", f"jobs/{job['id']}")

    ready_server(session, "vision-pytorch", "pytorch")
    assert in_terminal(platform, "pytorch", SIX) == "of the image\n"
    assert changes(session, "vision-pytorch") == {}


@pytest.mark.parametrize("make", ["python -m venv", "uv venv -q"])
def test_virtual_environments_can_be_made(
    platform: Platform, session: HubSession, make: str
) -> None:
    line = f"rm -rf ~/mine; {make} ~/mine && . ~/mine/bin/activate && {UV} six==0.5"
    told = in_terminal(platform, "base", f"{line} && {SIX}; rm -rf ~/mine")
    assert told == "0.5\n"
    assert changes(session, SERVER) == {}


def test_a_fresh_kernel_knows_the_cell_magic(session: HubSession) -> None:
    with running_kernel(session, SERVER) as kernel:
        told = kernel.run("print(get_ipython().find_cell_magic('mofang') is not None)")
    assert told == "True\n"


def test_a_cell_whose_job_fails_fails(session: HubSession) -> None:
    with running_kernel(session, SERVER) as kernel:
        options = "--framework single --cpu 100m --memory 256Mi --name failing"
        with pytest.raises(AssertionError, match="ended as Failed") as caught:
            kernel.run(f"%%mofang {options} --follow\nraise SystemExit(3)")
    assert "Traceback" not in str(caught.value)
    for job in api(session, SERVER, "GET", "jobs").json()["jobs"]:
        if job["spec"]["name"] == "failing":
            api(session, SERVER, "DELETE", f"jobs/{job['id']}")


def test_shared_memory_is_as_large_as_the_memory_of_the_server(
    platform: Platform, session: HubSession
) -> None:
    files = ("memory.max", "memory/memory.limit_in_bytes")
    read = " || ".join(f"cat /sys/fs/cgroup/{each} 2>/dev/null" for each in files)
    limit = in_terminal(platform, "base", read)
    shared = in_terminal(platform, "base", "df -B1 --output=size /dev/shm | tail -1")
    assert int(shared) == int(limit)


def test_a_home_that_kernels_cannot_use_still_has_a_notebook(
    platform: Platform, session: HubSession
) -> None:
    """Whatever a person breaks, she can open JupyterLab and undo it."""
    in_terminal(platform, "base", f"{PIP} mofangcubes; pip uninstall -qy ipykernel")
    with running_kernel(session, SERVER) as kernel:
        assert kernel.run("import sys; print(sys.prefix)") == "/opt/mofang\n"
    undo(session, SERVER)
    with running_kernel(session, SERVER) as kernel:
        told = kernel.run("import sys; print(sys.prefix)")
    assert told == "/home/jovyan/.mofang/environments/base\n"


def test_one_button_undoes_all_changes(
    platform: Platform, lab: Lab, wheels: Path, screenshot: Callable[[Page, str], None]
) -> None:
    undo(lab.session, lab.server)
    in_terminal(platform, "pytorch", f"{PIP} mofangcubes")
    lab.open()
    page = lab.page
    button = page.get_by_role("button", name="Packages: 2 changed")
    button.focus()
    page.keyboard.press("Enter")
    title = "Packages of the environment pytorch"
    dialog = page.get_by_role("dialog").filter(has_text=title)
    table = dialog.get_by_role("table", name="Changed packages")
    expect(table.get_by_role("row", name="mofangcubes 1.0 added")).to_be_visible()
    expect(table.get_by_role("row", name="six")).to_contain_text("→ 99.0")
    screenshot(page, "packages")
    undo_all = dialog.get_by_role("button", name="Undo all changes")
    undo_all.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The packages are those of the image.")).to_be_visible()
    expect(page.get_by_role("button", name="Packages: unchanged")).to_be_visible()
    eventually(
        lambda: in_terminal(platform, "pytorch", SIX) == "of the image\n",
        within=30,
        what="the packages are the image's again",
    )
