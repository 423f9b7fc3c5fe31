"""Write the list of scripts with which JupyterLab begins, from a browser's requests.

    python -m tests.support.preload

asks the running platform (`make up`), whose images have the JupyterLab of the locks.
"""

import re
import shutil
import sys
from pathlib import Path

from jupyterlab import __version__ as VERSION  # noqa: N812
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fetched import Fetched
from support.hub import HubSession
from support.platform import Platform

LIST = Path(__file__).parents[2] / "images" / "hub" / "preload.txt"
SERVER = "vision-base"
_SCRIPT = re.compile(r"/static/lab/(?:[0-9a-f]+/)?([^/]+\.js(?:\?.*)?)")
_HEAD = f"""\
# The scripts with which JupyterLab {VERSION} begins, as a browser asks for them.
# A build with another version fails until the list is made anew, from a platform whose
# hub has an empty one: `python -m tests.support.preload`.
"""


def main() -> None:
    """Open JupyterLab in a browser that was never used, and write what it asked for."""
    platform = Platform()
    session = HubSession(platform, platform.login("ada"))
    if not session.server(SERVER):
        session.start(SERVER, {"project": "vision", "environment": "base"})
    session.wait_ready(SERVER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(f"{platform.url}/hub/login")
        login = platform.login("ada")
        page.get_by_label("Username").fill(login.name)
        page.get_by_label("Password").fill(login.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/hub/spawn")
        fetched = Fetched(page)
        page.goto(f"{session.server_url(SERVER)}lab?reset")
        page.locator(".jp-LauncherCard").first.wait_for(timeout=60_000)
        page.wait_for_load_state("networkidle")
        urls = [*fetched.network, *fetched.cached]
        browser.close()
    names = sorted({found[1] for url in urls if (found := _SCRIPT.search(url))})
    LIST.write_text(_HEAD + "".join(f"{name}\n" for name in names))
    print(f"{len(names)} scripts in {LIST}")


if __name__ == "__main__":
    main()
