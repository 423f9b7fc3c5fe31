"""The queue on pretended seams: what it makes of what goes wrong around it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from unit.hub_jobs.conftest import make_seen, make_spec

from mofang_hub.jobs.models import JobSeen, PodSeen
from mofang_hub.jobs.queue.queue import JobQueue
from mofang_hub.jobs.queue.quotas import Quotas
from mofang_kube.watcher import Watcher

PATIENCE = timedelta(minutes=10)
FREE = {"requests.cpu": "100"}


class PretendedBoard:
    def __init__(self) -> None:
        self.jobs: list[JobSeen] = []
        self.pods: dict[str, list[PodSeen]] = {}

    def list_unfinished(self) -> list[JobSeen]:
        return self.jobs

    def pods_of(self, seen: JobSeen) -> list[PodSeen]:
        return self.pods.get(seen.id, [])


class World:
    """A queue of projects with quotas; it is its releaser and its pools itself."""

    def __init__(self) -> None:
        self.board = PretendedBoard()
        self.quotas = Watcher(None, "/quotas")
        self.entered: list[str] = []
        self.seconds = 0.0
        self.queue = JobQueue(
            self.board,
            Quotas(self.quotas),
            self,
            self,
            patience=PATIENCE,
            clock=lambda: self.seconds,
        )

    def pool_of(self, project: str) -> str:
        return ""

    async def release(self, seen: JobSeen) -> None:
        self.entered.append(seen.id)

    def allow(self, project: str, hard: dict[str, str]) -> None:
        metadata = {"namespace": f"mofang-project-{project}", "name": "mofang"}
        self.quotas.put({"metadata": metadata, "hard": hard, "used": {}})

    def add(self, name: str, project: str, **facts: Any) -> JobSeen:
        spec = make_spec(**facts.pop("asked", {}))
        basis = {"id": name, "uid": name, "project": project, "spec": spec}
        seen = make_seen(**{"is_held": True, **basis, **facts})
        self.board.jobs.append(seen)
        return seen


async def test_what_kubernetes_makes_of_a_quota_is_read() -> None:
    world = World()
    world.allow("vision", {"limits.memory": "1Ei", "requests.cpu": "1e3"})
    world.add("train", "vision")

    await world.queue.decide()

    assert world.entered == ["train"]


async def test_a_quota_that_cannot_be_read_stops_its_own_project_only() -> None:
    world = World()
    for project in ("audio", "vision"):
        world.add(f"of-{project}", project)
    world.allow("audio", {"requests.cpu": "many"})
    world.allow("vision", FREE)

    await world.queue.decide()

    assert world.entered == ["of-vision"]
