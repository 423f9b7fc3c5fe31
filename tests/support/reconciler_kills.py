"""Kill a reconciler at a chosen write, for one project and one home."""

import json
from typing import Any

from support.api_proxy import ApiProxy, ApiRequest
from support.service_kills import Killable, Killer, limited_to

_ACCOUNT = "system:serviceaccount:mofang:reconciler"


class ReconcilerKiller(Killer):
    """Notes a reconciler's writes to Kubernetes, and kills it at one of them.

    Args:
        reconciler: Who is killed.
        proxy: By which it reaches the API server.
        project: What it may make and remove.
        home: Likewise.
    """

    def __init__(
        self, reconciler: Killable, proxy: ApiProxy, project: str, home: str
    ) -> None:
        super().__init__(reconciler, proxy, project)
        self._home = home
        proxy.rewrite = lambda path: limited_to(project, path, home)

    def may_write(self, path: str) -> bool:
        """Whether something is the project's, or is the home."""
        words = path.strip("/").split("/")
        name = words[-2] if words[-1] == "status" else words[-1]
        return (
            super().may_write(path)
            or name in {self.project, self._home, self.namespace}
            or name.startswith(f"mofang-{self.project}-")
        )

    def name_of(self, request: ApiRequest) -> str:
        """Tell a write by its object, and one to a Project or Home by its fields."""
        words = request.path.strip("/").split("/")
        is_status = words[-1] == "status"
        *_, plural, name = words[:-1] if is_status else words
        for each in (self.namespace, self.project, self._home):
            name = name.replace(each, "*")
        what = f"{request.verb} {plural} {name}"
        if plural in {"projects", "homes"} and request.body:
            body = json.loads(request.body)
            fields = body if isinstance(body, dict) else {}
            inside = sorted({*fields, *fields.get("metadata", {})} - {"metadata"})
            what += f" {' '.join(inside)}"
        return f"{what} status" if is_status else what


def lock_out_reconciler(name: str, project: str, home: str) -> list[dict[str, Any]]:
    """Return what keeps the platform's own reconciler from a project and a home.

    It would make what the killed one has not, and nobody would see what is left.
    """
    group = {"apiVersion": "admissionregistration.k8s.io/v1"}
    namespace = f"mofang-project-{project}"
    # A field that is not there is an error, and an error a refusal.
    is_ours = (
        f"(has(request.namespace) && request.namespace == '{namespace}') || "
        f"(has(request.name) && (request.name in ['{project}', '{home}', "
        f"'{namespace}'] || request.name.startsWith('mofang-{project}-')))"
    )
    rules = {
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "resources": ["*/*"],
    }
    return [
        {
            **group,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [rules]},
                "matchConditions": [
                    {
                        "name": "reconciler",
                        "expression": f"request.userInfo.username == '{_ACCOUNT}'",
                    },
                    {"name": "ours", "expression": is_ours},
                ],
                "validations": [
                    {
                        "expression": "false",
                        "message": "A test has the project to itself.",
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
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": namespace},
    }
    words = ["create", "-f", "-", "--dry-run=server", f"--as={_ACCOUNT}"]
    return words, json.dumps(manifest)
