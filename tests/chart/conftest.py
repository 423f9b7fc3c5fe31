"""Rendering the chart with the real helm.

render     function: values, as dictionaries merged in order → ``Rendered``
refusal    function: the same → helm's message, where it must refuse
notes      function: the same → what helm tells after an installation
lint       function: the same → helm's verdict on the chart, as its text
minimal    the least values an installation needs
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "helm" / "mofang"
LOCAL_VALUES = REPOSITORY / "helm" / "local" / "values-local.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What helm made of the chart."""

    manifests: list[dict[str, Any]]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        return next(
            each
            for each in self.manifests
            if each["kind"] == kind and each["metadata"]["name"] == name
        )

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        return [each for each in self.manifests if each["kind"] in kinds]

    def names(self, kind: str) -> list[str]:
        return sorted(each["metadata"]["name"] for each in self.of_kind(kind))

    def file(self, config_map: str, name: str) -> Any:
        """The content of a file in a ConfigMap, read as YAML."""
        return yaml.safe_load(self.get("ConfigMap", config_map)["data"][name])


def find_helm() -> str:
    """The launcher's helm, or the one on the path."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for path in (cache / "mofang" / "bin" / "helm", shutil.which("helm")):
        if path and Path(path).exists():
            return str(path)
    raise RuntimeError("helm is not here yet: `make build` builds it")


@pytest.fixture(scope="session")
def helm(tmp_path_factory):
    program = find_helm()
    folder = tmp_path_factory.mktemp("values")

    def template(
        *values: dict[str, Any], verb: tuple[str, ...] = ("template", "mofang")
    ) -> subprocess.CompletedProcess[str]:
        command = [program, *verb, str(CHART), "--namespace", "mofang"]
        for number, each in enumerate(values):
            path = folder / f"{number}.yaml"
            path.write_text(json.dumps(each))
            command += ["--values", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return template


@pytest.fixture(scope="session")
def render(helm):
    def made(*values: dict[str, Any]) -> Rendered:
        done = helm(*values)
        assert done.returncode == 0, done.stderr
        # libyaml's, where it is there: a tenth of the time.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        manifests = [each for each in yaml.load_all(done.stdout, loader) if each]
        return Rendered(manifests=manifests)

    return made


@pytest.fixture
def refusal(helm):
    def message(*values: dict[str, Any]) -> str:
        done = helm(*values)
        assert done.returncode != 0, "helm accepted it"
        return done.stderr

    return message


@pytest.fixture
def notes(helm):
    def said(*values: dict[str, Any]) -> str:
        verb = ("install", "mofang", "--dry-run=client")
        done = helm(*values, verb=verb)
        assert done.returncode == 0, done.stderr
        return done.stdout.rpartition("NOTES:")[2]

    return said


@pytest.fixture
def lint(helm):
    def verdict(*values: dict[str, Any]) -> str:
        done = helm(*values, verb=("lint", "--strict"))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return verdict


@pytest.fixture(scope="session")
def minimal():
    def host_path(path: str) -> dict[str, Any]:
        return {"persistentVolume": {"hostPath": {"path": path}}}

    images = ["hub"] + [
        yaml.safe_load(path.read_text())["spec"]["image"]
        for path in (CHART / "catalog").glob("*.yaml")
    ]
    return {
        "images": {name: {"tag": f"{name}-1"} for name in images},
        "storage": {**host_path("/data/$(category)"), "root": host_path("/data")},
        "auth": {
            "method": "shared-password",
            "sharedPassword": {
                "acceptNoIsolation": True,
                "userPassword": "a secret of users",
            },
        },
    }


@pytest.fixture(scope="session")
def chart(render, minimal):
    """The chart with the least values."""
    return render(minimal)


@pytest.fixture(scope="session")
def local_chart(render, minimal):
    """The chart as the local platform installs it."""
    return render(yaml.safe_load(LOCAL_VALUES.read_text()), minimal)
