"""A training service in memory, and a clock that makes waiting free."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from mofang.client import Client
from mofang_api.models import (
    Environment,
    EnvironmentList,
    EnvironmentResources,
    Job,
    JobList,
    JobMetrics,
    JobSpec,
    JobState,
    LogUsage,
    Preview,
    QuantityBounds,
    QuotaCost,
    Replica,
    ReplicaState,
)

URL = "http://training.mofang.svc:8080/services/training"
TOKEN = "0123456789abcdef-very-private"
GIVEN = {
    "url": URL,
    "token": TOKEN,
    "project": "vision",
    "image": "docker.io/mofang/pytorch:1",
}
BORN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_job(number: int = 1, state: JobState = JobState.RUNNING, **fields) -> Job:
    spec = JobSpec(
        name="digits",
        image=GIVEN["image"],
        script="/home/jovyan/train.py",
        replicas=2,
    )
    values = {
        "id": f"digits-{number:06}",
        "project": "vision",
        "owner": "ada",
        "spec": spec,
        "state": state,
        "created": BORN + timedelta(minutes=number),
        "replicas": [
            Replica(role="worker", index=0, state=ReplicaState.RUNNING, node="cpu-1"),
            Replica(role="worker", index=1),
        ],
    }
    return Job(**{**values, **fields})


def an_environment(name: str, *frameworks: str, **fields) -> Environment:
    sizes = EnvironmentResources(
        cpu=QuantityBounds(default="1"), memory=QuantityBounds(default="2Gi")
    )
    values = {
        "name": name,
        "display_name": name.title(),
        "description": f"Has {name}.",
        "frameworks": [*frameworks, "single"],
        "image": f"docker.io/mofang/{name}:1",
        "resources": sizes,
    }
    return Environment(**{**values, **fields})


class FakeService:
    """Keeps jobs and logs. ``steps`` are states that a job takes, one per look."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.logs: dict[str, bytes] = {}
        self.steps: list[JobState] = []
        self.events: list[bytes] = []
        self.streams: list[Iterable[bytes]] = []
        self.answers: list[httpx.Response | Exception] = []
        self.requests: list[httpx.Request] = []
        self.results: dict[str, dict] = {}
        self.settings: dict[str, Any] = {}
        self.metrics = JobMetrics()
        self.log_usage = LogUsage(bytes=9, limit=10, own_bytes=4, own_jobs=1)
        self.environments = [
            an_environment("base"),
            an_environment("pytorch", "pytorch"),
            an_environment(
                "ray", "ray", unavailable_reason="Its image is being built."
            ),
        ]
        self.preview = Preview(
            manifest="kind: PyTorchJob\n",
            workload_kind="PyTorchJob",
            cost=[
                QuotaCost(resource="cpu", requested=2, used=1, limit=8),
                QuotaCost(resource="memory", requested=2**31, used=0),
            ],
            notes=["Workers run on CPU machines."],
            cache_bytes={"worker": 9 * 2**29},
        )

    def add(self, job: Job) -> Job:
        self.jobs[job.id] = job
        return job

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if request.headers["Authorization"] != f"token {TOKEN}":
            return refuse(401, "unauthorized", "The token is not valid.")
        path = request.url.path.removeprefix("/services/training/api/projects/")
        project, _, rest = path.partition("/jobs")
        if project == "vision/environments":
            body = EnvironmentList(environments=self.environments)
            return httpx.Response(200, content=body.model_dump_json())
        if project == "vision/log-usage":
            return httpx.Response(200, content=self.log_usage.model_dump_json())
        if project != "vision":
            return refuse(404, "not_found", f"There is no project {project} for you.")
        return self.answer(request, [part for part in rest.split("/") if part])

    def answer(self, request: httpx.Request, path: list[str]) -> httpx.Response:  # noqa: C901, PLR0911 - one for each verb
        match request.method, path:
            case "GET", []:
                return self.page(request.url.params)
            case "POST", ["preview"]:
                JobSpec.model_validate_json(request.content)
                return httpx.Response(200, content=self.preview.model_dump_json())
            case "POST", []:
                spec = JobSpec.model_validate_json(request.content)
                job = a_job(len(self.jobs) + 1, JobState.SUBMITTED, spec=spec)
                return answer(self.add(job), 201)
            case "GET", ["watch"]:
                headers = {"Content-Type": "text/event-stream"}
                return httpx.Response(200, headers=headers, content=self.events)
            case _, [job_id, *_] if job_id not in self.jobs:
                return refuse(404, "not_found", f"There is no job {job_id}.")
            case "GET", [job_id]:
                if self.steps:
                    self.become(job_id, self.steps.pop(0))
                return answer(self.jobs[job_id])
            case "GET", [_, "metrics"]:
                return httpx.Response(200, content=self.metrics.model_dump_json())
            case "GET", [job_id, "result"]:
                return httpx.Response(200, json=self.results.get(job_id, {}))
            case "POST", [job_id, "cancel"]:
                return answer(self.become(job_id, JobState.CANCELLING))
            case "DELETE", [job_id]:
                del self.jobs[job_id]
                return httpx.Response(204)
            case "GET", [job_id, "logs", role, index]:
                return self.log(request, job_id, f"{role}-{index}")
        raise AssertionError(f"unexpected {request.method} {path}")

    def page(self, params: httpx.QueryParams) -> httpx.Response:
        jobs = sorted(self.jobs.values(), key=lambda job: job.id, reverse=True)
        states, search = params.get_list("state"), params.get("search", "")
        jobs = [
            job
            for job in jobs
            if (not states or job.state in states)
            and job.owner == params.get("owner", job.owner)
            and job.spec.framework == params.get("framework", job.spec.framework)
            and search.casefold() in job.spec.name.casefold()
        ]
        total, after = len(jobs), params.get("after")
        left = [job for job in jobs if after is None or job.id < after]
        page = left[: int(params.get("limit", 100))]
        body = JobList(
            jobs=page,
            next=page[-1].id if len(page) < len(left) else None,
            total=total,
        )
        return httpx.Response(200, content=body.model_dump_json())

    def become(self, job_id: str, state: JobState) -> Job:
        return self.add(self.jobs[job_id].model_copy(update={"state": state}))

    def log(self, request: httpx.Request, job_id: str, name: str) -> httpx.Response:
        if name not in self.logs:
            return refuse(404, "not_found", f"There is no log of {name}.")
        log, params = self.logs[name], request.url.params
        offset = int(params.get("offset", 0))
        if params.get("follow") == "true":
            stream = self.streams.pop(0) if self.streams else log[offset:]
            return httpx.Response(200, content=stream)
        start = max(0, len(log) + offset) if offset < 0 else offset
        content = log[start:][: int(params.get("limit", 1 << 20))]
        return httpx.Response(
            200,
            content=content,
            headers={
                "X-Log-Size": str(len(log)),
                "X-Log-Next": str(start + len(content)),
                "X-Log-Complete": str(self.jobs[job_id].state.is_final).lower(),
            },
        )

    def connect(self, **given: str | None) -> Client:
        said = {name: value for name, value in given.items() if value}
        client = Client(transport=httpx.MockTransport(self), **{**GIVEN, **said})
        client.settings = replace(client.settings, **self.settings)
        return client


def answer(job: Job, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=job.model_dump_json())


def refuse(status: int, code: str, message: str, **fields: str) -> httpx.Response:
    body = {"error": code, "message": message, "fields": fields}
    return httpx.Response(status, json=body)
