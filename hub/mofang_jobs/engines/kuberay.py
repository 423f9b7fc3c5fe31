"""KubeRay: a RayJob, whose RayCluster lives as long as the job. Pure.

The head's container serves Ray, and KubeRay submits the script to it over HTTP: that
is the one mode of submission that adds no container, and so none without a security
context. Both are started by the wrapper, so requirements, logs and exit codes are those
of other engines. Each worker is a group of its own: KubeRay numbers neither groups nor
the pods in them (``RayMultiHostIndexing`` is alpha in 1.5), but keeps labels of
templates.

What is said here of KubeRay is of its version 1.5.
"""

from __future__ import annotations

import copy
import math
import re
import shlex
from collections.abc import Iterator

from typing_extensions import override

from mofang_api.models import Engine as EngineName
from mofang_api.models import Framework
from mofang_api.quantities import parse_quantity
from mofang_jobs.domain.frameworks import WRAPPER
from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.base import (
    Engine,
    OperatorCalls,
    ReportedFailure,
    Templates,
    WorkloadKind,
    frameworks_with,
)
from mofang_jobs.engines.job_manifest import build_head
from mofang_kube.names import REPLICA_INDEX_LABEL

RAY_JOB = WorkloadKind(
    engine=EngineName.RAY_OPERATOR,
    kind="RayJob",
    group="ray.io",
    version="v1",
    plural="rayjobs",
    container="ray",
    roles=frameworks_with({"head": "head", "worker": "worker"}),
    suspend=("spec", "suspend"),
)

HEAD = "head"
DASHBOARD_PORT = 8265
_AGENT_PORT = 52365
"""Where the agent of each node tells whether its raylet is alive."""

_OWN_COMMAND = {"ray.io/overwrite-container-cmd": "true"}
"""Annotation of pods whose command KubeRay leaves as it is."""

_ENDED = {
    "Complete": "Succeeded",
    "Failed": "Failed",
    # Of the operator's own checks; it looks at the job no more.
    "ValidationFailed": "Failed",
}
"""Deployment status of a RayJob → type of the condition that says so elsewhere."""

_EXIT = re.compile(r"entrypoint command failed with exit code (-?\d{1,3})")
_SIGNALLED = 128
MAX_MESSAGE_LENGTH = 2048
"""How much of the end of the script's output is kept; Ray tells up to 20,000."""


class KubeRay(Engine):
    """KubeRay: a RayCluster per job, which owns the pods."""

    name = EngineName.RAY_OPERATOR
    kinds = (RAY_JOB,)
    index_label = REPLICA_INDEX_LABEL
    # As its chart and its manifests label it.
    calls = OperatorCalls(
        labels={"app.kubernetes.io/component": "kuberay-operator"}, port=DASHBOARD_PORT
    )

    @override
    def host_of(
        self, kind: WorkloadKind, name: str, framework: Framework, role: str
    ) -> str:
        return _head_service(name) if role == HEAD else ""

    @override
    def build(
        self, kind: WorkloadKind, job: JobRequest, templates: Templates
    ) -> list[Manifest]:
        (head, head_template), *workers = templates
        body = {
            **build_head(kind, job),
            "spec": {
                "suspend": True,
                "entrypoint": _entry_point(head, head_template),
                "submissionMode": "HTTPMode",
                "backoffLimit": 0,
                # Asked for of whatever may be suspended. Its cluster would hold the
                # quota; the job itself stays.
                "shutdownAfterJobFinishes": True,
                "ttlSecondsAfterFinished": 0,
                "rayClusterSpec": {
                    "enableInTreeAutoscaling": False,
                    "headGroupSpec": {
                        # Headless as the default, whose name has random characters
                        # in it; workers must know it.
                        "headService": {
                            "metadata": {"name": _head_service(job.object_name)},
                            "spec": {
                                "clusterIP": "None",
                                "publishNotReadyAddresses": True,
                            },
                        },
                        "rayStartParams": {"port": str(head.port)},
                        "template": _head_template(head, head_template),
                    },
                    "workerGroupSpecs": [
                        group
                        for role, template in workers
                        for group in _groups(role, template)
                    ],
                },
            },
        }
        return [body]

    @override
    def read_conditions(self, status: Manifest) -> list[Manifest]:
        state = status.get("jobDeploymentStatus", "")
        if state == "Suspended":
            return [{"type": "Suspended", "status": "True"}]
        if state not in _ENDED:
            return []
        has_failed = status.get("jobStatus") in {"FAILED", "STOPPED"}
        return [
            {
                "type": "Failed" if has_failed else _ENDED[state],
                "status": "True",
                "message": _shortened(status.get("message") or ""),
                "lastTransitionTime": status.get("endTime"),
            }
        ]

    @override
    def read_failure(self, message: str) -> ReportedFailure | None:
        found = _EXIT.search(message)
        if found is None:
            return ReportedFailure(message=message)
        code = int(found[1])
        _, _, output = message.partition("\n")
        return ReportedFailure(
            message=output, exit_code=code if code >= 0 else _SIGNALLED - code
        )


def _head_service(name: str) -> str:
    # Not "-head-svc": that is the Service of the job, made once its cluster is ready.
    return f"{name}-head"


def _entry_point(head: RolePodSpec, template: Manifest) -> str:
    """Return the line of the shell that runs the script beside the head's services.

    It has the environment of these, without what was kept from them.
    """
    output = list(head.command)
    output[output.index("--framework") + 1] = "single"
    variables = _withheld(head, template)
    return shlex.join(["env", *(f"{k}={v}" for k, v in variables.items()), *output])


def _withheld(head: RolePodSpec, template: Manifest) -> dict[str, str]:
    """Return the variables that are the script's alone, and not those services'."""
    [log] = [
        each["value"].replace("$(MOFANG_REPLICA_INDEX)", "0")
        for each in template["spec"]["containers"][0]["env"]
        if each["name"] == "MOFANG_LOG_FILE"
    ]
    names = ("MOFANG_DATA_PATHS", "MOFANG_HOLD_MINUTES")
    found = {name: head.environment[name] for name in names if name in head.environment}
    return {"MOFANG_LOG_FILE": log, **found}


def _head_template(head: RolePodSpec, template: Manifest) -> Manifest:
    unset = [f"--unset={name}" for name in _withheld(head, template)]
    cores = math.ceil(parse_quantity(head.resources.cpu))
    container = template["spec"]["containers"][0]
    container["env"].append(
        {"name": "RAY_POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    )
    # By these names KubeRay knows them; they are the ports of the head's Service.
    container["ports"] = [
        {"name": "gcs-server", "containerPort": head.port},
        {"name": "dashboard", "containerPort": DASHBOARD_PORT},
    ]
    # Run by the wrapper, so that Ray has the Python and the packages of the job.
    container["command"] = [
        *("env", *unset),
        *(WRAPPER, "--framework", "single", "--command", "--"),
        *("python", "-m", "ray.scripts.scripts", "start", "--head", "--block"),
        *("--node-ip-address=$(RAY_POD_IP)", f"--port={head.port}"),
        f"--num-cpus={cores}",
        *("--dashboard-host=0.0.0.0", f"--dashboard-port={DASHBOARD_PORT}"),
        *(f"--dashboard-agent-listen-port={_AGENT_PORT}", "--disable-usage-stats"),
    ]
    return _finished(template, index=0, probe={"tcpSocket": {"port": DASHBOARD_PORT}})


def _groups(role: RolePodSpec, template: Manifest) -> Iterator[Manifest]:
    alive = {"httpGet": {"path": "/api/local_raylet_healthz", "port": _AGENT_PORT}}
    for index in range(role.replicas):
        yield {
            "groupName": f"{role.name}-{index}",
            "replicas": 1,
            "minReplicas": 1,
            "maxReplicas": 1,
            "rayStartParams": {},
            "template": _finished(copy.deepcopy(template), index=index, probe=alive),
        }


def _finished(template: Manifest, *, index: int, probe: Manifest) -> Manifest:
    metadata = template["metadata"]
    metadata["labels"] = {**metadata["labels"], REPLICA_INDEX_LABEL: str(index)}
    metadata["annotations"] = {**metadata.get("annotations", {}), **_OWN_COMMAND}
    # A container that ended is replaced with its pod; Ray's own state is gone anyway.
    template["spec"]["restartPolicy"] = "Never"
    container = template["spec"]["containers"][0]
    # Ray 2.60 asks callers for the token in the person's home, where there is one;
    # KubeRay has none.
    container["env"].append({"name": "RAY_AUTH_MODE", "value": "disabled"})
    # KubeRay's own probes run wget in the container, which no image need have.
    container |= {
        "readinessProbe": {
            **copy.deepcopy(probe),
            "periodSeconds": 2,
            "failureThreshold": 10,
        },
        "livenessProbe": {
            **probe,
            "initialDelaySeconds": 30,
            "periodSeconds": 5,
            "timeoutSeconds": 5,
            # An hour: packages may be installed first, and Ray ends by itself when
            # one of its processes does.
            "failureThreshold": 720,
        },
    }
    return template


def _shortened(message: str) -> str:
    """Return the first line of a message and the end of the others."""
    first, _, rest = message.partition("\n")
    return (
        f"{first[:MAX_MESSAGE_LENGTH]}\n{rest[-MAX_MESSAGE_LENGTH:]}"
        if rest
        else first[:MAX_MESSAGE_LENGTH]
    )
