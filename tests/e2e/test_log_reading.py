"""A busy log: it carries nobody away who reads further up, and follows again."""

from playwright.sync_api import Locator, expect

from support.eventually import eventually
from support.jobs import api, submit, wait_for_state
from support.lab import Lab

TALK = """
import time

for line in range(100_000):
    print("line", line, flush=True)
    time.sleep(0.02)
"""
FROM_END = "node => node.scrollHeight - node.scrollTop - node.clientHeight"


def top_of(log: Locator) -> float:
    return float(log.evaluate("node => node.scrollTop"))


def test_keys_leave_the_end_and_go_back_to_it(lab: Lab) -> None:
    path = "/home/jovyan/talk.py"
    job = submit(lab.session, lab.server, name="talk", script=path, text=TALK)
    wait_for_state(lab.session, lab.server, job["id"], "Running")
    lab.open()
    lab.show_panel()
    lab.show_job("talk").get_by_role("button", name="Logs").click()
    log = lab.page.get_by_role("log")
    expect(log).to_contain_text("line 100\n", timeout=60_000)
    expect(lab.page.get_by_role("button", name="Load earlier lines")).to_be_hidden()

    log.focus()
    lab.page.keyboard.press("PageUp")
    lab.page.wait_for_timeout(1000)
    before = top_of(log)
    lab.page.wait_for_timeout(2000)
    assert top_of(log) == before
    assert float(log.evaluate(FROM_END)) > 500

    lab.page.keyboard.press("End")

    def follows() -> bool:
        lab.page.wait_for_timeout(300)
        return top_of(log) > before + 1000 and float(log.evaluate(FROM_END)) < 60

    eventually(follows, within=15, what="the log is followed again", every=0.1)
    api(lab.session, lab.server, "DELETE", f"jobs/{job['id']}")
