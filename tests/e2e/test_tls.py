"""The platform over TLS, as a company runs it: cookies are bound to their hosts."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
import yaml
from e2e.conftest import CHROMIUM_FLAGS, WAIT_MS
from playwright.sync_api import Browser, Page, expect

from mofang_local import forwarder
from mofang_local.addons import TLS_NODE_PORT
from mofang_local.network import CPU_NODE
from mofang_local.platform import HOST
from support.chart import upgrade
from support.eventually import eventually
from support.platform import Platform
from support.ports import is_open

PORT = 8443
URL = f"https://{HOST}:{PORT}"
SECRET = "mofang-tls"
VALUES = {
    "publicUrl": URL,
    "gateway": {"tls": {"secretName": SECRET, "redirect": True}},
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(
    platform: Platform, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The same platform with a certificate for its host and those of users."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = authority.issue_cert(HOST, f"*.{HOST}")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "certificate.pem", append=True)
    platform.kubectl(
        *("create", "secret", "tls", SECRET, "-n", "istio-system"),
        f"--cert={folder / 'certificate.pem'}",
        f"--key={folder / 'key.pem'}",
    )
    values = folder / "values.yaml"
    values.write_text(yaml.safe_dump(VALUES))
    command = forwarder.command(PORT, CPU_NODE.address, TLS_NODE_PORT)
    with subprocess.Popen(command) as forwarding:
        try:
            upgrade(platform, values)
            eventually(lambda: is_open(PORT), within=10, what="the way in")
            yield
        finally:
            forwarding.terminate()
            upgrade(platform)
            platform.kubectl("delete", "secret", "-n", "istio-system", SECRET)


@pytest.fixture
def page(
    tls: None, browser: Browser, authority: trustme.CA, tmp_path: Path
) -> Iterator[Page]:
    """A page of a browser that trusts the authority as a company's browsers do."""
    root = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(root)
    database = tmp_path / ".pki" / "nssdb"
    database.mkdir(parents=True)
    store = f"sql:{database}"
    for command in (
        ["certutil", "-d", store, "-N", "--empty-password"],
        ["certutil", "-d", store, "-A", "-t", "C,,", "-n", "test", "-i", str(root)],
    ):
        subprocess.run(command, check=True)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    # The one of all other tests trusts nobody; Playwright itself runs but once.
    trusting = browser.browser_type.launch(
        executable_path=program,
        args=CHROMIUM_FLAGS,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    page = trusting.new_page()
    page.set_default_timeout(WAIT_MS)
    yield page
    trusting.close()


def test_over_tls_each_cookie_is_its_hosts_own(page: Page, platform: Platform) -> None:
    login = platform.login("ada")
    page.goto(URL)
    page.get_by_label("Username").fill(login.name)
    page.get_by_label("Password").fill(login.password)
    page.get_by_role("button", name="Sign in").click()
    start = page.get_by_role("button", name=re.compile("^Start Python$"))
    opened = page.get_by_role("link", name="Open Python", exact=True)
    start.or_(opened).first.click()
    page.wait_for_url(
        re.compile(rf"^https://ada\.{HOST}:{PORT}/user/ada/vision-base/lab"),
        timeout=180_000,
    )
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()

    cookies = {each["name"]: each for each in page.context.cookies()}
    assert cookies["__Host-jupyterhub-hub-login"]["domain"] == HOST
    server = next(name for name in cookies if name.startswith("__Host-jupyterhub-user"))
    assert cookies[server]["domain"] == f"ada.{HOST}"
    for name, cookie in cookies.items():
        assert cookie["secure"] or name == "_xsrf", name

    # What a script on a user's host may set for the hub's changes nobody's log-in.
    for name in ("__Host-jupyterhub-hub-login", "jupyterhub-hub-login", "_xsrf"):
        page.evaluate(f"document.cookie = '{name}=x; path=/; domain={HOST}; secure'")
    page.goto(f"{URL}/hub/token")
    expect(page.get_by_role("button", name="Request new API token")).to_be_visible()
    domains = {
        each["domain"]
        for each in page.context.cookies()
        if each["name"] == "__Host-jupyterhub-hub-login"
    }
    assert domains == {HOST}
