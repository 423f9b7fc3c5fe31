"""Installing charts with helm, whatever state an earlier helm was killed in."""

import subprocess
import time

from mofang_local.errors import StartError, last_lines
from mofang_local.kubernetes import Kubectl
from mofang_local.local_paths import LocalPaths

_WEBHOOK_SECONDS = 90
_PENDING = "owner=helm,status in (pending-install,pending-upgrade,pending-rollback)"
_NOBODY_HOME = (
    "failed calling webhook",
    "no endpoints available",
    "connection refused",
)
"""What the API server says while the pod behind a webhook is not up yet."""


def is_passing(said: str) -> bool:
    """Whether helm failed only because a webhook's pod is not up yet."""
    return any(words in said for words in _NOBODY_HOME)


class Helm:
    """helm with the administrator's kubeconfig; one caller per namespace."""

    def __init__(self, paths: LocalPaths, kubectl: Kubectl) -> None:
        self._program = str(paths.programs / "helm")
        self._kubectl = kubectl

    def install(self, release: str, chart: str, namespace: str, *rest: str) -> None:
        """Install or upgrade; waits for the webhooks that judge the objects.

        Args:
            release: Name of the release; upgraded if it exists.
            chart: Directory of the chart.
            namespace: Namespace of the release.
            *rest: Further arguments of ``helm upgrade``.

        Raises:
            StartError: helm refused, with its last lines.
        """
        # The launcher's lock is held: an unfinished release is nobody's work in
        # progress but a killed helm's, which would refuse every later one.
        unfinished = f"name={release},{_PENDING}"
        self._kubectl.run("delete", "secret", "-n", namespace, "-l", unfinished)
        command = [self._program, "upgrade", "--install", release, chart]
        command += ["--namespace", namespace, *rest]
        deadline = time.monotonic() + _WEBHOOK_SECONDS
        while True:
            done = subprocess.run(  # noqa: S603 - the command is ours
                command,
                env=self._kubectl.environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            said = done.stdout + done.stderr
            if done.returncode == 0:
                return
            if not is_passing(said) or time.monotonic() > deadline:
                raise StartError(f"helm refused {release}:\n{last_lines(said)}")
            time.sleep(0.5)
