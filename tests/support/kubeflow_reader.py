"""Print, as JSON, what a Kubeflow SDK makes of a job. Run by the SDK's own Python.

Arguments: which package (``kubeflow`` or ``kubeflow-training``), kind, namespace, name
of the job. The cluster is that of ``KUBECONFIG``. Each SDK is imported only where it is
used: an environment has one of them.
"""

# ruff: noqa: PLC0415

import json
import os
import sys
from typing import Any


def train_job(namespace: str, name: str) -> dict[str, Any]:
    from kubeflow.common.types import KubernetesBackendConfig
    from kubeflow.trainer import TrainerClient

    backend = KubernetesBackendConfig(
        namespace=namespace, config_file=os.environ["KUBECONFIG"]
    )
    client = TrainerClient(backend_config=backend)
    job = client.get_job(name)
    return {
        "name": job.name,
        "status": job.status,
        "nodes": job.num_nodes,
        "runtime": job.runtime.name,
        "steps": {step.name: step.status for step in job.steps},
        "log": list(client.get_job_logs(name, step="node-0")),
        "listed": [each.name for each in client.list_jobs()],
    }


def operator_job(kind: str, namespace: str, name: str) -> dict[str, Any]:
    from kubeflow.training import TrainingClient

    client = TrainingClient(config_file=os.environ["KUBECONFIG"], namespace=namespace)
    job = client.get_job(name, job_kind=kind)
    logs, _ = client.get_job_logs(name, job_kind=kind, is_master=False)
    return {
        "name": job.metadata.name,
        "kind": job.kind,
        "status": client.get_job_conditions(name, job_kind=kind)[-1].type,
        "succeeded": client.is_job_succeeded(name, job_kind=kind),
        "pods": sorted(client.get_job_pod_names(name)),
        "logs": logs,
        "listed": [each.metadata.name for each in client.list_jobs(job_kind=kind)],
    }


def main() -> None:
    package, kind, namespace, name = sys.argv[1:]
    told = (
        train_job(namespace, name)
        if package == "kubeflow"
        else operator_job(kind, namespace, name)
    )
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
