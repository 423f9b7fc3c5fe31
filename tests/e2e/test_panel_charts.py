"""What running jobs use, in curves; and how all of it looks in both themes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from support.eventually import eventually
from support.jobs import submit, wait_for_state
from support.lab import PRESETS, THEMES, Lab
from support.legible import faint, too_wide

BUSY = """
import time

held = bytearray(64 * 2**20)
while True:
    until = time.monotonic() + 0.02
    while time.monotonic() < until:
        pass
    time.sleep(0.08)
"""
QUICK = "import mofang\nmofang.report(loss=0.25, accuracy=0.97)\n"


def run(lab: Lab, name: str, text: str, state: str, **more: object) -> str:
    """Submit a script and wait for its state."""
    path = f"/home/jovyan/{name}.py"
    job = submit(lab.session, lab.server, name=name, script=path, text=text, **more)
    wait_for_state(lab.session, lab.server, job["id"], state)
    return str(job["id"])


def curve(use: Locator, name: str) -> Locator:
    """A small curve and its last value, by what it measures."""
    term = use.page.get_by_role("term").filter(has_text=re.compile(f"^{name}$"))
    return use.locator("dl > div").filter(has=term)


def test_a_running_job_shows_small_curves_and_opens_large_ones(lab: Lab) -> None:
    run(lab, "busy", BUSY, "Running")
    lab.open()
    lab.show_panel()

    use = lab.show_job("busy").get_by_role("group", name="worker-0")
    expect(curve(use, "CPU")).to_contain_text("cores", timeout=90_000)
    expect(curve(use, "CPU").locator(".mf-SparklineEdge").first).to_be_attached()
    expect(curve(use, "Memory")).to_contain_text("MiB")

    lab.panel.get_by_role("button", name="Charts").click()
    charts = {
        name: lab.page.get_by_role("application", name=re.compile(f"^{name}\\."))
        for name in ("CPU", "Memory")
    }
    for name, chart in charts.items():
        expect(chart).to_be_visible()
        expect(chart).to_have_accessible_name(
            re.compile(rf"^{name}\. Last values: worker-0 \d")
        )
        chart.press("End")
        readout = lab.page.locator(".mf-Readout")
        expect(readout).to_contain_text(re.compile(r"worker-0.*\d"))
        chart.press("Escape")
        expect(readout).to_be_hidden()
    legend = lab.page.get_by_role("group", name="Replicas to show")
    legend.get_by_role("button", name="worker-0").press("Space")
    expect(charts["CPU"]).to_have_accessible_name(re.compile("Last values: [.]"))


PARTS = [
    {"name": f"place_{at}", "path": f"/projects/vision/a-long-directory/{at}"}
    for at in range(2)
]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_all_of_it_is_legible_and_fits(
    lab: Lab, screenshot: Callable[[Page, str], None], theme: str
) -> None:
    more = {"outputs": PARTS, "env": {"STAGE": "test"}}
    run(lab, "quick", QUICK, "Succeeded", hyperparameters={"lr": 0.1}, **more)
    run(lab, "quicker", QUICK, "Succeeded", hyperparameters={"lr": 0.2}, **more)
    run(lab, "wrong", "raise SystemExit('no such data')\n", "Failed")
    run(lab, "a-busy-job-with-a-rather-long-name", BUSY, "Running", replicas=2)
    lab.set(THEMES, {"theme": f"JupyterLab {theme}"})
    lab.set(PRESETS, {"presets": [{"name": "Nightly", "form": {}}]})
    lab.open()
    lab.show_panel()
    expect(lab.page.locator("body")).to_have_attribute(
        "data-jp-theme-name", f"JupyterLab {theme}"
    )

    def check(part: Locator, name: str) -> None:
        screenshot(lab.page, f"form-{name}-{theme.lower()}")
        eventually(lambda: not too_wide(part), within=15, what=f"{name} fits")
        eventually(lambda: not faint(part), within=15, what=f"{name} is legible")
        assert (too_wide(part), faint(part)) == ([], [])

    details = lab.show_job("a-busy-job-with-a-rather-long-name")
    expect(details.get_by_text("CPU").first).to_be_visible(timeout=90_000)
    for width in (360, 500):
        lab.widen_panel(width)
        check(lab.panel, f"panel-{width}")
    lab.panel.get_by_role("button", name="Charts").click()
    expect(lab.page.get_by_role("application").first).to_be_visible()
    check(lab.page.locator(".mf-Charts"), "charts")
    for name in ("quick", "quicker"):
        lab.panel.get_by_label(f"Choose {name} to compare").check()
    lab.show_job("wrong")
    check(lab.panel, "panel-failed")
    lab.panel.get_by_role("button", name="Compare").click()
    check(lab.page.locator(".mf-Comparison"), "compare")
    lab.show_job("quick").get_by_role("button", name="Rerun with changes…").click()
    expect(lab.preview).to_contain_text("Ready to submit.")
    check(lab.page.locator(".mf-FormPage"), "form")
    lab.fill({"Name": "", "CPU": "300"})
    lab.form.get_by_label("Framework").select_option("tensorflow")
    lab.page.set_viewport_size({"width": 1000, "height": 900})
    check(lab.page.locator(".mf-FormPage"), "form-narrow")
