"""The platform's own services: stopped while nothing may write, and started again."""

from mofang_local.errors import PreflightError
from mofang_local.kubernetes import Kubectl, wait

NAMESPACE = "mofang"
PROJECTS = "mofang-project-"
"""What names of projects' namespaces begin with."""

_DEPLOYMENTS = ("hub", "reconciler", "training", "static")
_ENDED = frozenset({"Succeeded", "Failed"})
_STOP_SECONDS = 120
_SHOWN = 5


def check_idle(kubectl: Kubectl) -> None:
    """Refuse while pods of projects run, which write to people's files.

    Raises:
        PreflightError: Names them, and says what to do.
    """
    found = [
        f"{namespace.removeprefix(PROJECTS)}/{name}"
        for namespace, name in _running(kubectl, "-A")
        if namespace.startswith(PROJECTS)
    ]
    if not found:
        return
    shown = ", ".join(sorted(found)[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise PreflightError(
        f"Servers or jobs run, which write to files: {shown}{more}. Stop the servers "
        "on the hub's admin page, cancel the jobs by `mofang cancel` or wait for their "
        "end. Then run the same command again."
    )


def stop(kubectl: Kubectl) -> None:
    """End hub, reconciler and training service: nobody logs in, nothing starts.

    Raises:
        PreflightError: A server or a job has begun meanwhile; they run again then.
        StartError: They do not end.
    """
    check_idle(kubectl)
    kubectl.run("scale", "-n", NAMESPACE, "deployment", *_DEPLOYMENTS, "--replicas=0")
    try:
        wait(
            lambda: not _running(kubectl, "-n", NAMESPACE),
            what="the end of the platform's services",
            seconds=_STOP_SECONDS,
        )
        check_idle(kubectl)
    except BaseException:
        start(kubectl)
        raise


def start(kubectl: Kubectl) -> None:
    """Start those that were stopped; others are left as they are."""
    for each in kubectl.get("deployments", "-n", NAMESPACE)["items"]:
        name = each["metadata"]["name"]
        if name in _DEPLOYMENTS and each["spec"]["replicas"] == 0:
            kubectl.run("scale", "-n", NAMESPACE, "deployment", name, "--replicas=1")


def recreate(kubectl: Kubectl, component: str) -> None:
    """Replace the pods of a service, where it has any.

    A pod from before a restart may have begun with the empty directory over which its
    volume was mounted afterwards, and would see nothing else for good.
    """
    selector = f"app.kubernetes.io/component={component}"
    kubectl.run("delete", "pods", "-n", NAMESPACE, "-l", selector, "--wait=false")


def _running(kubectl: Kubectl, *where: str) -> list[tuple[str, str]]:
    """Return namespace and name of pods that have not ended."""
    return [
        (pod["metadata"]["namespace"], pod["metadata"]["name"])
        for pod in kubectl.get("pods", *where)["items"]
        if pod["status"].get("phase") not in _ENDED
    ]
