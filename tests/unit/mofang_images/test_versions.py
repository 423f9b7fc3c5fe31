"""Versions in the images are those in which known faults are mended, or later.

Floors are of ``docs/administrators/security.md``, *Classes of faults elsewhere*: the
advisories of each project name the first version without the fault.
"""

import re
from pathlib import Path

import pytest
from packaging.version import Version

IMAGES = Path(__file__).parents[3] / "images"
SERVER = IMAGES / "foundation" / "requirements.txt"
HUB = IMAGES / "hub" / "requirements.txt"


def locked(path: Path) -> dict[str, Version]:
    found = re.findall(r"^([a-z0-9._-]+)==([^ \\;]+)", path.read_text(), re.MULTILINE)
    return {name: Version(version) for name, version in found}


@pytest.mark.parametrize(
    ("lock", "package", "floor"),
    [
        (HUB, "jupyterhub", "5.5.1"),
        (HUB, "jupyterhub-kubespawner", "7.1.0"),
        (HUB, "oauthenticator", "17.4.0"),
        (SERVER, "jupyterhub", "5.5.1"),
        (SERVER, "jupyter-server", "2.20.0"),
        (SERVER, "jupyterlab", "4.5.7"),
        (SERVER, "jupyter-server-proxy", "4.2.0"),
    ],
)
def test_known_faults_are_mended(lock: Path, package: str, floor: str) -> None:
    assert locked(lock)[package] >= Version(floor)
