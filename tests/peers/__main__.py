"""Run the peers' own test suites on this project's classes, and compare the outcome.

``python -m tests.peers --kubespawner PATH --traefik-proxy PATH`` with checkouts of
their repositories at the versions that ``expected/*.yaml`` name. Those files list the
tests that pass and, with a reason, those that do not; any other outcome is a failure.

It needs a running platform: ``KUBECONFIG`` (by default that of ``make up``) and its
images. Tests create a namespace each and delete it.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.peers.outcome import Expected, compare, read_outcome
from tests.support.platform import Platform

REPOSITORY = Path(__file__).parents[2]
HERE = Path(__file__).parent
SITE = REPOSITORY / "build" / "peers" / "site"
NAMESPACE = "mofang-project-peers"
SUITES = {
    "kubespawner": ("peers.kubespawner_plugin", ["tests"], []),
    "traefik-proxy": (
        "peers.traefik_plugin",
        ["tests/test_proxy.py"],
        # Its fixtures start Traefik, Consul, etcd and Redis.
        ["--noconftest"],
    ),
}
"""Name → plugin, tests, further words for pytest."""

_NOWHERE = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "nowhere",
    "contexts": [
        {"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}
    ],
    "clusters": [{"name": "nowhere", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "nobody", "user": {"token": "none"}}],
}
"""A kubeconfig, which the suite wants as it is loaded, of no cluster."""


def install() -> None:
    """Install what the suites need beside the project's own environment."""
    wanted = HERE / "requirements.txt"
    installed = SITE / "requirements.txt"
    if installed.exists() and installed.read_text() == wanted.read_text():
        return
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet"]
    command += ["--no-deps", "--require-hashes", "--target", str(SITE)]
    subprocess.run([*command, "-r", str(wanted)], check=True)
    installed.write_text(wanted.read_text())


def images(platform: Platform) -> dict[str, str]:
    """The platform's images, by name."""
    found = platform.get("configmap", "mofang-settings", "-n", "mofang")
    settings: dict[str, Any] = yaml.safe_load(found["data"]["settings.yaml"])
    return {name: str(each["reference"]) for name, each in settings["images"].items()}


def environment(arguments: argparse.Namespace) -> dict[str, str]:
    """The variables of a suite's run."""
    given = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(SITE), str(REPOSITORY / "tests"))),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "KUBESPAWNER_TEST_NAMESPACE": NAMESPACE,
        "KUBESPAWNER_ANOTHER_NAMESPACE": f"{NAMESPACE}-another",
    }
    if arguments.stock:
        given["MOFANG_PEERS_STOCK"] = "1"
    if arguments.without_cluster:
        nowhere = SITE.parent / "nowhere.kubeconfig"
        nowhere.write_text(yaml.safe_dump(_NOWHERE))
        given["KUBECONFIG"] = str(nowhere)
    else:
        platform = Platform()
        found = images(platform)
        given.setdefault("KUBECONFIG", platform.kubeconfig)
        given["MOFANG_PEERS_SERVER_IMAGE"] = found["base"]
        given["MOFANG_PEERS_HUB_IMAGE"] = found["hub"]
    return given


def run(name: str, path: Path, given: dict[str, str], arguments: list[str]) -> Path:
    """Run a suite in its repository; return pytest's report."""
    plugin, tests, options = SUITES[name]
    report = REPOSITORY / "build" / "peers" / f"{name}.xml"
    report.unlink(missing_ok=True)
    # -P: the installed kubespawner is tested, not the one beside the tests.
    command = [sys.executable, "-P", "-m", "pytest", "-c", str(HERE / "pytest.ini")]
    command += ["--rootdir", str(path), "-p", "pytest_asyncio.plugin", "-p", plugin]
    command += ["-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
    command += [f"--junitxml={report}", *options, *tests, *arguments]
    subprocess.run(command, cwd=path, env=given, check=False)
    return report


def main() -> int:
    """Return 0 when every suite that was named had the expected outcome."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    for name in SUITES:
        parser.add_argument(f"--{name}", type=Path, metavar="PATH")
    parser.add_argument(
        "--stock",
        action="store_true",
        help="run KubeSpawner's suite on KubeSpawner itself: all of it has to pass",
    )
    parser.add_argument(
        "--without-cluster",
        action="store_true",
        help="compare only the tests of KubeSpawner that need no cluster",
    )
    parser.add_argument("words", nargs="*", help="for pytest; then nothing is compared")
    arguments = parser.parse_args()
    paths = {name: getattr(arguments, name.replace("-", "_")) for name in SUITES}
    if not any(paths.values()):
        parser.error("name at least one repository")
    install()
    given = environment(arguments)
    faults = []
    for name, path in paths.items():
        if path is None:
            continue
        expected = Expected.load(HERE / "expected" / f"{name}.yaml")
        expected.check_version(path)
        report = run(name, path.resolve(), given, arguments.words)
        if arguments.words:
            continue
        if arguments.stock:
            expected = expected.without_exceptions()
        outcome = read_outcome(report)
        if arguments.without_cluster:
            expected, outcome = expected.skipping(outcome)
        found = compare(expected, outcome)
        print(f"{name} {expected.version}: {expected.summary(found)}", flush=True)
        faults += found
    for fault in faults:
        print(f"- {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
