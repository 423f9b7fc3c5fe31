"""The form for a new job: what it starts with, says while one types, and keeps."""

import re

from playwright.sync_api import Dialog, Locator, expect

from support.jobs import put_script
from support.lab import Lab

CELLS = ["rate = 0.1", "print('rate', rate)"]


def cost(lab: Lab, resource: str) -> Locator:
    """What the job takes of one thing of the project's quota."""
    return lab.preview.get_by_role("listitem").filter(has_text=resource)


def test_it_opens_for_a_notebook_with_what_the_server_knows(lab: Lab) -> None:
    lab.put_notebook("fit.ipynb", CELLS)
    lab.open("home/jovyan/fit.ipynb")

    lab.page.get_by_role("button", name="Submit as job…").click()

    form = lab.form
    expect(form.get_by_label("Name", exact=True)).to_have_value("fit")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    expect(form.get_by_label("Program").locator("option:checked")).to_have_text(
        "This notebook: fit.ipynb"
    )
    expect(form.get_by_label("Script")).to_have_value("/home/jovyan/fit.ipynb")
    expect(form.get_by_label("Framework").locator("option:checked")).to_have_text(
        "Single process (no framework)"
    )
    environment = form.get_by_label("Environment", exact=True)
    expect(environment.locator("option:checked")).to_have_text(
        "PyTorch (this environment): pytorch, single"
    )
    expect(environment.locator("option[value=ray]")).to_have_text("Ray: ray, single")
    expect(environment.locator("option", has_text="Custom image")).to_have_count(0)
    expect(form.get_by_label("Working directory")).to_have_accessible_description(
        "Default: /home/jovyan"
    )
    expect(form.get_by_label("CPU", exact=True)).to_have_value("500m")
    expect(form.get_by_label("Memory", exact=True)).to_have_value("1Gi")
    expect(lab.preview).to_contain_text("Ready to submit.")


def test_faults_are_told_as_one_types_and_at_their_fields(lab: Lab) -> None:
    lab.open()
    lab.new_form()
    fields = {
        "Name": ("x" * 64, "At most 63 characters."),
        "Script": ("/home/jovyan/", "That is a folder."),
        "CPU": ("300", "Cores: 2 or 500m; at most 256."),
        "Memory": ("4", "With its unit: 512Mi, 4Gi."),
        "Replicas": ("0", "A whole number from 1 to 64."),
        "Working directory": (
            "runs",
            "Write it from the root: /home/jovyan/experiment.",
        ),
    }

    for at, (label, (wrong, message)) in enumerate(fields.items(), 1):
        field = lab.form.get_by_label(label, exact=True)
        expect(field).not_to_have_attribute("aria-invalid", "true")
        field.fill(wrong)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(message)
        told = f"{at} field{'s' if at > 1 else ''} must change"
        expect(lab.form.get_by_text(told)).to_be_visible()
    lab.submit()

    expect(lab.form.get_by_label("Name", exact=True)).to_be_focused()
    lab.form.get_by_label("Name", exact=True).fill("")
    lab.form.get_by_label("CPU", exact=True).fill("1")
    expect(lab.form.get_by_label("CPU", exact=True)).to_have_accessible_description(
        "Cores: 2, 500m"
    )
    expect(lab.form.get_by_label("Name", exact=True)).to_have_accessible_description(
        "Give the job a name."
    )


def test_the_preview_follows_what_is_typed_and_what_it_costs(lab: Lab) -> None:
    put_script(lab.session, lab.server, "train.py", "print('trained')")
    lab.open()
    lab.new_form()
    expect(lab.preview).to_contain_text("Complete the required fields to see a preview")

    lab.fill({"Name": "first", "Script": "/home/jovyan/train.py", "CPU": "2"})
    expect(lab.preview).to_contain_text("Ready to submit.")
    lab.preview.get_by_text("YAML").click()
    yaml = lab.preview.get_by_label("YAML of the job")
    expect(yaml).to_contain_text("name: first-")
    expect(yaml).to_contain_text("/home/jovyan/train.py")
    expect(yaml).to_contain_text(re.compile("cpu: '?2'?\n"))
    expect(cost(lab, "CPU")).to_contain_text(
        re.compile(r"Uses 2 cores \([\d.]+ of 16 cores in use\)")
    )
    expect(cost(lab, "GPUs")).to_contain_text(re.compile(r"Uses 0 \(. of 4 in use\)"))

    lab.fill({"Name": "second", "Replicas": "3", "GPUs": "1"})
    expect(yaml).to_contain_text("name: second-")
    expect(yaml).to_contain_text("replicas: 3")
    expect(cost(lab, "CPU")).to_contain_text("Uses 6 cores")
    expect(cost(lab, "GPUs")).to_contain_text("Uses 3 (")

    lab.fill({"CPU": "20"})
    expect(cost(lab, "CPU")).to_contain_text("the job can never start")
    lab.fill({"CPU": "many"})
    expect(lab.preview).to_contain_text("fix the errors to refresh")


def test_a_preset_brings_its_fields_back_after_a_reload(lab: Lab) -> None:
    page = lab.page
    lab.open()
    lab.new_form()
    fields = {
        "Name": "kept",
        "Script": "/home/jovyan/kept.py",
        "Arguments": "--epochs 3",
        "Requirements file": "requirements.txt",
        "Replicas": "2",
        "CPU": "750m",
        "Memory": "2Gi",
    }
    lab.fill(fields)
    lab.form.get_by_label("Framework").select_option("tensorflow")
    lab.form.get_by_role("button", name="Add hyper-parameter").click()
    rows = {"Name of hyper-parameter 1": "lr", "Value of hyper-parameter 1": "0.01"}
    lab.fill(rows)
    lab.fill({"Replicas of ps": "1"})

    presets = page.get_by_role("group", name="Presets")
    presets.get_by_role("button", name="Save as preset…").click()
    presets.get_by_label("What the preset is called").fill("Nightly")
    presets.get_by_role("button", name="Save", exact=True).click()
    expect(presets.get_by_role("status")).to_contain_text("“Nightly” was saved.")

    lab.open()
    lab.new_form()
    presets.get_by_label("Preset", exact=True).select_option("Nightly")
    presets.get_by_role("button", name="Load").click()

    for label, value in {**fields, **rows, "Replicas of ps": "1"}.items():
        expect(lab.form.get_by_label(label, exact=True)).to_have_value(value)
    expect(lab.form.get_by_label("Framework")).to_have_value("tensorflow")

    presets.get_by_role("button", name="Delete").click()
    expect(presets.get_by_role("status")).to_contain_text("“Nightly” was deleted.")
    expect(presets.get_by_label("Preset", exact=True)).to_be_hidden()


def test_a_filled_form_is_not_thrown_away_unasked(lab: Lab) -> None:
    lab.open()
    lab.new_form()
    page = lab.page
    tab = page.get_by_role("tab", name="New training job")
    close = tab.locator(".lm-TabBar-tabCloseIcon")
    lab.fill({"Name": "precious"})

    close.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep the form")).to_be_focused()
    page.keyboard.press("Enter")
    expect(lab.form.get_by_label("Name", exact=True)).to_have_value("precious")

    def stay(question: Dialog) -> None:
        asked.append(question.type)
        question.dismiss()

    asked: list[str] = []
    page.once("dialog", stay)
    page.evaluate("() => location.reload()")
    page.wait_for_function("() => document.readyState === 'complete'")
    expect(lab.form.get_by_label("Name", exact=True)).to_have_value("precious")
    assert asked == ["beforeunload"]

    close.click()
    dialog.get_by_role("button", name="Discard").click()
    expect(tab).to_have_count(0)


def test_an_example_of_the_image_runs_where_it_lies(lab: Lab) -> None:
    lab.open()
    lab.new_form()
    lab.fill({"Name": "example", "Script": "/opt/mofang/examples/pytorch/train.py"})

    expect(lab.form.get_by_label("Working directory")).to_have_accessible_description(
        "Default: /home/jovyan"
    )
    expect(lab.preview).to_contain_text("Ready to submit.")
