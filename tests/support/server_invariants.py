"""What holds of the objects of servers at any time, whoever did what. Pure.

Each function raises AssertionError, with what is wrong, for objects as the API server
lists them. What was listed later may be gone or newer.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mofang_kube.names import ENVIRONMENT_LABEL, OWNER_LABEL, ROUTESPEC_ANNOTATION

Manifest = dict[str, Any]

_OWN_SOURCES = {"emptyDir", "configMap", "downwardAPI", "secret"}
"""Volumes that hold nobody's files; a Secret is looked at by its name."""


def check_one_pod_each(pods: Iterable[Manifest]) -> None:
    """A server has at most one pod."""
    servers = Counter((_owner(each), _label(each, ENVIRONMENT_LABEL)) for each in pods)
    assert all(count == 1 for count in servers.values()), servers


def check_mounts(pods: Iterable[Manifest], project: str) -> None:
    """A pod has the files and the token of its owner, and nobody else's.

    Args:
        pods: Servers' pods.
        project: Of the servers; nobody may write into the global directory.
    """
    for pod in pods:
        name, owner, spec = _name(pod), _owner(pod), pod["spec"]
        assert owner in name.split("-"), f"{name} is of {owner}"
        volumes = {each["name"]: each for each in spec.get("volumes", ())}
        for each in volumes.values():
            kinds = each.keys() - {"name", "persistentVolumeClaim"}
            assert kinds <= _OWN_SOURCES, f"{name} has a volume of {kinds}"
        allowed = {
            ("mofang-users", owner, False),
            ("mofang-project", project, False),
            ("mofang-global", "", True),
        }
        for container in _containers(spec):
            mounted = set(_mounted_claims(container, volumes))
            assert mounted <= allowed, f"{name} mounts {mounted - allowed}"
        for container in spec["containers"]:
            homes = [each for each in container["volumeMounts"] if _is_home(each)]
            assert homes, f"{name} has no home"
        secrets = set(_secrets(spec))
        assert secrets <= {name}, f"{name} reads Secrets {secrets}"


def check_owners(objects: Iterable[Manifest], pods: Iterable[Manifest]) -> None:
    """Whatever a server has belongs to its pod, so that it goes with that.

    Args:
        objects: Secrets and Services of servers.
        pods: Servers' pods, listed later.
    """
    names = {each["metadata"]["uid"]: _name(each) for each in pods}
    for each in objects:
        name = _name(each)
        owners = each["metadata"].get("ownerReferences", [])
        kinds = [owner["kind"] for owner in owners]
        assert kinds == ["Pod"], f"{name} belongs to {kinds}"
        pod = names.get(owners[0]["uid"])
        assert pod is None or pod in {name, _pod_of(name)}, f"{name} is of {pod}"


def check_routes(
    routes: Iterable[Manifest],
    services: Iterable[Manifest],
    pods: Iterable[Manifest],
    namespace: str,
) -> None:
    """A route leads to its own server, which is ready or no more.

    Args:
        routes: VirtualServices to servers.
        services: Those of servers, listed later.
        pods: Servers' pods, listed after these.
        namespace: Of the servers.
    """
    owners = {
        _name(each): each["metadata"]["ownerReferences"][0]["uid"] for each in services
    }
    by_uid = {each["metadata"]["uid"]: each for each in pods}
    for route in routes:
        spec = route["metadata"]["annotations"][ROUTESPEC_ANNOTATION]
        host, _, path = spec.partition("/")
        _, user, server = path.strip("/").split("/")
        assert host.startswith(f"{user}."), f"{spec} is on another's host"
        targets = set(_targets(route, namespace))
        assert len(targets) == 1, f"{spec} leads to {targets}"
        target = targets.pop()
        assert _pod_of(target) == f"jupyter-{user}--{server}", f"{spec} is {target}"
        pod = by_uid.get(owners.get(target, ""))
        if pod is not None and not _is_ready_or_ending(pod):
            raise AssertionError(f"{spec} before it is ready: {pod.get('status')}")


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _label(manifest: Manifest, label: str) -> str:
    return str(manifest["metadata"]["labels"][label])


def _owner(pod: Manifest) -> str:
    return _label(pod, OWNER_LABEL)


def _pod_of(service: str) -> str:
    """Return the name of a Service's pod: each start has one of its own."""
    return service.rpartition("-")[0]


def _containers(spec: Manifest) -> Iterator[Manifest]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(kind, ())


def _is_home(mount: Manifest) -> bool:
    return bool(mount["name"] == "mofang-users")


def _mounted_claims(
    container: Manifest, volumes: dict[str, Manifest]
) -> Iterator[tuple[str, str, bool]]:
    """Yield claim, sub-path and whether it is read-only."""
    for each in container.get("volumeMounts", ()):
        claim = volumes[each["name"]].get("persistentVolumeClaim")
        if claim:
            sub_path = str(each.get("subPath", ""))
            yield claim["claimName"], sub_path, bool(each.get("readOnly"))


def _secrets(spec: Manifest) -> Iterator[str]:
    for each in spec.get("volumes", ()):
        if "secret" in each:
            yield str(each["secret"]["secretName"])
    for container in _containers(spec):
        for each in container.get("envFrom", ()):
            if "secretRef" in each:
                yield str(each["secretRef"]["name"])
        for each in container.get("env", ()):
            if source := each.get("valueFrom", {}).get("secretKeyRef"):
                yield str(source["name"])


def _targets(route: Manifest, namespace: str) -> Iterator[str]:
    """Yield the Services in a namespace that a route leads to."""
    for rule in route["spec"]["http"]:
        onward: Sequence[Manifest] = rule.get("route", ())
        for each in onward:
            service, where, *_ = each["destination"]["host"].split(".")
            if where == namespace:
                yield service


def _is_ready_or_ending(pod: Manifest) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return True
    conditions = pod.get("status", {}).get("conditions", ())
    # Not Ready: whose node is late with its lease is not made unready by that.
    return any(
        each["type"] == "ContainersReady" and each["status"] == "True"
        for each in conditions
    )
