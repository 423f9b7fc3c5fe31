"""The story of the first page of the README, told by a browser."""

import re
import textwrap
from collections.abc import Callable

from playwright.sync_api import Page, expect

from support.eventually import eventually
from support.hub import HubSession
from support.jobs import remove_jobs
from support.platform import Platform

SERVER = "vision-pytorch"

ALLREDUCE = textwrap.dedent(
    '''
    """Add every rank's number over gloo, then stay until told to end."""

    import os
    import pathlib
    import time

    import torch
    import torch.distributed as dist

    dist.init_process_group("gloo")
    number = torch.tensor([float(dist.get_rank() + 1)])
    dist.all_reduce(number)
    rank, total = dist.get_rank(), number.item()
    print(f"rank {rank} of {dist.get_world_size()}: sum {total}", flush=True)
    pathlib.Path(f"/projects/vision/rank-{rank}.txt").write_text(str(total))
    end = pathlib.Path.home() / "end-of-story"
    for second in range(300):
        if end.exists():
            break
        print(f"rank {rank} waits, {second} s", flush=True)
        time.sleep(1)
    dist.barrier()
    '''
)


def put_file(page: Page, path: str, text: str) -> None:
    """Save a text file in the user's home through her own Jupyter server."""
    answer = page.evaluate(
        """async ([server, path, text]) => {
            const xsrf = document.cookie.match(/_xsrf=([^;]+)/)[1];
            const answer = await fetch(`${server}api/contents/${path}`, {
                method: 'PUT',
                headers: {'X-XSRFToken': xsrf, 'Content-Type': 'application/json'},
                body: JSON.stringify({type: 'file', format: 'text', content: text})
            });
            return answer.status;
        }""",
        [f"/user/ada/{SERVER}/", path, text],
    )
    assert answer in (200, 201), answer


def test_from_log_in_to_a_shell_in_worker_1(  # noqa: PLR0915 - one story, told whole
    platform: Platform,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
    screenshot: Callable[[Page, str], None],
) -> None:
    """A two-process all-reduce, from a new user's first click to its result."""
    session = hub_of("ada")
    if session.server(SERVER):
        session.stop(SERVER)
    home = platform.storage / "users" / "ada"
    (home / "end-of-story").unlink(missing_ok=True)
    for left in (platform.storage / "projects" / "vision").glob("rank-*.txt"):
        left.unlink()

    page = page_of("ada")
    screenshot(page, "1-log-in")
    page.get_by_role("button", name=re.compile("sign in|log in", re.IGNORECASE)).click()

    heading = page.get_by_role("heading", name="PyTorch", exact=True)
    expect(heading.first).to_be_visible()
    page.get_by_role("radio", name=re.compile("^Vision")).check()
    screenshot(page, "2-gallery")
    page.get_by_role("button", name="Start PyTorch", exact=True).click()
    page.wait_for_url(re.compile("spawn-pending|/user/ada/"))
    screenshot(page, "3-progress")
    page.wait_for_url(re.compile(f"/user/ada/{SERVER}/lab"), timeout=120_000)
    # A new user's JupyterLab, not what an earlier run left open.
    remove_jobs(session, SERVER)
    page.goto(f"{session.server_url(SERVER)}lab?reset")
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    expect(page.get_by_role("tab", name="Training jobs")).to_be_visible()
    screenshot(page, "4-jupyterlab")

    put_file(page, "home/jovyan/allreduce.py", ALLREDUCE)
    page.get_by_role("tab", name="Training jobs").click()
    page.get_by_role("button", name="New job").click()
    page.get_by_label("Name", exact=True).fill("all-reduce")
    page.get_by_label("Script").fill("/home/jovyan/allreduce.py")
    page.get_by_label("Replicas").fill("2")
    screenshot(page, "5-new-job")
    page.get_by_role("button", name="Submit", exact=True).click()

    job = page.get_by_role("listitem").filter(has_text="all-reduce").first
    expect(job).to_contain_text("Running", timeout=60_000)
    screenshot(page, "6-running")

    job.click()
    page.get_by_role("button", name="Logs").first.click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("rank 0 of 2: sum 3.0", timeout=60_000)
    page.get_by_role("combobox", name="Replica").first.select_option(label="worker-1")
    expect(log).to_contain_text("rank 1 of 2: sum 3.0", timeout=60_000)
    screenshot(page, "7-log")

    page.get_by_role("button", name="Shell").last.click()
    terminal = page.locator(".jp-Terminal").last
    expect(terminal).to_be_visible()
    terminal.click()
    proof = home / "shell-proof.txt"
    proof.unlink(missing_ok=True)

    def typed() -> str:
        page.keyboard.type("hostname > ~/shell-proof.txt; touch ~/end-of-story\n")
        page.wait_for_timeout(500)
        return proof.read_text() if proof.exists() else ""

    said = eventually(typed, within=60, what="a command ran in the shell", every=1)
    screenshot(page, "8-cloud-shell")
    assert re.fullmatch(r"all-reduce-[a-z0-9]{6}-worker-1\n", said)

    expect(job).to_contain_text("Succeeded", timeout=60_000)
    results = platform.storage / "projects" / "vision"
    assert (results / "rank-0.txt").read_text() == "3.0"
    assert (results / "rank-1.txt").read_text() == "3.0"
    screenshot(page, "9-succeeded")
