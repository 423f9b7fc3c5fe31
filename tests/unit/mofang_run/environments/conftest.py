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
from importlib.metadata import distribution
from pathlib import Path

import pytest

from support.client_packages import RUNNER
from support.wheels import build_wheel


@dataclass(frozen=True)
class Image:
    prefix: Path

    @property
    def python(self) -> Path:
        return self.prefix / "bin" / "python"

    @property
    def site(self) -> Path:
        major, minor = sys.version_info[:2]
        return self.prefix / "lib" / f"python{major}.{minor}" / "site-packages"

    def install(self, *wheels: Path) -> None:
        """Install as images are built: by uv, with byte code that is trusted."""
        run(
            [*UV, "pip", "install", "--python", self.python, "--offline", "--no-cache"]
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


UV = [sys.executable, "-m", "uv"]


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
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip, made once; tests get copies of it."""
    path = tmp_path_factory.mktemp("pattern") / "image"
    run([sys.executable, "-m", "venv", path], {})
    # What is many files and needed by none makes each test slower.
    run([path / "bin" / "python", "-m", "pip", "uninstall", "-qy", "setuptools"], {})
    bring_pip(path)
    return path


def bring_pip(prefix: Path) -> None:
    """Replace the pip of this machine's Python by the one that images have."""
    site = Image(prefix).site
    for old in site.glob("pip*"):
        shutil.rmtree(old)
    for file in distribution("pip").files or ():
        # Programs are there already, and the same.
        if ".." not in file.parts:
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.locate(), target)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
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


@pytest.fixture
def image(tmp_path: Path, pattern: Path, wheels: Path) -> Image:
    prefix = tmp_path / "image"
    run(["cp", "-al", pattern, prefix], {})
    image = Image(prefix)
    for each in ("pip", "pip3"):
        script = prefix / "bin" / each
        text = script.read_text().replace(str(pattern), str(prefix))
        script.unlink()
        script.write_text(text)
        script.chmod(0o755)
    (prefix / "bin" / "uv").symlink_to(UV_PROGRAM)
    (image.site / "client.pth").write_text(f"{RUNNER}\n")
    image.install(*(wheels / f"{n}-2.0-py3-none-any.whl" for n in ("cubes", "rings")))
    return image


@pytest.fixture
def person(tmp_path: Path, image: Image, wheels: Path) -> Person:
    home = tmp_path / "home"
    home.mkdir()
    return Person(home, image, wheels)
