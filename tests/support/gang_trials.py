"""Random gangs that compete for too little room, and what became of each.

A trial has two machines of its own. Its gangs' pods and PodGroups are created in one
random order, and some gangs are deleted before all of theirs was created or placed. It
has ended when the scheduler has given its verdict on every gang that is left.
"""

import asyncio
import random
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from mofang_api.models import Priority
from mofang_jobs.domain.gang import priority_class
from support import gangs

GPUS, CORES = 4, 8
"""Of each of the two machines of a trial."""

MIXED, TOO_BIG, DOOMED = 0.5, 0.1, 0.2
"""How many gangs have pods that differ, ask for more than there is, are deleted."""

BINDING_SECONDS = 10.0
TIMEOUT_SECONDS = 60.0
GANG_LABEL = "mofang.dev/pod-group"
TRIAL_LABEL = "mofang.dev/gang-trial"

Step = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class RandomGang:
    """So many pods, each with its own wishes."""

    name: str
    priority: str
    pods: tuple[tuple[int, int], ...]
    """GPUs and cores of each."""

    doomed: bool
    """Whether it is deleted during the trial."""

    @property
    def gpus(self) -> int:
        return sum(each for each, _ in self.pods)

    @property
    def cores(self) -> int:
        return sum(each for _, each in self.pods)


@dataclass(kw_only=True)
class Tally:
    """What all trials came to."""

    trials: int = 0
    whole: int = 0
    waiting: int = 0
    deleted: int = 0
    contested: int = 0
    """Trials in which one gang was placed and another was not."""

    partial: list[str] = field(default_factory=list)
    """Gangs of which a part held machines while another part waited."""

    lost: list[str] = field(default_factory=list)
    """Gangs that were placed and then lost a pod."""

    undecided: list[str] = field(default_factory=list)
    """Gangs on which the scheduler gave no verdict in time."""

    pods: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.trials} trials in {self.seconds:.0f} s: {self.pods} pods, "
            f"{self.whole} gangs whole, {self.waiting} waiting, {self.deleted} "
            f"deleted, {len(self.partial)} partial; {self.contested} trials contested"
        )


def random_gangs(rng: random.Random, trial: str) -> list[RandomGang]:
    """Gangs that ask together for more than there is, most of them not alone."""
    made: list[RandomGang] = []
    while all(_fits([each for each in made if each is not left]) for left in made):
        gang = _random_gang(rng, f"{trial}-{len(made)}")
        if _fits([gang]) or rng.random() < TOO_BIG:
            made.append(gang)
    return made


def _fits(asked: list[RandomGang]) -> bool:
    """Whether the machines could have room for all of them."""
    has_gpus = sum(each.gpus for each in asked) <= 2 * GPUS
    return has_gpus and sum(each.cores for each in asked) <= 2 * CORES


def _random_gang(rng: random.Random, name: str) -> RandomGang:
    count, is_mixed = rng.randint(2, 8), rng.random() < MIXED
    alike = (rng.randint(0, 4), rng.randint(1, 3))
    pods = tuple(
        (rng.randint(0, 4), rng.randint(1, 3)) if is_mixed else alike
        for _ in range(count)
    )
    return RandomGang(
        name=name,
        priority=priority_class(rng.choice(list(Priority))),
        pods=pods,
        doomed=rng.random() < DOOMED,
    )


@dataclass(kw_only=True)
class Trials:
    """Trials on the machines of one namespace.

    Args:
        seed: Of all that is random in what is created and deleted, and when.
        is_project: Whether the namespace is a project's, so that pods join groups.
    """

    http: httpx.AsyncClient
    namespace: str
    watched_objects: gangs.WatchedObjects
    seed: int
    is_project: bool
    binding_seconds: float
    """How long after its first pod the last one of a gang may get its machine."""

    tally: Tally = field(default_factory=Tally)

    async def run(self, number: int, label: str) -> None:
        """Run one trial on the machines of a label and leave them empty."""
        rng = random.Random(f"{self.seed}/{number}")
        trial = f"t{number}"
        asked = random_gangs(rng, trial)
        left = [each for each in asked if not each.doomed]
        for step in self._steps(rng, trial, label, asked):
            await step()
        await self._check(trial, left)
        self.tally.trials += 1
        self.tally.deleted += len(asked) - len(left)
        self.tally.pods += sum(len(each.pods) for each in asked)
        await self._clear(trial)

    def _steps(
        self, rng: random.Random, trial: str, label: str, asked: list[RandomGang]
    ) -> Iterator[Step]:
        """Everything that is created, with deletions in between."""
        creations: list[tuple[str, Step]] = []
        for gang in asked:
            creations.append((gang.name, self._group(trial, gang)))
            creations += (
                (gang.name, self._pod(trial, label, gang, index))
                for index in range(len(gang.pods))
            )
        rng.shuffle(creations)
        ends = {
            gang.name: rng.randint(1, len(creations)) for gang in asked if gang.doomed
        }
        for place, (name, step) in enumerate(creations, 1):
            if place <= ends.get(name, place):
                yield step
            for gone in (each for each, end in ends.items() if end == place):
                yield self._end(gone)

    def _group(self, trial: str, gang: RandomGang) -> Step:
        body = {
            "apiVersion": "scheduling.k8s.io/v1beta1",
            "kind": "PodGroup",
            "metadata": {"name": gang.name, "labels": _labels(trial, gang.name)},
            "spec": {
                "schedulingPolicy": {"gang": {"minCount": len(gang.pods)}},
                "disruptionMode": {"all": {}},
                "priorityClassName": gang.priority,
            },
        }
        return lambda: gangs.post(self.http, self._groups, body)

    def _pod(self, trial: str, label: str, gang: RandomGang, index: int) -> Step:
        gpus, cores = gang.pods[index]
        spec = gangs.pod_spec(
            label, gpus=gpus, cores=str(cores), priority=gang.priority
        )
        name = f"{gang.name}-{index}"
        body = {
            "metadata": {"name": name, "labels": _labels(trial, gang.name)},
            "spec": spec,
        }
        return lambda: gangs.post(self.http, self._pods, body)

    def _end(self, gang: str) -> Step:
        async def end() -> None:
            selector = f"{GANG_LABEL}={gang}"
            await gangs.remove(self.http, self._pods, labelSelector=selector)
            await gangs.remove(self.http, f"{self._groups}/{gang}")

        return end

    @property
    def _pods(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods"

    @property
    def _groups(self) -> str:
        return f"{gangs.GROUPS}/namespaces/{self.namespace}/podgroups"

    async def _check(self, trial: str, left: list[RandomGang]) -> None:
        """Wait for every verdict, then count what the API server itself says."""
        try:
            await self.watched_objects.until(
                lambda: all(self._is_decided(each) for each in left),
                within=TIMEOUT_SECONDS,
            )
        except TimeoutError:
            self.tally.undecided += [
                each.name for each in left if not self._is_decided(each)
            ]
        was_whole = {
            each.name
            for each in left
            if self.watched_objects.bound(each.name) == len(each.pods)
        }
        bound = await self._bound(trial)
        found = Counter[str]()
        for each in left:
            held = bound[each.name]
            if held == len(each.pods):
                found["whole"] += 1
            elif each.name in was_whole:
                self.tally.lost.append(each.name)
            elif held:
                # It may have got its machines since, one after the other.
                held = await self._once_bound(trial, each)
                found["whole"] += held == len(each.pods)
                if held != len(each.pods):
                    self.tally.partial.append(f"{each.name}: {held}/{len(each.pods)}")
            else:
                found["waiting"] += 1
        self.tally.whole += found["whole"]
        self.tally.waiting += found["waiting"]
        self.tally.contested += found["whole"] > 0 and found["waiting"] > 0

    def _is_decided(self, gang: RandomGang) -> bool:
        held = self.watched_objects.bound(gang.name)
        if not self.is_project:
            pods = self.watched_objects.of(gang.name)
            looked_at = [each for each in pods if each["status"].get("conditions")]
            return len(looked_at) == len(gang.pods)
        match self.watched_objects.verdict(gang.name):
            case "True":
                return held == len(gang.pods)
            case "False":
                return held == 0
            case _:
                return False

    async def _once_bound(self, trial: str, gang: RandomGang) -> int:
        deadline = time.monotonic() + self.binding_seconds
        while (held := (await self._bound(trial))[gang.name]) < len(gang.pods):
            if time.monotonic() > deadline:
                break
        return held

    async def _bound(self, trial: str) -> Counter[str]:
        answer = await self.http.get(
            self._pods, params={"labelSelector": f"{TRIAL_LABEL}={trial}"}
        )
        return Counter(
            pod["metadata"]["labels"][GANG_LABEL]
            for pod in answer.json()["items"]
            if pod["spec"].get("nodeName")
        )

    async def _clear(self, trial: str) -> None:
        selector = f"{TRIAL_LABEL}={trial}"
        for path in (self._pods, self._groups):
            await gangs.remove(self.http, path, labelSelector=selector)

        def is_empty() -> bool:
            return not any(
                each["metadata"]["labels"][TRIAL_LABEL] == trial
                for each in self.watched_objects.pods.values()
            )

        await self.watched_objects.until(is_empty, within=TIMEOUT_SECONDS)


def _labels(trial: str, gang: str) -> dict[str, str]:
    return {GANG_LABEL: gang, TRIAL_LABEL: trial}


async def run_trials(
    http: httpx.AsyncClient, *, count: int, at_once: int, seed: int, is_project: bool
) -> Tally:
    """Run trials, several at once, each on machines of its own.

    Args:
        http: The API server.
        count: How many.
        at_once: How many at once.
        seed: Of all that is random in them.
        is_project: Whether pods join groups; elsewhere each is placed for itself.
    """
    project = f"trials-{secrets.token_hex(3)}"
    namespace = f"mofang-project-{project}"
    labels = [f"{project}-{slot}" for slot in range(at_once)]
    numbers = iter(range(count))
    async with (
        gangs.namespace(http, namespace, project=project if is_project else None),
        gangs.nodes(http, labels, gpus=GPUS, cores=CORES),
        gangs.watched(http, namespace) as watched_objects,
    ):
        trials = Trials(
            http=http,
            namespace=namespace,
            watched_objects=watched_objects,
            seed=seed,
            is_project=is_project,
            binding_seconds=BINDING_SECONDS if is_project else 0,
        )

        async def work(label: str) -> None:
            for number in numbers:
                await trials.run(number, label)

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for label in labels:
                group.create_task(work(label))
        trials.tally.seconds = time.monotonic() - began
    return trials.tally
