"""An image and a person on it.

image    a virtual environment with some packages, as images have theirs
person   her home, and what she does: installers, Python, ``mofang-environment``
wheels   a folder of wheels, all that installers know
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.client_packages import RUNNER
from support.virtual_environments import copy_environment, site_packages
from support.wheels import build_wheel


@dataclass(frozen=True)
class Image:
    prefix: Path

    @property
    def python(self) -> Path:
        return self.prefix / "bin" / "python"

    @property
    def site(self) -> Path:
        return site_packages(self.prefix)

    def install(self, *wheels: Path) -> None:
        """Install as images are built: by uv, with byte code that is trusted."""
        run(
            [
                UV_PROGRAM,
                "pip",
                "install",
                "--python",
                self.python,
                "--offline",
                "--no-cache",
            ]
            + ["--no-index", "--no-deps", "--compile-bytecode", "--reinstall", *wheels],
            {"PYC_INVALIDATION_MODE": "UNCHECKED_HASH"},
        )

    def tree(self) -> dict[str, bytes]:
        """All that is in it, to see that nobody changed it."""
        return {
            str(path): path.read_bytes()
            for path in sorted(self.site.rglob("*"))
            if path.is_file()
        }


@dataclass(frozen=True)
class Person:
    home: Path
    image: Image
    wheels: Path
    environment: str = "pytorch"

    @property
    def directory(self) -> Path:
        return self.home / ".mofang" / "environments" / self.environment

    @property
    def site(self) -> Path:
        return self.directory / self.image.site.relative_to(self.image.prefix)

    def elsewhere(self, environment: str) -> Person:
        """The same person in another environment of the same image."""
        return Person(self.home, self.image, self.wheels, environment)

    @property
    def variables(self) -> dict[str, str]:
        """Those of her server's processes."""
        return {
            "HOME": str(self.home),
            "MOFANG_ENVIRONMENT": self.environment,
            "PATH": f"{self.image.prefix}/bin:/usr/bin:/bin",
        }

    def command(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        """Call ``mofang-environment``."""
        return subprocess.run(
            [self.image.python, "-m", "mofang_run.environments.cli", *arguments],
            env=self.variables | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def create(self) -> None:
        ended = self.command("create")
        assert ended.returncode == 0, ended.stderr

    def status(self) -> dict:
        return json.loads(self.command("status", "--json").stdout)

    def changes(self) -> dict[str, tuple[str, str, str]]:
        return {
            each["name"]: (each["kind"], each["image_version"], each["version"])
            for each in self.status()["changes"]
        }

    def run(self, command: str, **variables: str) -> str:
        """Run a line of a login shell in the environment; return what it says."""
        exports = self.command("shell").stdout
        return run(
            ["bash", "-ec", f"{exports}\n{command}"],
            self.variables | self.offline | variables,
        )

    @property
    def offline(self) -> dict[str, str]:
        return {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "UV_OFFLINE": "1",
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(self.wheels),
            "UV_CACHE_DIR": str(self.home / ".cache" / "uv"),
        }


UV_PROGRAM = subprocess.run(
    [sys.executable, "-c", "import uv; print(uv.find_uv_bin())"],
    capture_output=True,
    text=True,
    check=True,
).stdout.strip()


def run(command: list, variables: dict[str, str]) -> str:
    ended = subprocess.run(
        list(map(str, command)),
        env={"PATH": os.environ["PATH"], **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.fixture(scope="session")
def shelf_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels, built once."""
    folder = tmp_path_factory.mktemp("shelf") / "wheels"
    for version in ("1.0", "2.0", "3.0"):
        tells = f"version = {version!r}\ndef tell():\n    print('cubes', version)\n"
        # Python tells byte code of old by the source's size and second.
        tells += "\n" * int(version[0])
        programs = {"cubes": "cubes:tell"}
        build_wheel(
            folder, "cubes", version, programs=programs, files={"cubes.py": tells}
        )
        files = {
            "rings/__init__.py": "from rings.inner import version\n",
            "rings/inner.py": f"version = {version!r}\n",
        }
        build_wheel(folder, "rings", version, files=files)
    build_wheel(folder, "spheres", "1.0", requires=["cubes>=3"])
    return folder


@pytest.fixture(scope="session")
def pattern(
    tmp_path_factory: pytest.TempPathFactory,
    environment_with_pip: Path,
    shelf_of_all: Path,
) -> Path:
    """The image, made once."""
    prefix = tmp_path_factory.mktemp("images") / "image"
    copy_environment(environment_with_pip, prefix)
    image = Image(prefix)
    (prefix / "bin" / "uv").symlink_to(UV_PROGRAM)
    (image.site / "client.pth").write_text(f"{RUNNER}\n")
    image.install(
        *(shelf_of_all / f"{n}-2.0-py3-none-any.whl" for n in ("cubes", "rings"))
    )
    return prefix


@pytest.fixture
def wheels(tmp_path: Path, shelf_of_all: Path) -> Path:
    return Path(shutil.copytree(shelf_of_all, tmp_path / "wheels"))


@pytest.fixture
def image(tmp_path: Path, pattern: Path) -> Image:
    prefix = tmp_path / "image"
    copy_environment(pattern, prefix)
    return Image(prefix)


@pytest.fixture
def person(tmp_path: Path, image: Image, wheels: Path) -> Person:
    home = tmp_path / "home"
    home.mkdir()
    return Person(home, image, wheels)
