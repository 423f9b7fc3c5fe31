"""Which Python runs a job, and what of the user's files it keeps apart."""

import os
import subprocess
import sys

import pytest

from support.client_packages import RUNNER

NAMES = ("email", "queue", "code", "signal", "typing", "types", "json", "random")
BROKEN = "raise SystemExit('imported by mistake')\n"


@pytest.fixture
def site_torch(tmp_path, wrapper):
    """An image whose torch and papermill are installed, not on PYTHONPATH."""
    prefix = tmp_path / "image"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    [site] = prefix.glob("lib/python*/site-packages")
    (wrapper.packages / "torch").rename(site / "torch")
    (site / "papermill").mkdir()
    (site / "papermill" / "__init__.py").touch()
    # As the real ones do, they import much of the standard library.
    imports = f"import {', '.join(NAMES)}\n"
    (site / "papermill" / "__main__.py").write_text(f"{imports}print('PAPERMILL')\n")
    (site / "mofang.pth").write_text(RUNNER)
    runner = site / "torch" / "distributed" / "run.py"
    runner.write_text(imports + runner.read_text())
    return str(prefix / "bin" / "python")


@pytest.fixture
def hostile(wrapper):
    for name in NAMES:
        (wrapper.home / f"{name}.py").write_text(BROKEN)


def test_files_beside_the_script_do_not_keep_torchrun_from_starting(
    wrapper, site_torch, hostile
):
    """The script itself finds them, as plain Python has it."""
    script = wrapper.script(
        "try:\n    import email\nexcept SystemExit:\n    print('found its email.py')\n"
    )
    code, output = wrapper(script, python=site_torch)
    assert code == 0, output
    assert "TORCHRUN" in output
    assert "found its email.py" in output


@pytest.mark.parametrize("framework", ["single", "pytorch"])
def test_files_beside_a_notebook_do_not_keep_papermill_from_starting(
    wrapper, site_torch, hostile, framework
):
    code, output = wrapper(
        wrapper.script("{}", "train.ipynb"), framework=framework, python=site_torch
    )
    assert code == 0, output
    assert "PAPERMILL" in output


def test_files_on_pythonpath_keep_neither_torchrun_nor_papermill_from_starting(
    wrapper, site_torch, tmp_path
):
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in NAMES:
        (modules / f"{name}.py").write_text(BROKEN)
    isolated = {"python": site_torch, "options": ("-I",), "PYTHONPATH": str(modules)}
    code, output = wrapper(wrapper.script("{}", "train.ipynb"), **isolated)
    assert code == 0, output
    assert "PAPERMILL" in output
    shell = wrapper.script("#!/bin/sh\necho path $PYTHONPATH\n", "train.sh")
    (wrapper.home / shell).chmod(0o755)
    code, output = wrapper(shell, **isolated)
    assert code == 0, output
    assert f"path {modules}\n" in output


def test_a_torch_on_pythonpath_is_what_the_user_wants(wrapper):
    code, output = wrapper(wrapper.script(""))
    assert code == 0, output
    assert "TORCHRUN" in output


def test_what_lies_in_the_home_for_all_images_is_not_seen(wrapper):
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    place = wrapper.home / ".local" / "lib" / version / "site-packages"
    place.mkdir(parents=True)
    (place / "cubes.py").touch()
    script = wrapper.script(
        "import importlib.util as u; print('sees', u.find_spec('cubes'))"
    )
    python = os.path.realpath(sys.executable)
    code, output = wrapper(
        script, framework="single", python=python, HOME=str(wrapper.home)
    )
    assert code == 0, output
    assert "sees None" in output
