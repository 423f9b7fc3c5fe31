"""JupyterLab's page takes files from the common address, or else from its server."""

import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import sentinel

import jupyterlab
import pytest
from jinja2 import DictLoader, Environment
from jupyterlab.handlers.build_handler import Builder
from playwright.async_api import Page, async_playwright
from tornado.web import Application, StaticFileHandler
from unit.mofang_training.notebook import (
    BROWSER_TOKEN,
    Notebook,
    running_notebook,
    served,
    set_platform,
)

from mofang_api.static_files import StaticFiles
from mofang_training.static_files import (
    DESCRIPTION,
    FALLBACK_OPTION,
    use_common_address,
)
from support.jupyter_share import LOAD, write_extension, write_lab
from support.single_user import running_hub, started

COMMON = "https://mofang.example.org/static"
OWN = "/user/ada/vision-base/static/lab"
OWN_EXTENSIONS = "/user/ada/vision-base/lab/extensions"
LAB = Path(jupyterlab.__file__).parents[4] / "share" / "jupyter"


class LabPage:
    """In place of jupyterlab_server's handler."""

    static_url_prefix = f"{OWN}/"


@pytest.fixture
def share(tmp_path: Path) -> Path:
    share = tmp_path / "share" / "jupyter"
    write_lab(share)
    write_extension(share, "@mofang/training")
    described = StaticFiles.describe([share]).write()
    (tmp_path / DESCRIPTION).parent.mkdir(parents=True)
    (tmp_path / DESCRIPTION).write_text(described)
    return share


@pytest.fixture
def settings() -> dict[str, Any]:
    templates = {"index.html": "{% block favicon %}icon{% endblock %}"}
    return {"lab_jinja2_env": Environment(loader=DictLoader(templates))}


def options(share: Path, **more: Any) -> dict[str, Any]:
    """What jupyterlab_server gives the hook."""
    return {
        "fullStaticUrl": OWN,
        "fullLabextensionsUrl": OWN_EXTENSIONS,
        "staticDir": str(share / "lab" / "static"),
        "federated_extensions": [{"name": "@mofang/training", "load": LOAD}],
    } | more


def changed(
    settings: dict[str, Any], share: Path, url: str = COMMON, **more: Any
) -> dict[str, Any]:
    use_common_address(settings, {"MOFANG_STATIC_URL": url}, share.parents[1])
    page: dict[str, Any] = settings["page_config_hook"](
        LabPage(), options(share, **more)
    )
    return page


@pytest.mark.parametrize("url", [COMMON, f"{COMMON}/", "/static"])
def test_the_same_files_are_taken_from_the_common_address(
    settings: dict[str, Any], share: Path, url: str
) -> None:
    page = changed(settings, share, url)

    described, common = StaticFiles.describe([share]), url.rstrip("/")
    assert page["fullStaticUrl"] == f"{common}/{described.lab}"
    assert page["fullLabextensionsUrl"] == f"{common}/{described.extensions}"
    assert page[FALLBACK_OPTION] == {
        page["fullStaticUrl"]: OWN,
        page["fullLabextensionsUrl"]: OWN_EXTENSIONS,
    }


@pytest.mark.parametrize(
    "loaded",
    [
        [],
        [{"name": "@mofang/training", "load": "static/remoteEntry.0000.js"}],
        [
            {"name": "@mofang/training", "load": LOAD},
            {"name": "hers", "load": LOAD},
        ],
    ],
    ids=["fewer", "another version", "one of the person's"],
)
def test_with_other_extensions_all_are_the_servers(
    settings: dict[str, Any], share: Path, loaded: list[dict[str, str]]
) -> None:
    page = changed(settings, share, federated_extensions=loaded)

    assert page["fullLabextensionsUrl"] == OWN_EXTENSIONS
    assert page["fullStaticUrl"].startswith(COMMON)
    assert list(page[FALLBACK_OPTION].values()) == [OWN]


def test_another_jupyterlab_is_the_servers(
    settings: dict[str, Any], share: Path, tmp_path: Path
) -> None:
    other = write_lab(tmp_path / "hers", main="newer")

    page = changed(settings, share, staticDir=str(other))

    assert page["fullStaticUrl"] == OWN
    assert page["fullLabextensionsUrl"].startswith(COMMON)


def test_options_that_are_kept_from_page_to_page_do_not_stay(
    settings: dict[str, Any], share: Path
) -> None:
    before = changed(settings, share)
    (share / "lab" / "static" / "index.html").write_text("another")

    after = settings["page_config_hook"](LabPage(), before)

    assert after["fullStaticUrl"] == OWN


def test_the_hook_that_was_there_is_called_first(
    settings: dict[str, Any], share: Path
) -> None:
    def before(handler: Any, page: dict[str, Any]) -> dict[str, Any]:
        assert isinstance(handler, LabPage)
        return page | {"hubUser": sentinel.user}

    settings["page_config_hook"] = before

    assert changed(settings, share)["hubUser"] is sentinel.user


@pytest.mark.parametrize("lacking", ["address", "description", "JupyterLab"])
def test_without_one_of_them_nothing_changes(
    settings: dict[str, Any], share: Path, lacking: str
) -> None:
    environment = {} if lacking == "address" else {"MOFANG_STATIC_URL": COMMON}
    if lacking == "description":
        (share.parents[1] / DESCRIPTION).unlink()
    if lacking == "JupyterLab":
        del settings["lab_jinja2_env"]
    before = dict(settings)

    use_common_address(settings, environment, share.parents[1])

    assert settings == before
    if lacking != "JupyterLab":
        page = settings["lab_jinja2_env"].get_template("index.html").render()
        assert page == "icon"


def test_a_server_of_the_hub_names_the_common_address(tmp_path: Path) -> None:
    """JupyterHub's extension sets a hook of its own, which stays in force."""
    prefix = tmp_path / "prefix"
    (prefix / "share" / "mofang").mkdir(parents=True)
    (prefix / "share" / "jupyter").symlink_to(LAB)
    (tmp_path / "home").mkdir()
    described = StaticFiles.describe([LAB])
    (prefix / DESCRIPTION).write_text(described.write())
    extensions = (
        '--ServerApp.jpserver_extensions={"jupyterlab": True, "mofang_training": True}'
    )
    variables = {"MOFANG_STATIC_URL": COMMON, "MOFANG_PROJECT": "vision"}

    with (
        running_hub() as hub,
        started(tmp_path, hub, variables, [extensions]) as server,
    ):
        assert server.wait() is None, server.log
        page = server.get("lab")

    assert f'src="{COMMON}/{described.lab}/main.' in page
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    config = json.loads(found[1])
    assert config["fullLabextensionsUrl"] == f"{COMMON}/{described.extensions}"
    assert config["hubUser"] == "ada"
    assert page.index("mofangStaticFallback ||") < page.index("/main.")


class CommonFiles(StaticFileHandler):
    """nginx with the files of this machine's JupyterLab, counting what is asked."""

    asked: list[str]
    lacks = ""

    def prepare(self) -> None:
        name = self.request.path.rpartition("/")[2]
        self.asked.append(name)
        if re.match(self.lacks or "$", name):
            self.send_error(404)

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Access-Control-Allow-Origin", "*")


@pytest.fixture
def common() -> Iterator[type[CommonFiles]]:
    CommonFiles.asked, CommonFiles.lacks = [], ""
    yield CommonFiles
    CommonFiles.asked, CommonFiles.lacks = [], ""


@asynccontextmanager
async def opened_page(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, is_there: bool = True
) -> AsyncIterator[tuple[Page, Notebook, list[str]]]:
    """A real JupyterLab in a browser; what the browser asked its own server for."""
    described = StaticFiles.describe([LAB])
    lab = rf"/static/{described.lab}/(.*)"
    set_platform(monkeypatch, "http://127.0.0.1:9")
    (folder / DESCRIPTION).parent.mkdir(parents=True)
    only_lab = replace(described, loads={})
    (folder / DESCRIPTION).write_text(only_lab.write())
    app = Application([(lab, CommonFiles, {"path": LAB / "lab" / "static"})])
    # JupyterLab's own lives as long as the process.
    threads = ThreadPoolExecutor(1)
    monkeypatch.setattr(Builder, "executor", threads)
    async with served(app) as port:
        address = f"http://127.0.0.1:{port if is_there else 9}/static"
        extensions = {"beside": ["jupyterlab"]}
        async with (
            running_notebook(
                monkeypatch, folder, "mofang_training", **extensions
            ) as server,
            async_playwright() as playwright,
        ):
            use_common_address(
                server.app.web_app.settings, {"MOFANG_STATIC_URL": address}, folder
            )
            browser = await playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = await browser.new_page()
            own: list[str] = []
            prefix = f"{server.url}static/lab/"
            page.on(
                "request",
                lambda request: (
                    own.append(request.url.removeprefix(prefix))
                    if request.url.startswith(prefix)
                    else None
                ),
            )
            await page.goto(f"{server.url}lab?reset&token={BROWSER_TOKEN}")
            await page.locator("#jp-main-dock-panel").wait_for(timeout=60_000)
            yield page, server, own
            await browser.close()
    threads.shutdown()


async def test_a_page_takes_all_of_jupyterlab_from_the_common_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, common: type[CommonFiles]
) -> None:
    async with opened_page(monkeypatch, tmp_path) as (_, _, own):
        pass

    assert len(common.asked) > 30
    assert own == []


async def test_without_the_common_address_it_takes_its_servers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, common: type[CommonFiles]
) -> None:
    async with opened_page(monkeypatch, tmp_path, is_there=False) as (page, _, own):
        config = json.loads(
            await page.locator("#jupyter-config-data").text_content() or ""
        )

    assert common.asked == []
    assert len(own) > 30
    assert config["fullStaticUrl"].startswith("/user/ada/")


async def test_a_script_that_is_gone_is_taken_from_the_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, common: type[CommonFiles]
) -> None:
    """As after an upgrade, with most of the old scripts in the browser's cache."""
    common.lacks = "jlab_core"

    async with opened_page(monkeypatch, tmp_path) as (_, _, own):
        pass

    assert len(common.asked) > 30
    assert [each.partition(".")[0] for each in own] == ["jlab_core"]
