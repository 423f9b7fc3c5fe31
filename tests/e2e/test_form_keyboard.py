"""The form and the panel without a mouse, and as a screen reader tells them."""

import pytest
from playwright.sync_api import Locator, Page, expect

from support.jobs import put_script
from support.lab import Lab
from support.legible import unnamed

MOST_STOPS = 80

# What has the focus, or nothing where it was lost.
FOCUS = """() => {
    const focused = document.activeElement;
    return focused && focused !== document.body ? focused.outerHTML.slice(0, 120) : '';
}"""


@pytest.fixture
def keys(lab: Lab) -> "Keys":
    return Keys(lab.page)


class Keys:
    """Presses keys, and sees after each that something has the focus."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)
            # A frame may pass until the focus is where it belongs.
            self._page.wait_for_function(FOCUS, timeout=15_000)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def tab_to(self, target: Locator) -> None:
        """Go on to a control as one would who cannot click it."""
        for _ in range(MOST_STOPS):
            if target.evaluate("each => each === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not come to {target}")


def test_a_job_is_submitted_by_tab_enter_and_space_alone(lab: Lab, keys: Keys) -> None:
    put_script(lab.session, lab.server, "keys.py", "print('typed')\n")
    lab.open()
    lab.show_panel()
    form, page = lab.form, lab.page

    new_job = lab.panel.get_by_role("button", name="New job")
    new_job.focus()
    keys.press("Enter")
    name = form.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    keys.type("by-keys")
    keys.tab_to(form.get_by_label("Script"))
    keys.type("/home/jovyan/keys.py")

    keys.tab_to(form.get_by_role("button", name="Add hyper-parameter"))
    keys.press("Enter")
    expect(form.get_by_label("Name of hyper-parameter 1")).to_be_focused()
    keys.type("lr")
    keys.press("Tab")
    keys.type("0.1")
    keys.press("Tab")
    expect(form.get_by_role("button", name="Remove hyper-parameter 1")).to_be_focused()
    keys.press("Space")
    expect(form.get_by_role("button", name="Add hyper-parameter")).to_be_focused()

    variables = form.locator("summary").filter(has_text="Variables and secrets")
    keys.tab_to(variables)
    keys.press("Space")
    keys.tab_to(form.get_by_role("button", name="Add variable"))
    keys.press("Enter")
    expect(form.get_by_label("Name of variable 1")).to_be_focused()
    keys.type("STAGE")
    keys.press("Tab")
    keys.type("test")
    keys.tab_to(form.get_by_role("button", name="Submit", exact=True))
    keys.press("Space")

    expect(lab.job("by-keys")).to_contain_text("Succeeded", timeout=60_000)
    assert page.evaluate(FOCUS), "the focus was lost by the submission"
    row = lab.job("by-keys").get_by_role("button", name="by-keys", exact=True)
    expect(row).to_be_focused()
    close = lab.panel.get_by_role("button", name="Close details")
    keys.tab_to(close)
    keys.press("Enter")
    expect(row).to_be_focused()


def test_every_control_of_the_form_has_a_name(lab: Lab) -> None:
    lab.open()
    lab.new_form()
    form = lab.form
    for title in ("Inputs and outputs", "Variables and secrets", "After a failure"):
        form.locator("summary").filter(has_text=title).click()
    for thing in ("hyper-parameter", "input", "output", "variable", "secret"):
        form.get_by_role("button", name=f"Add {thing}").click()
    form.get_by_label("Restart").select_option("limit")
    form.get_by_label("Code", exact=True).select_option("snapshot")
    page = lab.page.get_by_role("tabpanel").filter(has=form)

    for framework in ("tensorflow", "mpi", "single"):
        form.get_by_label("Framework").select_option(framework)
        assert unnamed(page) == []
    form.get_by_label("Program").select_option("command")
    lab.page.get_by_role("button", name="Save as preset…").click()
    assert unnamed(page) == []


def test_every_control_of_the_panel_has_a_name(lab: Lab) -> None:
    put_script(lab.session, lab.server, "keys.py", "import time; time.sleep(300)\n")
    lab.open()
    lab.new_form()
    lab.fill({"Name": "named", "Script": "/home/jovyan/keys.py"})
    lab.submit()
    expect(lab.job("named")).to_contain_text("Running", timeout=60_000)

    lab.show_job("named")
    lab.panel.get_by_label("Choose named to compare").check()

    assert unnamed(lab.panel) == []
