"""A notebook in the place of a job: its directory, its variables, its command."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from support.hub import HubSession
from support.jobs import api, submit, wait_for_state
from support.platform import Platform

SERVER = "vision-pytorch"
LEVEL = "a 'quoted' $value"
INSPECT = """
import glob, json, subprocess, time

def look():
    found = []
    for path in glob.glob('/proc/[0-9]*'):
        try:
            words = open(f'{path}/cmdline').read().split('\\0')
            variables = open(f'{path}/environ').read().split('\\0')
        except OSError:
            continue
        if any(each.startswith('LEVEL=') for each in variables):
            found.append({'command': ' '.join(words), 'variables': variables})
    return found

end = time.monotonic() + 30
while not (kernels := look()) and time.monotonic() < end:
    time.sleep(0.2)
terminal = subprocess.run(
    ['bash', '-lc', 'printenv LEVEL'], capture_output=True, text=True
)
done = subprocess.run(['bash', SCRIPT], capture_output=True, text=True)
print(json.dumps({
    'with_variables': kernels,
    'terminal': terminal.stdout,
    'script': open(SCRIPT).read(),
    'status': done.returncode,
    'output': done.stderr,
}))
"""


@pytest.fixture(scope="module")
def ada() -> Iterator[HubSession]:
    platform = Platform()
    with HubSession(platform, platform.login("ada")) as session:
        if not session.server(SERVER):
            session.start(SERVER, {"project": "vision", "environment": "pytorch"})
        session.wait_ready(SERVER)
        yield session
        session.stop(SERVER)


@pytest.fixture
def failed_job(ada: HubSession) -> Iterator[str]:
    """The id of a job of ada's."""
    job = submit(
        ada,
        SERVER,
        name="looked into",
        script="/home/jovyan/looked_into.py",
        text="raise ValueError('look into me')\n",
        env={"LEVEL": LEVEL, "JUPYTER_CONFIG_DIR": "/projects/vision/.x"},
        hyperparameters={"lr": 0.5},
        environment="pytorch",
    )
    wait_for_state(ada, SERVER, job["id"], "Failed")
    yield job["id"]
    api(ada, SERVER, "DELETE", f"jobs/{job['id']}")


def test_a_failed_job_opens_as_a_notebook_of_its_own(
    ada: HubSession, failed_job: str
) -> None:
    told = api(ada, SERVER, "GET", f"jobs/{failed_job}/debug").json()
    assert told["path"].startswith(f"spawn/ada/{told['server']}?project=vision")

    page = ada.http.get(f"/hub/{told['path']}")

    assert failed_job in page.text
    assert not ada.server(told["server"]), "the link alone started a server"
    assert start_from_page(ada, told["server"], failed_job).status_code == 200
    try:
        ada.wait_ready(told["server"], within=90)
        start_kernel(ada, told["server"])
        seen = inspect_server(ada, told["server"], failed_job)
    finally:
        ada.stop(told["server"])

    assert seen["with_variables"], "no kernel has the job's variables"
    for process in seen["with_variables"]:
        assert "ipykernel" in process["command"], "the server has them too"
        assert f"LEVEL={LEVEL}" in process["variables"]
        assert "JUPYTER_CONFIG_DIR=/projects/vision/.x" not in process["variables"]
    assert seen["terminal"] == f"{LEVEL}\n"
    assert "looked_into.py --lr=0.5" in seen["script"]
    assert seen["status"] == 1
    assert "look into me" in seen["output"]


def test_a_colleagues_job_brings_neither_variables_nor_command(
    ada: HubSession, failed_job: str, hub_of: Callable[[str], HubSession]
) -> None:
    """What a colleague wrote must not run with one's own rights."""
    ben = hub_of("ben")
    server = api(ada, SERVER, "GET", f"jobs/{failed_job}/debug").json()["server"]
    options = {"project": "vision", "environment": "pytorch", "job": failed_job}

    assert ben.start(server, options).status_code in {201, 202}
    try:
        ben.wait_ready(server, within=90)
        found = run_inside(
            ben,
            server,
            "import glob; print(glob.glob('/cache/*.env') + glob.glob('/cache/*.sh'))",
        )
    finally:
        ben.stop(server)

    assert found.strip() == "[]"


def start_from_page(session: HubSession, server: str, job: str) -> httpx.Response:
    """Press Start on the page that a link leads to."""
    return session.http.post(
        f"/hub/spawn/{session.name}/{server}",
        params={"_xsrf": session.xsrf},
        data={"project": "vision", "environment": "pytorch", "job": job},
    )


def start_kernel(session: HubSession, server: str) -> None:
    answer = httpx.post(
        f"{session.server_url(server)}api/kernels",
        headers={"Authorization": f"token {session.token}"},
        json={"name": "python3"},
        timeout=60,
        trust_env=False,
    )
    assert answer.status_code == 201, answer.text


def inspect_server(session: HubSession, server: str, job: str) -> dict[str, Any]:
    """Read, in the server's container, what the job left there; run its script."""
    program = INSPECT.replace("SCRIPT", repr(f"/cache/{job}.sh"))
    found: dict[str, Any] = json.loads(run_inside(session, server, program))
    return found


def run_inside(session: HubSession, server: str, program: str) -> str:
    """Run a Python program in the server's container."""
    owner = f"mofang.dev/owner={session.name}"
    pods = session.platform.get("pods", "-n", "mofang-project-vision", "-l", owner)[
        "items"
    ]
    pod = next(
        each["metadata"]["name"]
        for each in pods
        if each["metadata"]["name"].endswith(server)
    )
    return session.platform.kubectl(
        "exec", "-n", "mofang-project-vision", pod, "--", "python3", "-c", program
    )
