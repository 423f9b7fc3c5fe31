"""A real single-user server starts in safe mode, whatever lies in the home."""

import json
import sys
from pathlib import Path

import pytest

from mofang_spawner import safe_mode
from support.single_user import running_hub, started

CONFIG = Path(__file__).parents[3] / "images/foundation/jupyter_server_config.py"
FAULTS = {
    "a root that is not there": 'c.ServerApp.root_dir = "/nowhere"',
    "a wrong value": 'c.ServerApp.port = "many"',
    "a class that is not there": 'c.ServerApp.contents_manager_class = "no.such"',
    "an end": "raise SystemExit(3)",
}


@pytest.fixture(scope="module")
def hub():
    with running_hub() as url:
        yield url


@pytest.fixture
def folder(tmp_path):
    """A home, and the prefix of an image with the platform's own configuration."""
    etc = tmp_path / "prefix" / "etc" / "jupyter"
    etc.mkdir(parents=True)
    ours = Path(sys.prefix) / "etc" / "jupyter" / "jupyter_server_config.d"
    (etc / ours.name).symlink_to(ours)
    (tmp_path / "prefix" / "share").symlink_to(Path(sys.prefix) / "share")
    home = str(tmp_path / "home").lstrip("/")
    (etc / CONFIG.name).write_text(CONFIG.read_text().replace("home/jovyan", home))
    (tmp_path / "home" / ".jupyter").mkdir(parents=True)
    return tmp_path


def write(folder, path, text):
    file = folder / "home" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def break_all(folder):
    """Leave nothing in the home as it should be."""
    write(folder, f".jupyter/{CONFIG.name}", "\n".join(FAULTS.values()))
    write(
        folder,
        ".jupyter/jupyter_server_config.d/mine.json",
        '{"ServerApp": {"jpserver_extensions": {"jupyterlab": false}}}',
    )
    write(folder, ".jupyter/labconfig/page_config.json", "{")
    kernel = {"argv": ["no-such"], "display_name": "Mine", "language": "x"}
    write(folder, ".local/share/jupyter/kernels/mine/kernel.json", json.dumps(kernel))
    write(
        folder,
        ".mofang/environments/pytorch/share/jupyter/labextensions/mine/package.json",
        '{"name": "mine", "version": "1", "jupyterlab": {"_build": {"load": "x.js"}}}',
    )
    for name in (".bashrc", ".profile"):
        write(folder, name, "exit 1\n")


def in_safe_mode(folder):
    """Return variables and options, with the pod's folder in one of the test."""
    container = {"args": []}
    safe_mode.apply(container)
    given = safe_mode.variables("It exited.")
    scratch = str(folder / "scratch")
    return {
        name: value.replace("/tmp/mofang-safe-mode", scratch)
        for name, value in given.items()
    }, container["args"]


@pytest.mark.parametrize("fault", [pytest.param(v, id=k) for k, v in FAULTS.items()])
def test_each_of_these_keeps_a_normal_start_from_answering(folder, hub, fault):
    """Else the next test would show nothing."""
    write(folder, f".jupyter/{CONFIG.name}", fault)

    with started(folder, hub, {}, []) as server:
        assert server.wait(), server.log


def test_a_start_in_safe_mode_reads_nothing_of_the_home(folder, hub):
    break_all(folder)
    variables, options = in_safe_mode(folder)

    with started(folder, hub, variables, options) as server:
        assert server.wait() is None, server.log
        page = server.get("lab")
        start = page.index(">", page.index('id="jupyter-config-data"')) + 1
        told = json.loads(page[start : page.index("</script>", start)])
        assert told["mofangSafeMode"]["failure"] == "It exited."
        assert told["serverRoot"] == "/"
        assert "mine" not in {each["name"] for each in told["federated_extensions"]}
        assert "mine" not in server.get_json("api/kernelspecs")["kernelspecs"]
        # What is to be mended is there, although it is hidden.
        [file, *_] = told["mofangSafeMode"]["files"]
        assert "/nowhere" in server.get_json(f"api/contents{file}")["content"]
