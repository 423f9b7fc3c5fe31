"""Kill a training service at a chosen write, in one project and nowhere else."""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from aiohttp import web

from support.api_proxy import ApiProxy, ApiRequest, refusal

Moment = Literal["before", "after"]
"""Before the API server saw the write; after it acted, before the service heard."""

_WHOLE_CLUSTER = re.compile(r"^(/api/v1|/apis/[^/]+/[^/]+)/([a-z]+)$")
_WITHOUT_NAMESPACE = frozenset(
    {
        "environments",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "namespaces",
        "nodes",
        "persistentvolumes",
    }
)
_ACCOUNT = "system:serviceaccount:mofang:training"


@dataclass(frozen=True, kw_only=True)
class Write:
    """A request that changes something, told by what it does and not by its place.

    Attributes:
        what: Verb and plural; for a change of a job, whether of its ``spec``.
        occurrence: Of several that are alike, from 0.
    """

    what: str
    occurrence: int = 0

    def __str__(self) -> str:
        return f"{self.what} {self.occurrence}"


def limited_to(project: str, path: str, home: str = "") -> str:
    """Return what is asked in place of a list or a watch of the whole cluster.

    Args:
        project: Whose namespace is left.
        path: With its query.
        home: The Home that is left.
    """
    place, _, query = path.partition("?")
    found = _WHOLE_CLUSTER.match(place)
    if not found:
        return path
    if name := {"projects": project, "homes": home}.get(found[2]):
        more = f"fieldSelector=metadata.name%3D{name}"
        return f"{place}?{query}&{more}" if query else f"{place}?{more}"
    if found[2] in _WITHOUT_NAMESPACE:
        return path
    within = f"{found[1]}/namespaces/mofang-project-{project}/{found[2]}"
    return f"{within}?{query}" if query else within


class Killable(Protocol):
    """A process of a test."""

    def kill(self) -> None:
        """End it without a word of warning."""


class Killer:
    """Notes a service's writes, and kills it at one of them.

    Args:
        service: Who is killed.
        proxy: By which it reaches the API server.
        project: Where it may write.
    """

    def __init__(self, service: Killable, proxy: ApiProxy, project: str) -> None:
        self._service = service
        self.project = project
        self.namespace = f"mofang-project-{project}"
        self._target: Write | None = None
        self._moment: Moment = "before"
        self._observed: list[tuple[ApiRequest, Write]] = []
        self._has_died = asyncio.Event()
        self.strays: list[str] = []
        """Writes to what is not the project's; they were refused."""
        proxy.before, proxy.after = self._before, self._after
        proxy.rewrite = lambda path: limited_to(project, path)

    @property
    def writes(self) -> list[Write]:
        """Since ``arm``."""
        return [write for _, write in self._observed]

    def arm(self, target: Write | None = None, moment: Moment = "before") -> None:
        """Note from now, and kill at this write."""
        self._target, self._moment, self._observed = target, moment, []
        self._has_died.clear()

    async def died(self) -> None:
        """Wait until the service was killed.

        Raises:
            TimeoutError: It made no such write.
        """
        await asyncio.wait_for(self._has_died.wait(), 30)

    async def _before(self, request: ApiRequest) -> web.Response | None:
        if not request.is_write:
            return None
        if not self.may_write(request.path):
            self.strays.append(f"{request.verb} {request.path}")
            return refusal(403, "Forbidden")
        what = self.name_of(request)
        count = sum(write.what == what for write in self.writes)
        write = Write(what=what, occurrence=count)
        self._observed.append((request, write))
        if write == self._target and self._moment == "before":
            self._kill()
        return None

    async def _after(self, request: ApiRequest, _status: int) -> None:
        if self._moment == "after" and any(
            each is request and write == self._target for each, write in self._observed
        ):
            self._kill()

    def _kill(self) -> None:
        self._service.kill()
        self._has_died.set()
        raise ConnectionError

    def may_write(self, path: str) -> bool:
        """Whether something is the project's."""
        return f"/namespaces/{self.namespace}/" in f"{path}/"

    def name_of(self, request: ApiRequest) -> str:
        """Tell a write by what it does."""
        words = request.path.split("/")
        plural = words[words.index(self.namespace) + 1]
        what = f"{request.verb} {plural}"
        if what == "PATCH trainjobs":
            return f"{what} {'spec' if 'spec' in json.loads(request.body) else 'notes'}"
        return what


def lock_out(name: str, namespace: str) -> list[dict[str, Any]]:
    """Return what keeps the platform's own service from writing in a namespace.

    It would finish what the killed one began, and nobody would see what is left.
    """
    group = {"apiVersion": "admissionregistration.k8s.io/v1"}
    rules = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["*/*"],
    }
    named = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return [
        {
            **group,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "namespaceSelector": named,
                    "resourceRules": [rules],
                },
                "validations": [
                    {
                        "expression": f"request.userInfo.username != '{_ACCOUNT}'",
                        "message": "A test has the namespace to itself.",
                    }
                ],
            },
        },
        {
            **group,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    ]


def probe(namespace: str) -> tuple[list[str], str]:
    """Return the arguments and the input of kubectl that show who is locked out."""
    manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"podSelector": {"matchLabels": {"none": "none"}}},
    }
    words = ["create", "-f", "-", "--dry-run=server", f"--as={_ACCOUNT}"]
    return words, json.dumps(manifest)
