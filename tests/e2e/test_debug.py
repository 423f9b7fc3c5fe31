"""A notebook in the place of a job: its variables, its directory, its command."""

import json
from collections.abc import Iterator

import pytest

from support.hub import HubSession
from support.jobs import api, submit, wait_for_state
from support.platform import Platform

SERVER = "vision-pytorch"


@pytest.fixture(scope="module")
def ada() -> Iterator[HubSession]:
    platform = Platform()
    with HubSession(platform, platform.login("ada")) as session:
        if not session.server(SERVER):
            session.start(SERVER, {"project": "vision", "environment": "pytorch"})
        session.wait_ready(SERVER)
        yield session
        session.stop(SERVER)


def test_a_failed_job_opens_as_a_notebook_of_its_own(ada: HubSession) -> None:
    job = submit(
        ada,
        SERVER,
        name="looked into",
        script="/home/jovyan/looked_into.py",
        text="raise ValueError('look into me')\n",
        environment={"LEVEL": "a 'quoted' value"},
        hyperparameters={"lr": 0.5},
        environment_name="pytorch",
    )
    wait_for_state(ada, SERVER, job["id"], "Failed")
    told = api(ada, SERVER, "GET", f"jobs/{job['id']}/debug").json()
    options = {"project": "vision", "environment": "pytorch", "job": job["id"]}

    assert told["path"].startswith(f"spawn/ada/{told['server']}?project=vision")
    assert ada.start(told["server"], options).status_code in {201, 202}
    try:
        ada.wait_ready(told["server"], within=90)
        seen = look_inside(ada, told["server"], job["id"])
    finally:
        ada.stop(told["server"])
        api(ada, SERVER, "DELETE", f"jobs/{job['id']}")

    assert "LEVEL=a 'quoted' value" in seen["environment"]
    assert "looked_into.py --lr=0.5" in seen["script"]
    assert seen["status"] == 1
    assert "look into me" in seen["output"]


def look_inside(ada: HubSession, server: str, job: str) -> dict[str, object]:
    """Read, in the server's container, what the job left there; run its script."""
    pods = ada.platform.get(
        "pods", "-n", "mofang-project-vision", "-l", "mofang.dev/owner=ada"
    )["items"]
    pod = next(
        each["metadata"]["name"]
        for each in pods
        if each["metadata"]["name"].endswith(server)
    )
    program = (
        "import glob, json, subprocess\n"
        "texts = []\n"
        "for path in glob.glob('/proc/[0-9]*/environ'):\n"
        "    try:\n"
        "        texts.append(open(path).read())\n"
        "    except OSError:\n"
        "        pass\n"
        f"path = '/cache/{job}.sh'\n"
        "done = subprocess.run(['bash', path], capture_output=True, text=True)\n"
        "print(json.dumps({'environment': '\\n'.join(texts).replace('\\0', '\\n'),"
        " 'script': open(path).read(), 'status': done.returncode,"
        " 'output': done.stderr}))\n"
    )
    said = ada.platform.kubectl(
        "exec", "-n", "mofang-project-vision", pod, "--", "python3", "-c", program
    )
    found: dict[str, object] = json.loads(said)
    return found
