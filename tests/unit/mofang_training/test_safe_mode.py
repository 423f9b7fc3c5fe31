"""A server in safe mode says so in JupyterLab's page, with what may be the cause."""

from pathlib import Path

import pytest
from unit.mofang_training.notebook import running_notebook, set_platform

from mofang_training.safe_mode import PAGE_OPTION, notice


@pytest.fixture
def jupyter(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / ".jupyter"
    folder.mkdir(parents=True)
    return folder


def of(jupyter: Path, failure: str = "") -> dict[str, object]:
    return notice({"HOME": str(jupyter.parent), "MOFANG_LAST_FAILURE": failure})


def test_files_that_a_start_reads_are_named_and_no_others(jupyter: Path) -> None:
    for name in (
        "jupyter_lab_config.py",
        "jupyter_server_config.py",
        "jupyter_server_config.d/mine.json",
        "labconfig/page_config.json",
        "migrated",
        "lab/user-settings/theme.json",
    ):
        (jupyter / name).parent.mkdir(parents=True, exist_ok=True)
        (jupyter / name).touch()

    assert of(jupyter)["files"] == [
        f"{jupyter}/jupyter_server_config.py",
        f"{jupyter}/jupyter_lab_config.py",
        f"{jupyter}/jupyter_server_config.d/mine.json",
        f"{jupyter}/labconfig/page_config.json",
    ]


def test_what_the_failure_names_comes_first(jupyter: Path) -> None:
    for name in ("jupyter_server_config.py", "jupyter_lab_config.py"):
        (jupyter / name).touch()
    failure = f'File "{jupyter}/jupyter_lab_config.py", line 3'

    found = of(jupyter, failure)

    assert found["failure"] == failure
    assert found["files"][0] == f"{jupyter}/jupyter_lab_config.py"


@pytest.mark.parametrize("home", ["/nowhere", "/proc/1/root"])
def test_a_home_that_cannot_be_read_keeps_no_server_from_starting(home: str) -> None:
    assert notice({"HOME": home}) == {"failure": "", "files": []}


@pytest.mark.parametrize("is_safe", [True, False])
async def test_the_page_says_so_in_safe_mode_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_safe: bool
) -> None:
    set_platform(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    if is_safe:
        monkeypatch.setenv("MOFANG_SAFE_MODE", "1")
        monkeypatch.setenv("MOFANG_LAST_FAILURE", "It exited.")

    async with running_notebook(monkeypatch, tmp_path, "mofang_training") as server:
        page = server.app.web_app.settings.get("page_config_data", {})

    told = {"failure": "It exited.", "files": []} if is_safe else None
    assert page.get(PAGE_OPTION) == told
