"""Jobs out of the form, from a notebook to two results side by side."""

import json

from playwright.sync_api import expect

from support.jobs import api, put_script, submit, wait_for_state
from support.lab import Lab

CELLS = [
    "rate = 0.1\nepochs = 2",
    "import mofang\nmofang.report(loss=rate * 2)\nprint('rate is', rate)",
]
SCRIPT = """
import argparse

import mofang

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--epochs", type=int)
asked = parser.parse_args()
mofang.report(loss=asked.lr * 2, epochs=asked.epochs)
"""


def test_a_notebook_runs_with_a_changed_parameter_and_is_kept(lab: Lab) -> None:
    lab.put_notebook("fit.ipynb", CELLS)
    lab.open("home/jovyan/fit.ipynb")
    lab.page.get_by_role("button", name="Submit as job…").click()
    lab.form.get_by_role("button", name="Add hyper-parameter").click()
    lab.fill({"Name of hyper-parameter 1": "rate", "Value of hyper-parameter 1": "0.5"})

    lab.submit()

    expect(lab.job("fit")).to_contain_text("Succeeded", timeout=90_000)
    details = lab.show_job("fit")
    expect(details).to_contain_text("rate0.5")
    expect(details).to_contain_text("loss1")
    [job] = api(lab.session, lab.server, "GET", "jobs").json()["jobs"]
    [kept] = lab.notebooks().glob(f"*{job['id']}-worker-0.ipynb")
    cells = json.loads(kept.read_text())["cells"]
    injected = [each for each in cells if "injected-parameters" in str(each)]
    assert "rate = 0.5" in "".join(injected[0]["source"])
    assert "rate is 0.5" in str(cells[-1]["outputs"])


def test_a_job_of_another_environment_is_sent_by_its_name(lab: Lab) -> None:
    put_script(lab.session, lab.server, "rows.py", "import xgboost\nprint('rows')\n")
    lab.open()
    lab.new_form()
    lab.fill({"Name": "boosted", "Script": "/home/jovyan/rows.py"})
    environment = lab.form.get_by_label("Environment", exact=True)
    other = environment.locator("option[value=xgboost]")
    expect(other).to_be_disabled()
    lab.form.get_by_label("Framework").select_option("xgboost")
    expect(environment).to_have_accessible_description(
        "Environment pytorch does not list xgboost. Choose one of: xgboost."
    )

    environment.select_option("xgboost")
    expect(other).to_be_enabled()
    expect(lab.preview).to_contain_text("Ready to submit.")
    lab.submit()

    expect(lab.job("boosted")).to_contain_text("Succeeded", timeout=120_000)
    lab.show_job("boosted").get_by_role("button", name="Rerun with changes…").click()
    expect(environment).to_have_value("xgboost")


def test_a_rerun_with_changes_is_compared_with_what_it_repeats(lab: Lab) -> None:
    first = submit(
        lab.session,
        lab.server,
        name="slow",
        script="/home/jovyan/curve.py",
        text=SCRIPT,
        hyperparameters={"lr": 0.1, "epochs": 3},
    )
    wait_for_state(lab.session, lab.server, first["id"], "Succeeded")
    lab.open()
    lab.show_panel()

    lab.show_job("slow").get_by_role("button", name="Rerun with changes…").click()
    expect(lab.form).to_contain_text(f"Rerun of {first['id']}.")
    expect(lab.form.get_by_label("Script")).to_have_value("/home/jovyan/curve.py")
    expect(lab.form.get_by_label("Name of hyper-parameter 1")).to_have_value("lr")
    expect(lab.form.get_by_label("Value of hyper-parameter 2")).to_have_value("3")
    lab.fill({"Name": "fast", "Value of hyper-parameter 1": "0.4"})
    lab.submit()
    expect(lab.job("fast")).to_contain_text("Succeeded", timeout=60_000)
    rerun_of = lab.show_job("fast").get_by_role("button", name=first["id"])
    expect(rerun_of).to_be_visible()

    for name in ("slow", "fast"):
        lab.panel.get_by_label(f"Choose {name} to compare").check()
    lab.panel.get_by_role("button", name="Compare").click()

    table = lab.page.get_by_role("table")
    rows = {
        "hyperparameters.lr": ("0.1", "0.4"),
        "loss": ("0.2", "0.8"),
        "epochs": ("3", "3"),
    }
    heads = table.get_by_role("columnheader")
    expect(heads.nth(1)).to_contain_text("slow")
    expect(heads.nth(2)).to_contain_text("fast")
    for name, values in rows.items():
        head = lab.page.get_by_role("rowheader", name=name, exact=True)
        cells = table.get_by_role("row").filter(has=head).get_by_role("cell")
        expect(cells).to_have_text(list(values))
    same = table.get_by_role("rowheader", name="hyperparameters.epochs")
    expect(same).to_be_hidden()
    table.get_by_role("button", name="identical settings").click()
    expect(same).to_be_visible()
