"""Virtual environments as images have theirs: made once, and copied for each test.

To make one takes seconds, most of which pip compiles its own modules.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest


def site_packages(prefix: Path) -> Path:
    major, minor = sys.version_info[:2]
    return prefix / "lib" / f"python{major}.{minor}" / "site-packages"


@pytest.fixture(scope="session")
def environment_with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the pip that images have; tests get copies of it."""
    path = tmp_path_factory.mktemp("pattern") / "image"
    _run(sys.executable, "-m", "venv", "--without-pip", path)
    _bring_pip(path)
    # As images are built: byte code is trusted, whatever the time of the source.
    _run(
        *(path / "bin" / "python", "-m", "compileall", "-q"),
        *("--invalidation-mode", "unchecked-hash", site_packages(path)),
    )
    return path


def copy_environment(pattern: Path, prefix: Path) -> None:
    """Copy an environment by hard links; nobody may write into files of it."""
    _run("cp", "-al", pattern, prefix)
    for program in (prefix / "bin").iterdir():
        if program.is_symlink():
            continue
        text = program.read_text()
        if text.startswith(f"#!{pattern}/"):
            program.unlink()
            _write_program(program, text.replace(str(pattern), str(prefix)))


def _bring_pip(prefix: Path) -> None:
    for file in distribution("pip").files or ():
        if ".." in file.parts:
            continue
        target = site_packages(prefix) / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.locate(), target)
    lines = (
        f"#!{prefix}/bin/python",
        "import sys",
        "from pip._internal.cli.main import main",
        "sys.exit(main())",
    )
    for name in ("pip", "pip3"):
        _write_program(prefix / "bin" / name, "\n".join(lines) + "\n")


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _run(*command: str | Path) -> None:
    ended = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
