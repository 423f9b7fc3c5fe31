"""The chart of the running platform: upgraded and rolled back as an admin does."""

import os
import subprocess
from pathlib import Path

from mofang_local.cluster import Cluster
from mofang_local.local_paths import paths
from mofang_local.platform import NAMESPACE
from mofang_local.progress import Progress
from support.platform import REPOSITORY, Platform

RELEASE = "mofang"
DEPLOYMENTS = ("hub", "training", "reconciler", "static")


def upgrade(platform: Platform, *more: Path) -> None:
    """Install the chart with the platform's own values, and these over them."""
    found = paths()
    local = REPOSITORY / "helm" / "local" / "values-local.yaml"
    files = [local, found.state / "values.yaml", *more]
    chart = str(REPOSITORY / "helm" / "mofang")
    values = [f"--values={file}" for file in files]
    Cluster(found, Progress()).helm.install(
        RELEASE, chart, NAMESPACE, "--skip-crds", *values
    )
    wait_rolled_out(platform)


def rollback(platform: Platform) -> None:
    """Go back to the revision before."""
    subprocess.run(
        [paths().programs / "helm", "rollback", RELEASE, "--namespace", NAMESPACE],
        env={**os.environ, "KUBECONFIG": platform.kubeconfig},
        check=True,
    )
    wait_rolled_out(platform)


def wait_rolled_out(platform: Platform) -> None:
    for name in DEPLOYMENTS:
        platform.kubectl(
            *("rollout", "status", f"deployment/{name}"),
            *("-n", NAMESPACE, "--timeout=110s"),
        )
